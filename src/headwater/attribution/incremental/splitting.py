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

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Histories

LEAST_KNOWN = 300
"""Conversions of known persons below which nothing is said."""
LEAST_COOKIES = 0.2
"""Share of the conversions that cookies must have."""
MOST_RATIO = 8.0
"""Conversions a person of the known ones over those a cookie; beyond it, converting makes known."""
USUAL = 0.5
"""By how much increments are too small for persons of several identifiers, before anything is seen: 1 and more by so
much, so that nearly all of it lies between 1 and 2. Of a person with two devices used alike, half of the touches
cannot be seen to do anything, which makes 2."""
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
    return replace(histories.of(known), known=None)


def factor(known: tuple[float, float], everybody: tuple[float, float]) -> tuple[float, float]:
    """Return by how much increments are too small, with its standard error.

    Each argument is a share of conversions with its standard error. Fragments can only hide effects, so the factor is
    1 or more: its posterior mean, from a normal around the ratio of the shares and a prior around 1.

    >>> [round(one, 2) for one in factor((0.30, 0.01), (0.15, 0.005))]
    [1.97, 0.09]
    >>> [round(one, 2) for one in factor((0.12, 0.01), (0.15, 0.005))]
    [1.02, 0.02]
    """
    if everybody[0] <= 0 or known[0] <= 0:
        return 1.0, 0.0
    ratio = known[0] / everybody[0]
    error = ratio * float(np.hypot(known[1] / known[0], everybody[1] / everybody[0]))
    weights = 1 / USUAL**2, 1 / max(error, 1e-9) ** 2
    centre, width = (weights[0] + weights[1] * ratio) / sum(weights), sum(weights) ** -0.5
    return _above_one(centre, width)


def _above_one(centre: float, width: float) -> tuple[float, float]:
    """Return mean and standard deviation of a normal of which only what lies above 1 is left."""
    from scipy.special import log_ndtr  # loads slowly; only who fits should wait

    least = (1.0 - centre) / width
    hazard = float(np.exp(-(least**2) / 2 - log_ndtr(-least)) / np.sqrt(2 * np.pi))
    mean = centre + width * hazard
    spread = width * float(np.sqrt(max(1 + least * hazard - hazard**2, 1e-12)))
    return min(mean, MOST_FACTOR), spread
