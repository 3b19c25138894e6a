"""Moments: what touches and conversions look like, in few numbers that a world can be made to share.

Reads  a Sample: touches and conversions of some persons, observed or simulated
Makes  Moments

The same function reads a business's own data and a simulated market, so that the two can be laid side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

MONTH = 30.0
BEFORE = 3.0
"""Days before a conversion that count as shortly before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Touches and conversions of some persons, numbered from 0; times in days from the start."""

    persons: float
    """How many persons stand behind it, seen or not."""
    days: float
    channels: int
    person: Whole
    """Of each touch; sorted, and by time within a person."""
    time: Floats
    channel: Whole
    buyer: Whole
    """The person of each conversion; sorted."""
    at: Floats
    weight: Floats
    """1, or the chance that the conversion happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What a sample looks like."""

    touches: Floats
    """By channel, per person and 30 days."""
    closeness: Floats
    """By channel: touches a day in the three days before a conversion, against the same persons' usual."""
    conversions: float
    """Per person and 30 days."""
    repeats: float
    """Pairs of conversions of one person, against what there were if all persons bought alike; 1: no more."""
    pairs: float
    """Pairs of conversions of one person behind `repeats`."""
    gap: float
    """Median days between a person's touches."""


def moments(sample: Sample) -> Moments:
    """Return the moments of a sample."""
    bought = float(sample.weight.sum())
    of_person = np.bincount(sample.buyer, weights=sample.weight)
    squares = np.bincount(sample.buyer, weights=sample.weight**2)
    pairs = float((of_person**2 - squares).sum()) / 2
    expected = bought**2 / sample.persons / 2
    counted = np.bincount(sample.channel, minlength=sample.channels)
    gaps = np.diff(sample.time)[np.diff(sample.person) == 0]
    return Moments(
        touches=counted / sample.persons / sample.days * MONTH,
        closeness=_closeness(sample),
        conversions=bought / sample.persons / sample.days * MONTH,
        repeats=pairs / expected if expected else 1.0,
        pairs=pairs,
        gap=float(np.median(gaps)) if len(gaps) else sample.days,
    )


def _closeness(sample: Sample) -> Floats:
    """Compare the days before each conversion with all days of its person; 1 where there is nothing."""
    stretch = 2 * sample.days + 100
    clock = sample.person * stretch + sample.time
    span = np.minimum(BEFORE, sample.at)
    first = np.searchsorted(clock, sample.buyer * stretch)
    after = np.searchsorted(clock, sample.buyer * stretch + stretch)
    since = np.searchsorted(clock, sample.buyer * stretch + sample.at - span)
    until = np.searchsorted(clock, sample.buyer * stretch + sample.at, side="right")
    found = np.ones(sample.channels)
    for channel in range(sample.channels):
        count = np.concatenate([[0], np.cumsum(sample.channel == channel)])
        near = float((sample.weight * (count[until] - count[since])).sum())
        usual = float((sample.weight * (count[after] - count[first]) * span).sum()) / sample.days
        found[channel] = near / usual if usual else 1.0
    return found
