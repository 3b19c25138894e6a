"""Histories: who was met before and after a moment, and how strongly that still bears on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.incremental.histories import (
    AROUND,
    HORIZON,
    PAST,
    SETTLING_DAYS,
    Histories,
    Moments,
    exposure,
    reference_moments,
)


def histories(touches: list[tuple[int, float, int]], *, days: float = 60.0, persons: int = 3) -> Histories:
    rows = sorted(touches)
    return Histories(
        begin=np.zeros(persons),
        end=np.full(persons, days),
        stratum=np.zeros(persons, dtype=np.int64),
        touch_person=np.array([row[0] for row in rows], dtype=np.int64),
        touch_time=np.array([row[1] for row in rows], dtype=np.float64),
        touch_unit=np.array([row[2] for row in rows], dtype=np.int64),
        unit_group=np.array([0, 1]),
        is_causal=np.array([True, False]),
        conversions=Moments(np.zeros(0, dtype=np.int64), np.zeros(0)),
    )


touch_lists = st.lists(
    st.tuples(st.integers(0, 2), st.floats(0, 60), st.integers(0, 1)), min_size=1, max_size=12
)


@given(touches=touch_lists, person=st.integers(0, 2), time=st.floats(0, 60))
def test_exposure_is_the_sum_over_the_persons_own_touches(
    touches: list[tuple[int, float, int]], person: int, time: float
) -> None:
    made = histories(touches)
    seen = exposure(made, Moments(np.array([person]), np.array([time])), made.rates())

    own = [(time - at, unit) for of, at, unit in touches if of == person and abs(time - at) <= HORIZON]
    past = [sum(2 ** (-age / h) for age, unit in own if unit == 0 and age >= 0) for h in PAST]
    around = [
        sum(2 ** (-abs(age) / h) for age, unit in own if unit == group) for group in (0, 1) for h in AROUND
    ]
    rates = [
        sum(of == person and unit == group for of, _, unit in touches) / (60 + SETTLING_DAYS)
        for group in (0, 1)
    ]
    assert seen.past[0].tolist() == pytest.approx(past, rel=1e-5, abs=1e-6)
    assert seen.around[0].tolist() == pytest.approx([*around, *rates], rel=1e-5, abs=1e-6)


@given(touches=touch_lists, time=st.floats(0, 60))
def test_mirrored_in_time_what_is_told_around_stays_and_only_the_past_changes(
    touches: list[tuple[int, float, int]], time: float
) -> None:
    made = histories(touches)
    mirrored = histories([(person, 60 - at, unit) for person, at, unit in touches])

    one = exposure(made, Moments(np.array([0]), np.array([time])), made.rates())
    other = exposure(mirrored, Moments(np.array([0]), np.array([60 - time])), mirrored.rates())

    assert one.around[0].tolist() == pytest.approx(other.around[0].tolist(), rel=1e-4, abs=1e-5)


def test_looking_only_back_leaves_out_what_comes_later() -> None:
    made = histories([(0, 10.0, 0), (0, 30.0, 0)])
    back = exposure(made, Moments(np.array([0]), np.array([20.0])), made.rates(), ahead=0.0)
    both = exposure(made, Moments(np.array([0]), np.array([20.0])), made.rates())

    assert back.around[0, 2] == pytest.approx(0.5)
    assert both.around[0, 2] == pytest.approx(1.0)


@given(count=st.integers(1, 500), ends=st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_reference_moments_stand_for_all_the_time_seen_and_lie_in_it(count: int, ends: list[float]) -> None:
    made = histories([(0, 0.0, 0)], persons=len(ends))
    made.end[:] = ends
    parts = list(reference_moments(made, count))

    assert sum(len(moments) * days for moments, days in parts) == pytest.approx(sum(ends))
    for moments, _ in parts:
        assert (moments.time >= 0).all()
        assert (moments.time <= made.end[moments.person] + 1e-9).all()


@pytest.mark.parametrize("ticks", [(0.0,), (0.0, 0.5), tuple(hour / 24 for hour in range(24))])
def test_where_conversions_are_rounded_to_times_of_day_so_are_the_moments_they_are_held_against(
    ticks: tuple[float, ...],
) -> None:
    made = histories([(0, 0.0, 0)], persons=200)
    days = [day + tick for day in range(60) for tick in ticks]
    time = np.array(days * 4)
    made = replace(made, conversions=Moments(np.arange(len(time)) % 200, time))
    moments = np.concatenate([moments.time for moments, _ in reference_moments(made, 5_000)])

    assert set(np.round(moments % 1, 9)) == set(np.round(ticks, 9))


def test_conversions_at_any_time_are_held_against_moments_at_any_time() -> None:
    made = histories([(0, 0.0, 0)], persons=200)
    time = np.linspace(0, 59, 400)
    made = replace(made, conversions=Moments(np.arange(400) % 200, time))
    moments = np.concatenate([moments.time for moments, _ in reference_moments(made, 5_000)])

    assert len(np.unique(np.round(moments % 1, 6))) > 4_000


def test_a_person_keeps_the_moments_whoever_else_is_there() -> None:
    persons, more = 300, 301
    phase = np.random.default_rng(1).random(more)
    few = replace(histories([(0, 0.0, 0)], persons=persons), phase=phase[:persons])
    many = replace(histories([(0, 0.0, 0)], persons=more), phase=phase)

    def of_all(given: Histories) -> list[tuple[int, float]]:
        parts = [moments for moments, _ in reference_moments(given, 6_000)]
        return [(int(p), float(t)) for part in parts for p, t in zip(part.person, part.time, strict=True)]

    assert of_all(few) == [pair for pair in of_all(many) if pair[0] < persons]
