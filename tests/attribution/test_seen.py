"""Seen: whose time counts, and who is met by converting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.incremental.histories import Moments
from headwater.attribution.incremental.seen import Told, converts_once, seen

NAN = float("nan")
NOBODY = Told(np.array([], dtype=np.int64), np.array([]), np.array([]))


def moments(*given: tuple[int, float]) -> Moments:
    return Moments(np.array([one for one, _ in given], dtype=np.int64), np.array([one for _, one in given]))


def told(*given: tuple[int, float, float]) -> Told:
    person, since, until = zip(*given, strict=True)
    return Told(np.array(person), np.array(since), np.array(until))


def test_somebody_is_seen_from_the_first_event_to_the_last_moment_of_the_data() -> None:
    found = seen(2, moments((0, 3.0), (0, 5.0)), moments((0, 7.0), (1, 4.0)), NOBODY, last=10.0)

    assert found.begin.tolist() == [3.0, 4.0]
    assert found.end.tolist() == [10.0, 10.0]


def test_a_conversion_by_which_somebody_is_met_teaches_nothing_and_the_next_one_does() -> None:
    bought = moments((0, 7.0), (1, 4.0), (1, 6.0), (2, 5.0))
    found = seen(3, moments((0, 3.0), (2, 5.0)), bought, NOBODY, last=10.0)

    assert found.teaches.tolist() == [True, False, True, True]  # person 2 was met by the touch of that moment


def test_an_imported_time_counts_and_is_stretched_by_events_outside_it() -> None:
    bought = moments((0, 7.0), (1, 4.0))
    found = seen(2, moments(), bought, told((0, 1.0, 5.0), (1, 0.0, 8.0)), last=10.0)

    assert found.begin.tolist() == [1.0, 0.0]
    assert found.end.tolist() == [7.0, 8.0]
    assert found.teaches.all()


@pytest.mark.parametrize(("idle", "begins"), [(20, 0.0), (0, 4.0)])
def test_a_list_that_also_names_people_who_never_did_anything_counts_from_the_first_day(
    idle: int, begins: float
) -> None:
    listed = told(*((person, NAN, NAN) for person in range(1 + idle)))
    found = seen(1 + idle, moments(), moments((0, 4.0)), listed, last=10.0)

    assert found.begin[0] == begins
    assert found.end.tolist() == [10.0] * (1 + idle)
    assert found.teaches.tolist() == [idle > 0]
    assert (found.begin[1:] == 0).all()


def test_who_was_imported_without_a_time_and_never_seen_has_none_beside_a_list_made_of_events() -> None:
    listed = told(*((person, NAN, NAN) for person in range(40)))
    found = seen(40, moments(*((person, 1.0) for person in range(39))), moments(), listed, last=10.0)

    assert found.end[39] == found.begin[39]


def test_where_nobody_converts_twice_nobody_is_at_risk_after_converting() -> None:
    touches = moments(*((person, 1.0) for person in range(400)))
    bought = moments(*((person, 2.0 + person / 100) for person in range(0, 400, 3)))
    found = seen(400, touches, bought, NOBODY, last=30.0)

    assert found.end[bought.person].tolist() == pytest.approx(bought.time.tolist())
    assert found.end[1] == 30
    assert found.teaches.all()


def test_second_conversions_keep_persons_at_risk() -> None:
    touches = moments(*((person, 1.0) for person in range(400)))
    bought = moments(*((person % 250, 2.0 + person / 100) for person in range(400)))

    assert (seen(400, touches, bought, NOBODY, last=30.0).end == 30).all()


@given(seed=st.integers(0, 200))
def test_conversions_that_come_by_chance_are_never_taken_for_the_last_ones(seed: int) -> None:
    drawn = np.random.default_rng(seed)

    assert not converts_once(drawn.integers(0, 1_000, 400), persons=1_000)
    assert converts_once(drawn.permutation(1_000)[:400], persons=1_000)
    assert not converts_once(drawn.permutation(1_000)[:50], persons=1_000)  # too few to tell
