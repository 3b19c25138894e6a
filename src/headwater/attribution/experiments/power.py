"""Power: how many persons a hold-out test needs, or which effect a number of persons can show.

Reads  conversions of a person: mean, variance, and how much of it the time before explains
Makes  a number of persons, or the smallest effect that is found with the power asked for
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, sqrt

from scipy.stats import norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is asked of a test: its errors and how it is split."""

    power: float = 0.8
    """Chance to find the effect if it is there."""
    confidence: float = 0.95
    """One less the chance to find an effect that is not there."""
    held: float = 0.5
    """Share of the persons that is held out."""

    @property
    def reach(self) -> float:
        """Standard errors that the effect must measure: the two quantiles together."""
        return float(norm.ppf(0.5 + self.confidence / 2) + norm.ppf(self.power))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What persons do in a period of the length of the test, with the channel on."""

    persons: int
    """Persons whom the channel met in the period."""
    mean: float
    """Conversions of a person."""
    variance: float
    explained: float = 0.0
    """How much of the variance the time before explains, 0 to 1."""


def persons_needed(rates: Rates, effect: float, design: Design) -> float:
    """Return the persons of both groups together that show an effect; infinite where nobody converts.

    `effect` is the share of the conversions of the persons met that the channel brings, above 0 and up to 1.
    """
    gap = rates.mean * effect
    if gap <= 0:
        return inf
    return ceil(design.reach**2 * _spread(rates, design) / gap**2)


def smallest_effect(rates: Rates, design: Design) -> float:
    """Return the smallest share of conversions that the persons of the period show; infinite where none does."""
    if not rates.persons or rates.mean <= 0:
        return inf
    return design.reach * sqrt(_spread(rates, design) / rates.persons) / rates.mean


def _spread(rates: Rates, design: Design) -> float:
    """Return the variance of the difference of the two means, times the number of persons."""
    return rates.variance * (1 - rates.explained) / (design.held * (1 - design.held))
