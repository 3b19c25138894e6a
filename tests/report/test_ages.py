"""Ages: credit by the shortest window that holds the touch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.contract.query import ALL_TIME, ReportQuery
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.ages import Ages, ages

from .conftest import MODELS

if TYPE_CHECKING:
    from .conftest import World

WINDOWS = (timedelta(days=1), timedelta(days=7), ALL_TIME)
MOMENTS = st.lists(
    st.tuples(st.sampled_from(["ada", "bo"]), st.integers(0, 40), st.sampled_from("abc")), max_size=12
)
BUYS = st.lists(st.tuples(st.sampled_from(["ada", "bo"]), st.integers(0, 40)), max_size=5, unique=True)


def found(world: World, model: str = "linear") -> Ages:
    context = world.context()
    chosen = selection(context, ReportQuery(window=ALL_TIME))
    return ages(
        context.reader,
        chosen,
        by=dimension("channel", reader=context.reader),
        model=MODELS[model],  # type: ignore[arg-type]
        windows=WINDOWS,
    )


def test_a_touch_stands_where_the_shortest_window_holds_it(world: World) -> None:
    world.touch("ada", 1, "a").touch("ada", 8, "b").touch("ada", 9, "c").buy("ada", 9.5, "30")

    said = found(world)

    third = pytest.approx(1 / 3)
    assert said.credit == {"a": [0, 0, third], "b": [0, third, 0], "c": [third, 0, 0]}
    assert said.value["a"] == [Decimal(0), Decimal(0), Decimal(10)]
    assert (said.opened, said.closed) == ([0, 0, 1], [1, 0, 0])


def test_a_touch_exactly_as_old_as_the_window_is_inside(world: World) -> None:
    world.touch("ada", 1, "a").buy("ada", 2)

    assert found(world).closed == [1, 0, 0]


def test_touches_before_the_previous_conversion_are_not_the_own_ones(world: World) -> None:
    world.touch("ada", 1, "a").buy("ada", 2).touch("ada", 30, "b").buy("ada", 30.5)

    said = found(world)

    assert said.credit["a"] == [1, 0, 0.5]
    assert said.own == [1.5, 0, 0]
    assert said.own_within(0) == 1
    assert said.within(0) == 0.75


def test_aggregated_paths_have_no_ages(world: World) -> None:
    world.touch("path:x", 0, "a", kind="path").buy("path:x", 0, conversion_count=9)
    world.touch("ada", 1, "a").buy("ada", 3)

    assert found(world).closed == [0, 1, 0]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(touches=MOMENTS, buys=BUYS, model=st.sampled_from(["linear", "first", "last", "time_decay"]))
def test_losses_only_grow_as_windows_shrink_and_add_up_to_all_credit(
    new_world: type[World], touches: list[Any], buys: list[Any], model: str
) -> None:
    world = new_world()
    for name, day, channel in touches:
        world.touch(name, day, channel)
    for name, day in buys:
        world.buy(name, day)

    said = found(world, model)

    touched = sum(said.closed)
    assert sum(said.total()) == pytest.approx(touched)
    assert sum(said.opened) == touched
    for player in said.credit:
        lost = [said.lost(player, place) for place in range(3)]
        assert lost == sorted(lost, reverse=True)
        assert lost[-1] == 0
    for place in range(3):
        assert 0 <= said.opened_within(place) <= said.closed_within(place) + 1e-12 <= 1 + 1e-9
