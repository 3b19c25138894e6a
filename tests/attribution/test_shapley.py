"""Shapley: equal to the definition over all orders, for any number of channels."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from attribution.worlds import conversions_inside, rate_inside, slow_shapley, steps_of, worlds
from headwater.attribution import Shapley
from headwater.attribution.shapley import counts_sql, credited, players
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from attribution.worlds import World
    from headwater.engine.duckdb import DuckDB


@given(world=worlds)
@settings(max_examples=40)
def test_equal_split_is_the_mean_gain_over_all_orders_of_joining(world: World) -> None:
    slow = slow_shapley(world, conversions_inside(world))

    assert Shapley().fit(world).credits_ == pytest.approx(slow, abs=1e-9)


@given(world=worlds)
@settings(max_examples=40)
def test_rate_game_is_the_mean_gain_over_all_orders_of_joining(world: World) -> None:
    traffic = sum(row["conversions"] + row["nulls"] for row in world)
    slow = slow_shapley(world, rate_inside(world))

    fast = Shapley(game="rate").fit(world).credits_

    assert fast == pytest.approx({channel: gain * traffic for channel, gain in slow.items()}, abs=1e-9)


@given(world=worlds)
def test_money_sums_to_the_last_digit(world: World) -> None:
    for game in ("conversions", "rate"):
        assert sum(Shapley(game=game).fit(world).values_.values()) == sum(row["value"] for row in world)


@given(world=worlds)
def test_channels_with_the_same_journeys_earn_the_same(world: World) -> None:
    twins = [
        {**row, "path": [name for channel in row["path"] for name in (channel, f"{channel}-twin")]}
        for row in world
    ]

    credit = Shapley().fit(twins).credits_

    assert {name: credit[f"{name}-twin"] for name in credit if not name.endswith("-twin")} == {
        name: share for name, share in credit.items() if not name.endswith("-twin")
    }


def test_a_channel_without_conversions_earns_nothing() -> None:
    world = [{"path": "a > b", "conversions": 4}, {"path": "c", "conversions": 0, "nulls": 9}]

    assert Shapley().fit(world).credits_ == {"a": 2.0, "b": 2.0, "c": 0.0}


@given(world=worlds)
@settings(max_examples=40)
def test_sql_counts_what_python_counts(engine: DuckDB, world: World) -> None:
    found = credited(engine, steps_of(world))

    shapley = Shapley().fit(world)
    credit = {name: found.get(name, (0.0, Decimal(0)))[0] for name in shapley.channels_}
    assert credit == pytest.approx(shapley.credits_, abs=1e-12)
    assert sum((value for _, value in found.values()), Decimal(0)) == sum(row["value"] for row in world)


def test_more_players_than_bits_are_counted_one_by_one(engine: DuckDB) -> None:
    world = [
        {
            "path": [f"c{number}", f"c{number + 1}", f"c{number}"],
            "conversions": 2,
            "nulls": 1,
            "value": Decimal(1),
        }
        for number in range(70)
    ]
    steps = steps_of(world)
    assert len(players(engine, steps)) == 71

    found = credited(engine, steps)

    assert {name: credit for name, (credit, _) in found.items()} == Shapley().fit(world).credits_
    assert sum(value for _, value in found.values()) == Decimal(70)
    assert "mask" not in counts_sql(steps)


def test_the_rate_game_of_many_channels_is_refused_with_the_way_out() -> None:
    world = [{"path": [f"c{number}" for number in range(21)]}]

    with pytest.raises(UsageError, match="game='conversions'"):
        Shapley(game="rate").fit(world)


def test_a_game_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="conversions or rate"):
        Shapley(game="poker").fit([{"path": "a"}])


def test_journeys_that_bring_nothing_change_nothing_among_many_channels() -> None:
    world = [
        {"path": [f"c{number}", f"c{number + 1}"], "conversions": number % 3, "value": number % 4}
        for number in range(70)
    ]
    idle = [{"path": [f"c{number}", "idle"], "conversions": 0, "value": 0} for number in range(70)]

    credit = Shapley().fit([*idle, *world]).credits_

    assert credit == {**Shapley().fit(world).credits_, "idle": 0.0}
    assert sum(Shapley().fit([*idle, *world]).values_.values()) == sum(number % 4 for number in range(70))
