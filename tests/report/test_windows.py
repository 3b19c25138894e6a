"""Windows: the SQL of a shorter and of a longer window gives what the definition says, row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.contract.query import ALL_TIME, ReportQuery
from headwater.contract.settings import Settings
from headwater.contract.tables import JOURNEY_STEPS
from headwater.report.filters import selection
from headwater.report.measure.windows import SHARES

if TYPE_CHECKING:
    from .conftest import World

WINDOWS = (timedelta(hours=12), timedelta(days=3), timedelta(days=10), timedelta(days=40), ALL_TIME)
HOURS = st.integers(min_value=0, max_value=60 * 24)
TOUCHES = st.lists(
    st.tuples(st.sampled_from(["ada", "bo"]), HOURS, st.sampled_from(["direct", "email", "display"])),
    max_size=20,
)
BUYS = st.lists(
    st.tuples(st.sampled_from(["ada", "bo"]), HOURS, st.sampled_from(["purchase", "lead", "opportunity"])),
    max_size=6,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(touches=TOUCHES, buys=BUYS, window=st.sampled_from(WINDOWS), built=st.sampled_from([0, 3, 10, 90]))
def test_steps_in_any_window_are_those_of_the_definition(
    new_world: type[World], touches: list[Any], buys: list[Any], window: timedelta, built: int
) -> None:
    world = new_world(settings=Settings(window_days=built, half_life_days=3.5))
    for name, hour, channel in touches:
        world.touch(name, hour / 24, channel, engagement=1000 + 700 * (hour % 5))
    for name, hour, goal in buys:
        world.buy(name, hour / 24, goal=goal, is_macro=True)
    context = world.context()

    chosen = selection(context, ReportQuery(window=window))
    found = context.reader.query(f"select * from ({chosen.steps}) as steps order by conversion_id, step")

    meant = [step for conversion in world.conversions for step in world.steps(conversion, window)]
    exact = [name for name in JOURNEY_STEPS.names() if name not in SHARES]
    rows = found.to_pylist()
    assert [{name: row[name] for name in exact} for row in rows] == [
        {name: row[name] for name in exact} for row in meant
    ]
    for name in SHARES:
        assert [row[name] for row in rows] == pytest.approx([row[name] for row in meant], abs=1e-9)


def test_journeys_say_the_extent_of_the_window(world: World) -> None:
    world.touch("ada", 1).touch("ada", 4).touch("ada", 5).buy("ada", 6).buy("bo", 6)

    context = world.context()
    chosen = selection(context, ReportQuery(window=timedelta(days=2)))
    rows = context.reader.query(
        f"select * from ({chosen.journeys}) as journeys order by conversion_id"
    ).to_pylist()

    assert [row["step_count"] for row in rows] == [2, 0]
    assert rows[0]["first_at"] == world.touchpoints[1]["occurred_at"]
    assert rows[0]["last_at"] == world.touchpoints[2]["occurred_at"]
    assert rows[1]["first_at"] is None
