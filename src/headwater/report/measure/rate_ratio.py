"""Rate ratio: how much oftener one group converts than another, stratum by stratum.

Reads  conversions and time at risk of two groups by stratum, and which conversions are of one person
Makes  the Mantel-Haenszel rate ratio with its 95 % interval, or nothing where there is too little

With D1, D0 conversions and T1, T0 days at risk of the exposed and the unexposed in a stratum, T = T1 + T0:

    ratio = sum(D1 T0 / T) / sum(D0 T1 / T)
    var(log ratio) = sum((D1 + D0) T1 T0 / T^2) / (sum(D1 T0 / T) sum(D0 T1 / T))

A stratum in which one group has no time adds nothing to either sum. Where persons convert more than once the
variance is that over persons, sum(U^2) / sum(D1 T0 / T)^2, with U what a person's conversions add to the first
sum less ratio times what they add to the second; the greater of the two counts.
Sources: Rothman, Greenland and Lash, Modern Epidemiology, 3rd ed., chapter 15; Greenland and Robins 1985
(Biometrics 41:55); Liang and Zeger 1986 for the variance over blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Whole = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

LEAST = 10
"""Persons who convert, on each side, in strata that compare: with fewer there is no number."""
SURE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A rate ratio: 2 means twice as often."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two groups, stratum by stratum: their time, and one entry per conversion."""

    exposed_time: Floats
    """By stratum, in any unit of time."""
    unexposed_time: Floats
    person: Whole
    """Place of the person, from 0."""
    stratum: Whole
    is_exposed: Mask

    def crude(self) -> float | None:
        """Return the ratio of the rates without strata; None where a side has no conversion or no time."""
        came, others = float(self.is_exposed.sum()), float((~self.is_exposed).sum())
        time, other_time = float(self.exposed_time.sum()), float(self.unexposed_time.sum())
        return (came / time) / (others / other_time) if came and others and time and other_time else None

    def adjusted(self, *, least: int = LEAST) -> Ratio | None:
        """Return the Mantel-Haenszel ratio; None where fewer than `least` persons convert on a side."""
        whole = self.exposed_time + self.unexposed_time
        share = np.divide(self.exposed_time, whole, out=np.zeros(len(whole)), where=whole > 0)
        rest = np.divide(self.unexposed_time, whole, out=np.zeros(len(whole)), where=whole > 0)
        compares = (share > 0) & (rest > 0)
        counted = compares[self.stratum]
        stratum, person, exposed = self.stratum[counted], self.person[counted], self.is_exposed[counted]
        if min(np.count_nonzero(np.bincount(person[side])) for side in (exposed, ~exposed)) < least:
            return None
        first, second = np.where(exposed, rest[stratum], 0.0), np.where(exposed, 0.0, share[stratum])
        upper, lower = float(first.sum()), float(second.sum())
        ratio = upper / lower
        chance = float((share * rest)[stratum].sum()) / (upper * lower)
        by_person = np.bincount(person, weights=first - ratio * second)
        error = np.sqrt(max(chance, float((by_person**2).sum()) / upper**2))
        margin = float(np.exp(NormalDist().inv_cdf((1 + SURE) / 2) * error))
        return Ratio(ratio=ratio, low=ratio / margin, high=ratio * margin)
