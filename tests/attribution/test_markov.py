"""Markov: removal effects equal those of slow, exact answers."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.worlds import money, paths, slow_markov, steps_of, worlds
from headwater.attribution import Markov
from headwater.attribution.graph import graph
from headwater.attribution.markov import credited
from headwater.attribution.reading import read_journeys
from headwater.attribution.removal import dense_losses, sparse_losses
from headwater.attribution.walking import walked
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from attribution.worlds import World
    from headwater.engine.duckdb import DuckDB

orders = st.sampled_from([1, 2, 3])
CLOSE = {"rel": 1e-9, "abs": 1e-12}


@given(world=worlds, order=orders)
def test_effects_equal_one_dense_system_per_removal(world: World, order: int) -> None:
    base, effects = slow_markov(world, order)

    markov = Markov(order=order).fit(world)

    assert markov.base_probability_ == pytest.approx(base, **CLOSE)
    assert markov.removal_effects_ == pytest.approx(effects, **CLOSE)


@given(world=worlds, order=orders)
def test_credit_sums_to_all_conversions_and_money_to_the_last_digit(world: World, order: int) -> None:
    markov = Markov(order=order).fit(world)

    assert sum(markov.credits_.values()) == pytest.approx(sum(row["conversions"] for row in world))
    assert sum(markov.values_.values()) == sum(row["value"] for row in world)


@given(world=worlds, order=orders)
def test_value_is_the_same_with_money_as_the_reward(world: World, order: int) -> None:
    paid = [{**row, "value": Decimal(3 * row["conversions"])} for row in world]

    markov = Markov(order=order).fit(paid)

    credit = {channel: 3 * share for channel, share in markov.credits_.items()}
    assert {channel: float(value) for channel, value in markov.values_.items()} == pytest.approx(
        credit, abs=1e-5
    )


@given(world=worlds, order=orders, seed=st.integers(0, 1000))
def test_order_of_the_rows_changes_nothing(world: World, order: int, seed: int) -> None:
    shuffled = random.Random(seed).sample(world, len(world))

    assert Markov(order=order).fit(shuffled).removal_effects_ == pytest.approx(
        Markov(order=order).fit(world).removal_effects_, **CLOSE
    )


@given(world=worlds, order=orders)
def test_renaming_the_channels_only_renames_the_effects(world: World, order: int) -> None:
    turned = [{**row, "path": [channel[::-1] for channel in row["path"]]} for row in world]

    renamed = Markov(order=order).fit(turned).removal_effects_

    effects = Markov(order=order).fit(world).removal_effects_
    assert {channel[::-1]: effect for channel, effect in renamed.items()} == pytest.approx(effects, **CLOSE)


@given(world=worlds, order=orders)
def test_dense_and_sparse_solutions_agree(world: World, order: int) -> None:
    made = graph(walked(read_journeys(world), order), order)

    base, lost = dense_losses(made)
    sparse_base, sparse_lost = sparse_losses(made)

    assert sparse_base == pytest.approx(base, rel=1e-9, abs=1e-9)
    assert sparse_lost == pytest.approx(lost, rel=1e-9, abs=1e-9)


@given(world=worlds, order=orders)
@settings(max_examples=40)
def test_sql_counts_what_python_counts(engine: DuckDB, world: World, order: int) -> None:
    found = credited(engine, steps_of(world), order=order)

    markov = Markov(order=order).fit(world)
    assert {name: credit for name, (credit, _) in found.items()} == pytest.approx(markov.credits_, **CLOSE)
    assert sum(value for _, value in found.values()) == sum(row["value"] for row in world)


@given(path=st.lists(st.sampled_from("abc"), min_size=60, max_size=90), value=money, order=orders)
@settings(max_examples=10)
def test_long_journeys_that_sql_cuts_into_pieces_count_the_same(
    engine: DuckDB, path: list[str], value: Decimal, order: int
) -> None:
    world = [{"path": path, "conversions": 2, "nulls": 1, "value": value}]

    found = credited(engine, steps_of(world), order=order)

    markov = Markov(order=order).fit(world)
    assert {name: credit for name, (credit, _) in found.items()} == pytest.approx(markov.credits_, **CLOSE)


@given(path=paths)
def test_a_channel_that_every_journey_meets_has_an_effect_of_one(path: list[str]) -> None:
    markov = Markov().fit([{"path": ["first", *path], "conversions": 1, "nulls": 2}])

    assert markov.removal_effects_["first"] == pytest.approx(1.0)


def test_a_channel_that_never_leads_on_earns_nothing() -> None:
    world = [{"path": "a", "conversions": 1}, {"path": "b", "conversions": 0, "nulls": 4}]

    assert Markov().fit(world).credits_ == {"a": 1.0, "b": 0.0}


def test_without_nulls_everybody_converts() -> None:
    markov = Markov().fit([{"path": "a > b", "conversions": 3}, {"path": "b", "conversions": 1}])

    assert markov.base_probability_ == pytest.approx(1.0)
    assert markov.removal_effects_ == pytest.approx({"a": 0.75, "b": 1.0})


def test_a_single_channel_gets_everything() -> None:
    markov = Markov(order=2).fit([{"path": "a > a > a", "conversions": 3, "nulls": 7, "value": "1.10"}])

    assert markov.credits_ == {"a": 3.0}
    assert markov.values_ == {"a": Decimal("1.10")}


def test_without_conversions_nobody_gets_anything() -> None:
    markov = Markov().fit([{"path": "a > b", "conversions": 0, "nulls": 3}])

    assert markov.credits_ == {"a": 0.0, "b": 0.0}
    assert markov.base_probability_ == 0.0


def test_without_journeys_there_are_no_channels() -> None:
    markov = Markov().fit({"path": [], "conversions": []})

    assert markov.credits_ == {}


def test_money_that_refunds_outweigh_is_divided_as_the_conversions_are() -> None:
    world = [{"path": "a > b", "conversions": 1, "value": Decimal(-10)}]

    assert Markov().fit(world).values_ == {"a": Decimal(-5), "b": Decimal(-5)}


def test_a_journey_of_thousands_of_repeats_is_solved() -> None:
    path = ["a"] * 20_000 + ["b"]

    markov = Markov().fit({"path": [path], "conversions": [1], "nulls": [1]})

    assert markov.removal_effects_ == pytest.approx({"a": 1.0, "b": 1.0})


def test_many_channels_of_a_higher_order_are_solved_by_iteration() -> None:
    chance = np.random.default_rng(7)
    world = [
        {"path": [f"c{channel}" for channel in chance.integers(0, 15, size)], "conversions": 1, "nulls": 1}
        for size in chance.integers(1, 9, 400)
    ]
    base, effects = slow_markov(world, 2)

    found = sparse_losses(graph(walked(read_journeys(world), 2), 2))

    names = read_journeys(world).channels
    assert dict(zip(names, found[1][:, 0] / base, strict=True)) == pytest.approx(effects, rel=1e-8)


@pytest.mark.parametrize("order", [0, 4])
def test_an_order_that_does_not_exist_is_refused_with_the_way_out(order: int) -> None:
    with pytest.raises(UsageError, match="choose 1, 2 or 3"):
        Markov(order=order).fit([{"path": "a"}])


def test_more_channels_than_an_order_can_tell_apart_are_refused() -> None:
    world = [{"path": [f"c{number}" for number in range(50_000)]}]

    with pytest.raises(UsageError, match="too many for a Markov graph of order 3"):
        Markov(order=3).fit(world)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_step_that_nobody_takes_any_more_is_no_way(order: int) -> None:
    world = [
        {"path": ["a", "b", "c", "a", "b"], "conversions": 2, "nulls": 1},
        {"path": ["b", "a", "c"], "conversions": 1, "nulls": 3},
    ]
    others = [*world, {"path": ["c", "b", "a", "c", "b"], "conversions": 1, "nulls": 1}]
    walk = walked(read_journeys(others), order)
    without = walked(read_journeys(world), order)
    place = np.searchsorted(without.steps, walk.steps).clip(max=len(without.steps) - 1)
    is_left = without.steps[place] == walk.steps
    ended = np.isin(walk.ended, without.ended)
    at = np.searchsorted(without.ended, walk.ended[ended])
    emptied = replace(
        walk,
        weights=np.where(is_left, without.weights[place], 0.0),
        ended=walk.ended[ended],
        conversions=without.conversions[at],
        nulls=without.nulls[at],
        values=without.values[at],
    )
    assert not is_left.all()

    made = graph(emptied, order)

    assert (made.moves.data > 0).all()
    base, lost = sparse_losses(made)
    meant_base, meant = sparse_losses(graph(without, order))
    assert base == pytest.approx(meant_base)
    assert lost == pytest.approx(meant)
