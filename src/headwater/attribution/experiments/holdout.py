"""Holdout: what a channel brings, from persons of whom some, drawn by lot, were kept from it.

Reads  each person's conversions in the test, whether they were held out, and what they did before
Makes  the conversions that the channel brought, with standard error and interval

What persons did before the test explains a part of what they do in it. Taking that part out (CUPED, Deng et al.
2013; with a slope for each group, Lin 2013) makes the answer surer and cannot bias it, since the lot knew nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

FEWEST = 30
"""Persons in each group below which nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutResult:
    """The outcome of a hold-out test; conversions are those of the persons who were not held out."""

    persons_met: int
    persons_held: int
    rate_met: float
    """Conversions of a person of the group that the channel could meet, corrected for what was before."""
    rate_held: float
    incremental: float
    """Conversions that would not have come without the channel."""
    standard_error: float
    explained: float
    """How much of the variance the time before explained, 0 to 1."""
    confidence: float

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.incremental - _quantile(self.confidence) * self.standard_error

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.incremental + _quantile(self.confidence) * self.standard_error

    @property
    def lift(self) -> float | None:
        """Increment as a share of what would have come anyway; None where that is nothing."""
        anyway = self.rate_held * self.persons_met
        return self.incremental / anyway if anyway > 0 else None

    @property
    def p_value(self) -> float:
        """Chance of a difference at least as large if the channel brought nothing."""
        return _p_value(self.incremental, self.standard_error)


def holdout_effect(
    outcome: Floats, is_held: Flags, *, before: Floats | None = None, confidence: float = 0.95
) -> HoldoutResult:
    """Return what the channel brought to the persons who were not held out.

    `outcome` and `before` are conversions of each person in and before the test. Raises UsageError where a group
    has fewer than 30 persons.
    """
    met, held = outcome[~is_held], outcome[is_held]
    if min(len(met), len(held)) < FEWEST:
        raise UsageError(
            f"{len(met)} persons could be met and {len(held)} were held out: too few to say anything.",
            hint=f"each group needs {FEWEST} persons at least; `headwater experiment plan` says how many are enough.",
        )
    plain = met.var(ddof=1) / len(met) + held.var(ddof=1) / len(held)
    averages, variance = [float(met.mean()), float(held.mean())], plain
    if before is not None and before.var() > 0:
        middle = float(before.mean())
        adjusted = [_adjusted(outcome[group], before[group], middle) for group in (~is_held, is_held)]
        averages = [average for average, _ in adjusted]
        variance = sum(each for _, each in adjusted)
    return HoldoutResult(
        persons_met=len(met),
        persons_held=len(held),
        rate_met=averages[0],
        rate_held=averages[1],
        incremental=len(met) * (averages[0] - averages[1]),
        standard_error=float(len(met) * np.sqrt(variance)),
        explained=float(max(0.0, 1 - variance / plain)) if plain else 0.0,
        confidence=confidence,
    )


def _adjusted(outcome: Floats, before: Floats, middle: float) -> tuple[float, float]:
    """Return a group's mean as if it had had the average before, and the variance of that mean."""
    off = before - before.mean()
    spread = float(off @ off)
    slope = float(off @ outcome) / spread if spread else 0.0
    rest = outcome - outcome.mean() - slope * off
    degrees = max(len(outcome) - 2, 1)
    average = float(outcome.mean()) - slope * (float(before.mean()) - middle)
    return average, float(rest @ rest) / degrees / len(outcome)


def _quantile(confidence: float) -> float:
    return float(norm.ppf(0.5 + confidence / 2))


def _p_value(value: float, error: float) -> float:
    return float(2 * norm.sf(abs(value) / error)) if error else float(not value)
