"""Splitting: how much of what touches do is lost because one person goes by several identifiers.

Reads  histories, the share of conversions that a fit lays to touches
Makes  the factor by which increments are too small

A touch on a phone cannot be seen to bring about a conversion on a laptop. Among persons who are known by name it
can. So the share of conversions that touches bring among them is held against the share among everybody.
Only where being known is no consequence of converting: where cookies convert as well, at a rate not far from theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.incremental.histories import Moments

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Histories

LEAST_KNOWN = 300
"""Conversions of known persons below which nothing is said."""
LEAST_COOKIES = 0.2
"""Share of the conversions that cookies must have."""
MOST_RATIO = 8.0
"""Conversions a person of the known ones over those a cookie; beyond it, converting makes known."""
SURE = 2.0
MOST_FACTOR = 4.0


def known_alone(histories: Histories) -> Histories | None:
    """Return the histories of the known persons; None where they cannot stand for everybody."""
    known = histories.known
    if known is None or not known.any() or known.all():
        return None
    bought = known[histories.conversions.person]
    count, cookies = int(bought.sum()), int((~bought).sum())
    rates = count / known.sum(), cookies / (~known).sum()
    if (
        count < LEAST_KNOWN
        or cookies < LEAST_COOKIES * len(bought)
        or rates[0] > MOST_RATIO * max(rates[1], 1e-12)
    ):
        return None
    kept = known[histories.touch_person]
    return replace(
        histories,
        end=np.where(known, histories.end, histories.begin),
        touch_person=histories.touch_person[kept],
        touch_time=histories.touch_time[kept],
        touch_unit=histories.touch_unit[kept],
        conversions=Moments(histories.conversions.person[bought], histories.conversions.time[bought]),
        known=None,
    )


def factor(known: tuple[float, float], everybody: tuple[float, float]) -> tuple[float, float]:
    """Return by how much increments are too small, with its standard error; (1, 0) where chance explains it.

    Each argument is a share of conversions with its standard error.

    >>> factor((0.30, 0.01), (0.15, 0.005))[0], factor((0.16, 0.05), (0.15, 0.005))
    (2.0, (1.0, 0.0))
    """
    error = float(np.hypot(known[1], everybody[1]))
    if everybody[0] <= 0 or known[0] - everybody[0] < SURE * error:
        return 1.0, 0.0
    times = min(known[0] / everybody[0], MOST_FACTOR)
    return times, times * float(np.hypot(known[1] / known[0], everybody[1] / everybody[0]))
