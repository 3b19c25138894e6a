"""Fitted worlds: they look like the data that they were fitted to, and say what was assumed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headwater.sandbox.score.fitted import Facts, Fit, Met, assumed, compared, fitted
from headwater.sandbox.score.moments import Moments
from headwater.sandbox.worlds.world import World

SHOP = Facts(
    observed=Moments(
        touches=np.array([0.5, 0.2, 0.3]),
        closeness=np.array([2.5, 3.5, 2.0]),
        conversions=0.05,
        repeats=4.0,
        pairs=500.0,
        gap=3.0,
    ),
    channels=[
        Met(name="display", role="push", campaigns={"reach": 300, "spring": 200}, cents=3),
        Met(name="paid_search", role="pull", campaigns={"generic": 100, "spring": 100}, cents=90),
        Met(name="direct", role="none", campaigns={"direct (others)": 300}),
    ],
    days=40,
    persons=30_000,
    value=50.0,
    value_spread=0.5,
    refunded=0.04,
)


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fitted(SHOP, brought=0.1)


def test_a_fitted_world_has_the_moments_of_the_data(fit: Fit) -> None:
    own, reached = SHOP.observed, fit.reached

    assert reached.touches.tolist() == pytest.approx(own.touches.tolist(), rel=0.1)
    assert reached.closeness.tolist() == pytest.approx(own.closeness.tolist(), rel=0.25)
    assert reached.conversions == pytest.approx(own.conversions, rel=0.1)
    assert reached.repeats == pytest.approx(own.repeats, rel=0.3)
    assert fit.brought == pytest.approx(0.1, abs=0.02)


def test_what_is_seen_of_money_and_channels_is_taken_over(fit: Fit) -> None:
    world = fit.world
    display, search, direct = world.channels

    assert (world.name, world.value, world.value_spread, world.refunded) == ("own-10", 50.0, 0.5, 0.04)
    assert [(one.name, one.share) for one in display.campaigns] == [("reach", 0.6), ("spring", 0.4)]
    assert [one.name for one in search.campaigns] == ["generic", "spring (paid_search)"]
    assert (display.cents, search.cents, direct.cents) == (3, 90, 0)
    assert (direct.effect, search.effect > 0) == (0, True)
    assert World.of(world.to_dict()) == world


def test_the_same_seed_fits_the_same_world(fit: Fit) -> None:
    assert fitted(SHOP, brought=0.1).world == fit.world
    assert fitted(SHOP, brought=0.1, seed=2).world != fit.world


def test_a_world_in_which_ads_bring_nothing_has_no_effects() -> None:
    found = fitted(SHOP, brought=0.0)

    assert {channel.effect for channel in found.world.channels} == {0.0}
    assert found.brought == 0.0


def test_where_persons_buy_alike_nobody_is_much_more_in_want_than_others() -> None:
    alike = replace(SHOP, observed=replace(SHOP.observed, repeats=1.0, closeness=np.ones(3)))

    found = fitted(alike, brought=0.0)

    assert found.reached.repeats == pytest.approx(1.0, abs=0.1)
    assert found.world.market_factor < 3


def test_who_never_buys_twice_where_many_should_buys_once() -> None:
    never = replace(SHOP, observed=replace(SHOP.observed, pairs=0.0, repeats=0.0))
    few = replace(never, persons=200)

    assert fitted(never, brought=0.0).world.once
    assert not fitted(few, brought=0.0).world.once


def test_the_fit_is_told_beside_the_data_and_the_assumptions_are_named(fit: Fit) -> None:
    rows = compared(SHOP, [fit])

    assert {tuple(row) for row in rows} == {("moment", "own", "own-10")}
    assert [row["own"] for row in rows if row["moment"].startswith("display")] == [0.5, 2.5]
    assert {"assumed": "channels that bring nothing", "as": "direct"} in assumed(SHOP)
