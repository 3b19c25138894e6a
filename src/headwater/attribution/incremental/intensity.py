"""Intensity: how often persons convert, as want times effect, fitted to conversions and the time seen.

Reads  exposure at conversions, sums of exposure over all the time in which persons were seen
Makes  coefficients: what touches tell of a person's want, and what they add to it

    intensity = rate of the stratum x season x (1 + g . around) x (1 + b . past)

`around` looks at touches before and after a moment alike, `past` only at those before. A person who is
about to buy is met more often, before and after: that is in g. What a touch does comes after it alone:
that is in b. Coefficients are 0 or more. The likelihood of a Poisson process needs exposure at the
conversions, and of all other time only the sums in `Totals`, since the intensity is bilinear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Exposure, Floats, Whole

SHRINKAGE = 1.0
"""Log-likelihood that a coefficient must earn to bring as much as the stratum's own rate does."""
STEPS = 400
MEMORY = 40
"""Steps that the search remembers: with the usual ten it stops short of the top where channels come together."""


@dataclass(slots=True, kw_only=True)
class Totals:
    """Integrals over the time in which persons were seen, by stratum, each weighted by season."""

    days: Floats
    past: Floats
    around: Floats
    both: Floats
    """Of past x around: by stratum, past column, around column."""

    @classmethod
    def empty(cls, strata: int, past: int, around: int) -> Totals:
        """Return sums of nothing."""
        return cls(
            days=np.zeros(strata),
            past=np.zeros((strata, past)),
            around=np.zeros((strata, around)),
            both=np.zeros((strata, past, around)),
        )

    def add(self, seen: Exposure, stratum: Whole, weight: Floats) -> None:
        """Take in moments, each with the days (times season) that it stands for."""
        for number in np.unique(stratum):
            rows = np.flatnonzero(stratum == number)
            past, around, weights = seen.past[rows], seen.around[rows], weight[rows].astype(np.float32)
            weighted = past * weights[:, None]
            self.days[number] += float(weight[rows].sum())
            self.past[number] += weighted.sum(axis=0, dtype=np.float64)
            self.around[number] += (around * weights[:, None]).sum(axis=0, dtype=np.float64)
            self.both[number] += weighted.T @ around

    def integral(self, b: Floats, g: Floats) -> Floats:
        """Return, by stratum, the integral of (1 + g . around)(1 + b . past)."""
        made: Floats = self.days + self.past @ b + self.around @ g + np.einsum("sij,i,j->s", self.both, b, g)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The fitted intensity."""

    rate: Floats
    """Conversions a day of a person without any touch, by stratum, at mean season."""
    effects: Floats
    """b: what a unit of each column of `past` adds, as a share of the want."""
    want: Floats
    """g: what a unit of each column of `around` tells of it."""
    curvature: Floats
    """Second derivatives of the negative log-likelihood in b, g; the rates are profiled out."""
    slope: Floats
    """First derivatives of it, with shrinkage; 0 where a coefficient is above 0."""
    unit: Floats
    """Conversions that each column of `past` would bring at a coefficient of 1."""

    @property
    def expected(self) -> Floats:
        """Conversions that each column of `past` brings in all."""
        return self.effects * self.unit


def fitted(at: Exposure, stratum: Whole, totals: Totals, *, shrinkage: float = SHRINKAGE) -> Fit:
    """Fit the intensity to conversions with the exposure `at` them.

    Maximises the log-likelihood less `shrinkage` for each coefficient's mean contribution, by L-BFGS-B.
    """
    from scipy.optimize import minimize  # loads slowly; only who fits should wait

    counts = np.bincount(stratum, minlength=len(totals.days)).astype(np.float64)
    columns = at.past.shape[1]
    days = max(float(totals.days.sum()), 1e-9)
    scale = np.concatenate([totals.past.sum(axis=0), totals.around.sum(axis=0)]) / days
    scale = np.where(scale > 0, scale, 1.0)
    past, around = (
        at.past / scale[:columns].astype(np.float32),
        at.around / scale[columns:].astype(np.float32),
    )

    def loss(given: Floats) -> tuple[float, Floats]:
        b, g = given[:columns] / scale[:columns], given[columns:] / scale[columns:]
        touched = 1 + past @ given[:columns].astype(np.float32)
        wanted = 1 + around @ given[columns:].astype(np.float32)
        whole = totals.integral(b, g)
        rate = counts / np.maximum(whole, 1e-300)
        value = -float(np.log(touched).sum(dtype=np.float64) + np.log(wanted).sum(dtype=np.float64))
        value += float(counts @ np.log(np.maximum(whole, 1e-300))) + shrinkage * float(given.sum())
        by_b = (rate @ (totals.past + totals.both @ g)) / scale[:columns]
        by_g = (rate @ (totals.around + np.einsum("sij,i->sj", totals.both, b))) / scale[columns:]
        slope = np.concatenate([by_b - past.T @ (1 / touched), by_g - around.T @ (1 / wanted)]) + shrinkage
        return value, slope

    start = np.full(len(scale), 0.02)
    found = minimize(
        loss, start, jac=True, bounds=[(0, None)] * len(start), method="L-BFGS-B",
        options={"maxiter": STEPS, "maxfun": 2 * STEPS, "ftol": 1e-11, "maxcor": MEMORY},
    )  # fmt: skip
    b, g = found.x[:columns] / scale[:columns], found.x[columns:] / scale[columns:]
    rate = counts / np.maximum(totals.integral(b, g), 1e-300)
    _, slope = loss(found.x)
    return Fit(
        rate=rate,
        effects=b,
        want=g,
        curvature=_curvature(at, totals, rate, b, g),
        slope=slope * scale,
        unit=rate @ (totals.past + totals.both @ g),
    )


def _curvature(at: Exposure, totals: Totals, rate: Floats, b: Floats, g: Floats) -> Floats:
    """Return the Hessian of the negative log-likelihood with the strata's rates profiled out."""
    columns = len(b)
    past = at.past / (1 + at.past @ b.astype(np.float32))[:, None]
    around = at.around / (1 + at.around @ g.astype(np.float32))[:, None]
    whole = np.zeros((columns + len(g), columns + len(g)))
    whole[:columns, :columns] = past.T @ past
    whole[columns:, columns:] = around.T @ around
    cross = np.einsum("s,sij->ij", rate, totals.both)
    whole[:columns, columns:], whole[columns:, :columns] = cross, cross.T
    slopes = np.concatenate(
        [totals.past + totals.both @ g, totals.around + np.einsum("sij,i->sj", totals.both, b)], axis=1
    )
    integral = np.maximum(totals.integral(b, g), 1e-300)
    whole -= np.einsum("s,si,sj->ij", rate / integral, slopes, slopes)
    return whole
