"""Ranks: in which place a player stands by its credit, and how firmly.

Reads  the credits of one model and their Spread
Makes  rank, the 95 % range of the rank, and the chance that the player truly stands above the next

Ranks are those of credits that are moved together as persons move them: 2,000 times, each block of persons
weighs a little more or less, drawn from a fixed seed.
"""

from __future__ import annotations

from itertools import pairwise
from math import erfc, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from headwater.report.measure.intervals import Spread

    Floats = npt.NDArray[np.float64]

DRAWS = 2_000
FEWEST_DRAWS = 200
MOST_NUMBERS = 4_000_000
"""Draws times players that are held at once; with more players there are fewer draws."""
SEED = 20_260_402
DIGITS = 9
"""Credits that are equal up to here share no rank: they stand by name."""


def ranks(credits_given: Mapping[str, float], spread: Spread | None) -> dict[str, dict[str, Any]]:
    """Return `rank`, `rank_low`, `rank_high` and `above_next` of each player, 1 for the largest credit.

    Without a spread only the rank is known. The last player has nobody to stand above.
    """
    order = sorted(credits_given, key=lambda player: (-round(credits_given[player], DIGITS), player))
    found: dict[str, dict[str, Any]] = {player: {"rank": place} for place, player in enumerate(order, 1)}
    if spread is None or not order:
        return found
    lowest, highest = _ranges(np.array([credits_given[player] for player in order]), order, spread)
    for player, low, high in zip(order, lowest, highest, strict=True):
        found[player] |= {"rank_low": int(low), "rank_high": int(high)}
    for player, other in pairwise(order):
        gap = credits_given[player] - credits_given[other]
        found[player]["above_next"] = round(chance_above(gap, spread.error_between(player, other)), 6)
    return found


def chance_above(gap: float, error: float) -> float:
    """Return the chance that a difference is truly above 0, of its estimate and standard error.

    >>> chance_above(0.0, 1.0), chance_above(1.0, 0.0), round(chance_above(-1.96, 1.0), 3)
    (0.5, 1.0, 0.025)
    """
    if error <= 0:
        return 0.5 if round(gap, DIGITS) == 0 else float(gap > 0)
    return erfc(-gap / error / sqrt(2)) / 2


def _ranges(credit: Floats, order: list[str], spread: Spread) -> tuple[Floats, Floats]:
    """Return the 2.5 and the 97.5 % quantile of each player's rank; the rank itself lies between them."""
    size, count = len(spread.moves), len(order)
    moves = np.zeros((size, count))
    for column, player in enumerate(order):
        place = spread.players.get(player)
        if place is not None:
            moves[:, column] = spread.moves[:, place]
    draws = max(FEWEST_DRAWS, min(DRAWS, MOST_NUMBERS // count))
    weights = np.random.default_rng(SEED).standard_normal((draws, size))
    drawn = np.round(credit + weights @ moves, DIGITS)
    # equal credits stay in the order shown, so that nothing changes places that does not move
    places = np.argsort(-drawn, axis=1, kind="stable")
    found = np.empty_like(places)
    np.put_along_axis(found, places, np.arange(1, count + 1)[None, :], axis=1)
    shown = np.arange(1, count + 1)
    low = np.quantile(found, 0.025, axis=0, method="lower")
    high = np.quantile(found, 0.975, axis=0, method="higher")
    return np.minimum(low, shown), np.maximum(high, shown)
