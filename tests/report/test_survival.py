"""Survival: waits that are still open count as long as they were watched, no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headwater.contract.query import ALL_TIME, ReportQuery
from headwater.report.filters import selection
from headwater.report.measure.survival import FIRST, LAST, LEAST, curve, curves, data_end, waits_sql

if TYPE_CHECKING:
    from typing import Any

    from headwater.contract.query import ReportContext

    from .conftest import World

COUNTS = arrays(np.int64, 40, elements=st.integers(0, 50))


def waits(context: ReportContext) -> dict[tuple[str, str], list[int]]:
    """Return the hours of all waits by touch and outcome."""
    chosen = selection(context, ReportQuery(window=ALL_TIME))
    end = data_end(context.reader, until=None)
    assert end is not None
    found: dict[tuple[str, str], list[int]] = {}
    for row in context.reader.query(waits_sql(chosen, end=end)).to_pylist():
        found.setdefault((row["touch"], row["outcome"]), []).extend([row["hours"]] * row["waits"])
    return found


def test_a_wait_ends_with_the_conversion_or_with_the_next_touch(world: World) -> None:
    world.touch("ada", 1).touch("ada", 2).buy("ada", 4)

    assert waits(world.context()) == {
        ("first", "converted"): [72],
        ("last", "moved_on"): [24],
        ("last", "converted"): [48],
    }


def test_after_a_conversion_a_new_wait_begins(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).touch("ada", 5).touch("ada", 6).buy("ada", 6.5)

    assert waits(world.context())["first", "converted"] == [24, 36]


def test_waits_that_are_open_when_the_data_end_are_censored_there(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).touch("bo", 3).touch("bo", 4).touch("cy", 9)

    found = waits(world.context())

    assert found["first", "open"] == [0, 144]
    assert found["last", "open"] == [0, 120]


def test_a_second_order_without_a_touch_of_its_own_is_no_wait(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).buy("ada", 8)

    assert waits(world.context())["first", "converted"] == [24]


def test_persons_are_watched_no_longer_than_their_observation_lasted(world: World) -> None:
    world.touch("ada", 1).touch("bo", 1).touch("cy", 11)
    world.row("imported_persons", person="user:bo", observed_until=world.touchpoints[0]["occurred_at"])

    assert waits(world.context())["first", "open"] == [0, 0, 240]


@given(converted=COUNTS, moved=COUNTS)
def test_where_nothing_is_censored_what_is_expected_is_what_was_seen(converted: Any, moved: Any) -> None:
    found = curve(converted, moved, np.zeros(40, dtype=np.int64))

    if found.horizon:
        seen = found.converted / found.converted[found.horizon]
        upto = slice(0, found.horizon + 1)
        assert found.expected[upto] == pytest.approx(np.minimum(seen, 1)[upto])


@given(converted=COUNTS, moved=COUNTS, still=COUNTS)
def test_what_is_expected_rises_to_one_at_the_horizon(converted: Any, moved: Any, still: Any) -> None:
    found = curve(converted, moved, still)

    assert (np.diff(found.expected) >= -1e-12).all()
    if found.horizon:
        assert found.expected_within(found.horizon) == pytest.approx(1)
        assert found.expected_within(10**6) == pytest.approx(1)


def test_recent_persons_make_lags_look_short_and_the_estimate_does_not() -> None:
    random = np.random.default_rng(5)
    persons, span = 60_000, 40 * 24
    entered = random.uniform(0, span, persons)
    lag = random.exponential(15 * 24, persons)
    lag[random.random(persons) > 0.2] = np.inf  # four of five never convert
    watched = span - entered
    ended = np.ceil(np.minimum(lag, watched)).astype(int)
    done = lag <= watched
    hours = span + 1
    converted = np.bincount(ended[done], minlength=hours)
    still = np.bincount(ended[~done], minlength=hours)

    found = curve(converted, np.zeros(hours, dtype=np.int64), still)

    at, horizon = 7 * 24, found.horizon
    truth = (1 - np.exp(-at / 360)) / (1 - np.exp(-horizon / 360))
    assert horizon == pytest.approx(0.8 * span, rel=0.05)
    assert found.expected_within(at) == pytest.approx(truth, abs=0.02)
    assert found.observed_within(at) - truth > 0.05  # type: ignore[operator]


def test_a_competing_touch_does_not_count_as_a_conversion_to_come() -> None:
    hours = 101
    converted, moved, still = (np.zeros(hours, dtype=np.int64) for _ in range(3))
    converted[10], moved[5], converted[60] = 100, 500, 100
    still[100] = 300

    found = curve(converted, moved, still)

    assert found.expected_within(10) == pytest.approx(0.5)


def test_with_few_waits_nothing_is_expected(world: World) -> None:
    for number in range(LEAST - 1):
        world.touch(f"p{number}", 1).buy(f"p{number}", 2)
    context = world.context()

    found = curves(context.reader, selection(context, ReportQuery(window=ALL_TIME)), until=None)

    assert found[FIRST].observed_within(24) == 1
    assert found[FIRST].expected_within(24) is None
    assert found[LAST].horizon == 0


def test_an_empty_workspace_has_no_curves(world: World) -> None:
    context = world.context()

    found = curves(context.reader, selection(context, ReportQuery(window=ALL_TIME)), until=None)

    assert found[FIRST].observed_within(24) is None
    assert found[FIRST].expected_within(24) is None
