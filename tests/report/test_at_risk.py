"""At risk: exact time and conversions, against a count by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.report.measure.at_risk import CLASS, DAY, HORIZONS, MOST_PERIODS, Lives, Moments, Timeline

DAYS = 40
WINDOW = 5


def lives(
    touches: list[tuple[int, int, int]],
    conversions: list[tuple[int, int]],
    *,
    persons: int = 3,
    begin: int = 0,
) -> Lives:
    """Return the lives of (person, day, value) and (person, day)."""
    touched = np.array(sorted(touches), dtype=np.int64).reshape(-1, 3)
    came = np.array(sorted(conversions), dtype=np.int64).reshape(-1, 2)
    return Lives(
        begin=np.full(persons, begin * DAY),
        end=np.full(persons, DAYS * DAY),
        segment=np.arange(persons) % 2,
        touches=Moments(touched[:, 0], touched[:, 1] * DAY),
        value=touched[:, 2],
        conversions=Moments(came[:, 0], came[:, 1] * DAY),
        window=WINDOW * DAY,
    )


def test_a_person_is_unexposed_up_to_the_first_touch_and_exposed_for_the_window_after_each() -> None:
    found = Timeline(lives([(0, 10, 0), (0, 13, 0), (1, 3, 1)], [])).of(0)

    assert found.exposed_time.sum() == 3 + WINDOW
    assert found.unexposed_time.sum() == 10 + 2 * DAYS


def test_a_conversion_counts_for_the_time_in_which_it_comes() -> None:
    found = Timeline(lives([(0, 10, 0)], [(0, 9), (0, 10), (0, 14), (0, 20), (1, 5)])).of(0)

    assert sorted(found.is_exposed.tolist()) == [False, False, True, True]


def test_touches_of_the_value_itself_are_no_activity() -> None:
    """Else the exposed would be compared with persons whom others had touched oftener."""
    alone = Timeline(lives([(0, 10, 0), (0, 11, 0), (0, 12, 0)], [(0, 13), (1, 13)])).of(0)

    assert (alone.exposed_time > 0).sum() == 1 + (10 + 7 > 14)
    assert len(set((alone.stratum // 30).tolist())) == 2
    assert set((alone.stratum % 30).tolist()) == {0}


def test_touches_before_the_time_asked_about_expose_within_it() -> None:
    found = Timeline(lives([(0, 10, 0)], [], begin=12)).of(0)

    assert found.exposed_time.sum() == 10 + WINDOW - 12
    assert found.unexposed_time.sum() == 2 * (DAYS - 12)


PERSONS = st.integers(0, 2)
MOMENTS = st.integers(0, DAYS - 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(PERSONS, MOMENTS, st.integers(0, 2)), min_size=1, max_size=25, unique=True),
    st.lists(st.tuples(PERSONS, MOMENTS), max_size=8, unique=True),
    st.integers(0, 12),
)
def test_time_and_conversions_are_those_of_the_definition(
    touches: list[tuple[int, int, int]], conversions: list[tuple[int, int]], begin: int
) -> None:
    """Everything happens at whole days, so that every hour of a day is alike."""
    conversions = [one for one in conversions if one[1] >= begin]
    given_ = lives(touches, conversions, begin=begin)
    found = Timeline(given_).of(0)
    exposed, unexposed = np.zeros_like(found.exposed_time), np.zeros_like(found.exposed_time)
    for person in range(3):
        for day in range(begin, DAYS):
            stratum, side = by_definition(given_, touches, person, day)
            if side is not None:
                (exposed if side else unexposed)[stratum] += 1

    assert found.exposed_time == pytest.approx(exposed)
    assert found.unexposed_time == pytest.approx(unexposed)
    expected = []
    for person, day in conversions:
        stratum, side = by_definition(given_, touches, person, day, closed=True)
        expected += [] if side is None else [(person, stratum, side)]
    got = zip(found.person.tolist(), found.stratum.tolist(), found.is_exposed.tolist(), strict=True)
    assert sorted(got) == sorted(expected)


def by_definition(
    given_: Lives, touches: list[tuple[int, int, int]], person: int, day: int, *, closed: bool = False
) -> tuple[int, bool | None]:
    """Return the stratum of a person's day, and whether it is exposed to value 0, unexposed or neither."""
    own = [at for who, at, value in touches if who == person and value == 0 and at <= day]
    others = [at for who, at, value in touches if who == person and value != 0 and at <= day]
    stratum = int(given_.group(np.array([person]), np.array([day * DAY]))[0])
    for horizon, classes in zip(HORIZONS, CLASS, strict=True):
        recent = sum(day - at < horizon // DAY for at in others)
        stratum = stratum * (int(classes[-1]) + 1) + int(classes[min(recent, len(classes) - 1)])
    if not own:
        return stratum, False
    age = day - max(own)
    return stratum, True if age < WINDOW or (closed and age == WINDOW) else None


def test_order_compares_who_met_one_before_the_other_with_who_did_not() -> None:
    touches = [(0, 1, 0), (0, 10, 1), (1, 10, 1), (1, 12, 0), (2, 5, 0)]

    timeline = Timeline(lives(touches, [(0, 11), (0, 30), (1, 12), (2, 6)]))
    found = timeline.in_order(0, 1)

    assert found.exposed_time.sum() == found.unexposed_time.sum() == WINDOW
    assert sorted(zip(found.person.tolist(), found.is_exposed.tolist(), strict=True)) == [
        (0, True),
        (1, False),
    ]
    assert timeline.persons_in_order(2).tolist() == [[0, 1], [1, 0]]
    assert [list(some) for some in timeline.persons_by_order(0, 1)] == [[0], [1]]


def test_years_are_cut_into_no_more_periods_than_weeks_of_a_half_year() -> None:
    long = lives([(0, 1, 0)], [])
    end = np.full(3, 800 * DAY)
    longer = Lives(
        begin=long.begin, end=end, segment=long.segment, touches=long.touches, value=long.value,
        conversions=long.conversions, window=long.window,
    )  # fmt: skip

    assert long.period_days == 7
    assert longer.period_days % 7 == 0
    assert 800 / longer.period_days <= MOST_PERIODS
    assert Timeline(longer).of(0).exposed_time.sum() == WINDOW
