"""Lapsing: how fast identifiers are lost is found again, and nobody is taken to be gone where none are."""

from __future__ import annotations

import numpy as np
import pytest

from headwater.attribution.incremental.histories import Moments
from headwater.attribution.incremental.lapsing import lapse_rate, seen_until
from headwater.attribution.incremental.seen import Told, seen

NOBODY = Told(np.array([], dtype=np.int64), np.array([]), np.array([]))
DAYS = 60.0


def touched(life: float, *, persons: int = 4_000, a_day: float = 0.4) -> tuple[Moments, np.ndarray]:
    """Return touches of identifiers that are met somewhere in the period and live `life` days on the mean."""
    drawn = np.random.default_rng(3)
    born = drawn.uniform(0, DAYS, persons)
    dead = np.minimum(born + drawn.exponential(life, persons), DAYS) if life else np.full(persons, DAYS)
    count = drawn.poisson(a_day * (dead - born))
    person = np.repeat(np.arange(persons), count)
    time = born[person] + drawn.uniform(0, 1, len(person)) * (dead - born)[person]
    return Moments(np.append(np.arange(persons), person), np.append(born, time)), dead


@pytest.mark.parametrize("life", [3.0, 10.0])
def test_the_rate_of_loss_is_found_again(life: float) -> None:
    moments, _ = touched(life)
    first = np.full(4_000, np.inf)
    np.minimum.at(first, moments.person, moments.time)
    age = moments.time - first[moments.person]
    kept = (age > 0) & (age <= 30) & (first[moments.person] <= 30)

    assert lapse_rate(age[kept], 30.0) == pytest.approx(1 / life, rel=0.15)


def test_where_identifiers_stay_everybody_is_seen_to_the_end() -> None:
    moments, _ = touched(0.0)
    found = seen(4_000, moments, Moments(np.array([0]), np.array([59.0])), NOBODY, last=DAYS)

    assert (found.end == DAYS).all()


def test_where_they_are_lost_the_time_seen_is_about_the_time_they_lived() -> None:
    moments, dead = touched(5.0)
    found = seen(4_000, moments, Moments(np.array([0]), np.array([59.0])), NOBODY, last=DAYS)
    lived = dead - found.begin

    assert (found.end - found.begin).sum() == pytest.approx(lived.sum(), rel=0.15)


def test_too_few_events_say_nothing() -> None:
    first = np.array([0.0, 1.0])

    assert seen_until(first, first + 1, 4, np.array([1.0, 1.0]), 30.0).tolist() == [30.0, 30.0]
    assert seen_until(first[:0], first[:0], 0, first[:0], 30.0).tolist() == []
