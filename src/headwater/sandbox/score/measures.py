"""Measures: how far what a model credits is from what the channels truly bring; each is defined here, once.

Reads  a Claim (what a model credits) and a Truth (what is lost without each), by channel or by campaign
Makes  one number per measure, or None where the measure has no meaning

Who the truth does not name (direct, unknown, spend without touches) truly brings nothing; what is credited
to them is error like any other. Nothing depends on the order of the names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, permutations
from math import fsum, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOVED = 0.1
"""Share of all spend that a budget move takes, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of a market, by channel or by campaign; in conversions or in money."""

    increments: Mapping[str, float]
    """What is lost when one alone is switched off, for each that can be."""
    together: float
    """What is lost when all are switched off at once."""
    whole: float
    """All that came, with ads or without."""
    spend: Mapping[str, float] = field(default_factory=dict)
    """What was paid, for each that sends a bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one model says of the same market, in the same unit."""

    credited: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Low and high of each whose uncertainty the model states."""


def wape(claim: Claim, truth: Truth) -> float | None:
    """Return the weighted absolute percentage error: sum |credited - true| / sum |true|.

    The upper sum runs over all names, credited or true; the lower one over the truth. 0 is perfect, 1 as
    wrong as crediting nothing. None where nothing has an effect: any credit is then infinitely wrong, and
    `claimed` says how much there is.
    """
    names = {*claim.credited, *truth.increments}
    wrong = fsum(abs(claim.credited.get(name, 0.0) - truth.increments.get(name, 0.0)) for name in names)
    size = fsum(abs(true) for true in truth.increments.values())
    return wrong / size if size else None


def total_variation(claim: Claim, truth: Truth) -> float | None:
    """Return half the sum of |share of credit - share of increments|, over all names.

    0: the split is right, whatever the level; 1: all credit is with those that bring nothing. None where
    there is nothing to split, on either side.
    """
    given, true = fsum(claim.credited.values()), fsum(truth.increments.values())
    if given <= 0 or true <= 0:
        return None
    names = {*claim.credited, *truth.increments}
    parts = (claim.credited.get(name, 0.0) / given - truth.increments.get(name, 0.0) / true for name in names)
    return fsum(abs(part) for part in parts) / 2


def rank_correlation(claim: Claim, truth: Truth) -> float | None:
    """Return Kendall's tau-b between credit and increment, over the names of the truth.

    1: the same order; 0: none; -1: the reverse. None where one side knows no order (all are equal).
    Source: Kendall, Rank Correlation Methods (1948), with correction for ties.
    """
    pairs = [(claim.credited.get(name, 0.0), true) for name, true in truth.increments.items()]
    signs = [(_sign(a[0] - b[0]), _sign(a[1] - b[1])) for a, b in combinations(pairs, 2)]
    given, true = sum(one != 0 for one, _ in signs), sum(other != 0 for _, other in signs)
    return sum(one * other for one, other in signs) / sqrt(given * true) if given and true else None


def over_claim(claim: Claim, truth: Truth) -> float | None:
    """Return all credit / what all ads together bring; 1 is right, 2 claims twice as much as there is.

    None where ads together bring nothing; see `claimed`.
    """
    return fsum(claim.credited.values()) / truth.together if truth.together > 0 else None


def claimed(claim: Claim, truth: Truth) -> float | None:
    """Return all credit / all that came. Where ads do nothing this is over-claim, all of it."""
    return fsum(claim.credited.values()) / truth.whole if truth.whole > 0 else None


def coverage(claim: Claim, truth: Truth) -> float | None:
    """Return the share of the names of the truth whose interval holds their increment.

    Names without an interval do not count; None where no name has one.
    """
    stated = [
        (claim.intervals[name], true) for name, true in truth.increments.items() if name in claim.intervals
    ]
    return sum(low <= true <= high for (low, high), true in stated) / len(stated) if stated else None


def regret(claim: Claim, truth: Truth) -> float | None:
    """Return what is lost by moving budget as the model says instead of in the best way, as a share.

    A move takes a tenth of all spend from one to another, but no more than the one has and than doubles
    the other: beyond that nobody knows its return. The model makes the move that gains most by its own
    returns (credit by spend), and gains what that move gains by the true ones (increment by spend);
    saturation is left aside. Regret is 1 - that gain / the gain of the best move: 0 is the best move, 1 no
    better than staying put, above 1 is harm. None where no move gains anything, or fewer than two have spend.
    """
    asked, best = _move(claim.credited, truth.spend), _move(truth.increments, truth.spend)
    if asked is None or best is None:
        return None
    gain, most = (_gain(truth.increments, truth.spend, move) for move in (asked, best))
    return 1 - gain / most if most > 0 else None


MEASURES = {
    "wape": wape,
    "total_variation": total_variation,
    "rank_correlation": rank_correlation,
    "over_claim": over_claim,
    "claimed": claimed,
    "coverage": coverage,
    "regret": regret,
}
"""Every measure by the name of its column."""


def measured(claim: Claim, truth: Truth) -> dict[str, float | None]:
    """Return every measure by its name."""
    return {name: measure(claim, truth) for name, measure in MEASURES.items()}


def _move(brings: Mapping[str, float], spend: Mapping[str, float]) -> tuple[str, str] | None:
    """Return (from, to) of the move that gains most; of several alike, the first by name."""
    paid = sorted(name for name, money in spend.items() if money > 0)
    moves = list(permutations(paid, 2))
    return max(moves, key=lambda move: _gain(brings, spend, move)) if moves else None


def _gain(brings: Mapping[str, float], spend: Mapping[str, float], move: tuple[str, str]) -> float:
    origin, target = move
    money = min(MOVED * fsum(spend.values()), spend[origin], spend[target])
    return money * (brings.get(target, 0.0) / spend[target] - brings.get(origin, 0.0) / spend[origin])


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
