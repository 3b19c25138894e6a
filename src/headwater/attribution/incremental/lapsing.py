"""Lapsing: when persons of whom nothing more is heard are taken to be gone.

Reads  first and last event of each person, ages of all events
Makes  the time until which each person counts as seen

A cookie that is lost is never met again, and never converts again. Counted as seen to the end of the data, it makes
silence look like a reason not to buy, and every ad like a reason to buy. How fast identifiers are lost shows in how
their events thin out with the time since they were first met; where they do not, nobody is taken to be gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Floats

LEAST_EVENTS = 200
"""Events from which alone something is said."""
LEAST_LOST = 1.0
"""Losses of an identifier over half the period from which on silence is taken for loss."""
MOST_RATE = 200.0
"""Losses over half the period; beyond it nothing is told apart."""
ROUNDS = 60


def lapse_rate(ages: Floats, horizon: float) -> float:
    """Return how many times a day an identifier is lost, from the ages of events up to `horizon` days.

    Events come evenly while an identifier lives, so that their ages fall off exponentially; the likelihood of an
    exponential cut off at the horizon is at its top where the mean is right.
    """
    if len(ages) < LEAST_EVENTS or horizon <= 0:
        return 0.0
    mean = float(ages.mean()) / horizon
    low, high = 0.0, MOST_RATE
    for _ in range(ROUNDS):
        rate = (low + high) / 2
        due = 0.5 if rate < 1e-6 else 1 / rate - 1 / np.expm1(rate)
        low, high = (rate, high) if due > mean else (low, rate)
    return float(low) / horizon


def seen_until(first: Floats, latest: Floats, events: int, ages: Floats, last: float) -> Floats:
    """Return until when each person counts as seen, in days; `last` where identifiers are not lost.

    `first` and `latest` are of each person's `events` in all; `ages` are those of the events since the person was first
    met, of persons first met in the first half of the period, up to half the period. Who is lost is so, on the mean,
    one over (events a day + losses a day) after the last event.
    """
    whole = np.full(len(first), last)
    if not len(first):
        return whole
    half = (last - float(first.min())) / 2
    lost = lapse_rate(ages, half)
    if lost * half < LEAST_LOST:
        return whole
    after = 1.0
    for _ in range(ROUNDS):
        alive = float((np.minimum(latest + after, last) - first).sum())
        after = 1 / (events / max(alive, 1e-9) + lost)
    made: Floats = np.minimum(latest + after, last)
    return made
