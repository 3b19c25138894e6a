"""Money: amounts rounded to 6 decimals so that they still add up to their sum exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MICRO = Decimal("0.000001")


def divided(total: Decimal, shares: Sequence[float]) -> list[Decimal]:
    """Divide `total` (at most 6 decimals) by shares, in parts of 6 decimals that sum exactly to it.

    Shares need not sum to 1; where they sum to nothing the parts are equal.

    >>> divided(Decimal(1), [1.0, 1.0, 1.0])
    [Decimal('0.333334'), Decimal('0.333333'), Decimal('0.333333')]
    """
    weights = [Fraction(share) for share in shares]
    whole = sum(weights, Fraction(0))
    if whole == 0:
        weights, whole = [Fraction(1)] * len(weights), Fraction(len(weights))
    return rounded([Fraction(total) * weight / whole for weight in weights], total)


def rounded(parts: Sequence[Fraction], total: Decimal) -> list[Decimal]:
    """Round parts to 6 decimals so that they sum to `total` (at most 6 decimals).

    Each part is rounded down; what is left goes, a millionth each, to the largest remainders, the
    first of equal ones.
    """
    if not parts:
        return []
    exact = [part * 10**6 for part in parts]
    whole = [part.numerator // part.denominator for part in exact]
    each, left = divmod(int(total.scaleb(6)) - sum(whole), len(whole))
    for rank, place in enumerate(
        sorted(range(len(exact)), key=lambda place: (whole[place] - exact[place], place))
    ):
        whole[place] += each + (rank < left)
    return [Decimal(part).scaleb(-6).quantize(MICRO) for part in whole]
