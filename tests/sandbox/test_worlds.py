"""Simulated markets: what truth means, and that it is what the mechanisms say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from headwater.contract.errors import UsageError
from headwater.sandbox.worlds.catalogue import CHANNELS, RANDOM, WORLDS, UnknownWorldError, world_named
from headwater.sandbox.worlds.contacts import GATED, alive, touches
from headwater.sandbox.worlds.demand import candidates, people
from headwater.sandbox.worlds.holdout import Holdout
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.truth import Block
from headwater.sandbox.worlds.world import Campaign, Cause, Channel, Synergy, World
from headwater.sandbox.worlds.writing import Market, facts, market

DAYS = 30.0
ONE = (Campaign(name="all", share=1.0),)


@cache
def small(name: str, persons: int = 4000) -> Market:
    return market(Plan(world=world_named(name), persons=persons, days=30))


def block(world: World, *, persons: int = 4000, seed: int = 3) -> Block:
    rng = np.random.default_rng(seed)
    crowd = people(world, persons, DAYS, rng)
    moments = candidates(world, crowd, DAYS, rng)
    return Block.of(world, touches(world, crowd, DAYS, rng), moments, DAYS)


def channel(name: str, **given: object) -> Channel:
    usual = {"role": "push", "campaigns": ONE, "touches": 3.0, "effect": 2.0, "half_life": 3.0}
    return Channel(name=name, **usual | given)  # type: ignore[arg-type]


def increment(made: Market, name: str, campaign: str | None = None) -> float:
    [found] = [
        row["conversions"] for row in made.truth if (row["channel"], row["campaign"]) == (name, campaign)
    ]
    return float(found)


# -- truth ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORLDS)
def test_in_every_world_the_coins_agree_with_the_chances(name: str) -> None:
    sums = small(name).sums

    expected, realised = sums.totals[0], sums.totals[4]

    assert abs(realised - expected) < 5 * np.sqrt(expected)


@pytest.mark.parametrize("name", WORLDS)
def test_no_channel_takes_conversions_away(name: str) -> None:
    assert min(row["conversions"] for row in small(name).truth) >= 0
    assert min(row["realised_conversions"] for row in small(name).truth) >= 0


def test_a_channel_without_effect_brings_nothing() -> None:
    made = small("null")

    assert {row["conversions"] for row in made.truth} == {0.0}
    assert {row["realised_conversions"] for row in made.truth} == {0}
    assert facts(made.sums)["ads_conversions"] == 0


def test_direct_is_organic_by_definition() -> None:
    [direct] = [row for row in small("strong-intent").truth if row["channel"] == "direct"]

    assert direct["touches"] > 0
    assert (direct["conversions"], direct["value"]) == (0, 0)


def test_increments_add_up_where_channels_do_not_interact() -> None:
    made = small("random")
    paid = [one.name for one in RANDOM.channels if one.is_paid]

    together = facts(made.sums)["ads_conversions"]

    assert sum(increment(made, name) for name in paid) == pytest.approx(together, rel=0.01)


def test_campaigns_add_up_to_their_channel_where_nothing_saturates() -> None:
    made = small("random")
    parts = [increment(made, "paid_social", name) for name in ("social_broad", "social_stories")]

    assert sum(parts) == pytest.approx(increment(made, "paid_social"), rel=0.01)


def test_increments_add_up_to_more_than_the_total_where_channels_help_each_other() -> None:
    made = small("synergy")
    paid = [one.name for one in CHANNELS if one.is_paid]

    assert sum(increment(made, name) for name in paid) > 1.01 * facts(made.sums)["ads_conversions"]


def test_without_any_ad_there_is_left_what_the_same_people_do_where_there_are_no_ads() -> None:
    made = block(RANDOM)
    off = np.ones(len(made.near), dtype=np.bool_)

    organic = made.without(off)

    by_hand = made.candidates.organic / made.candidates.bound
    assert np.allclose(organic.chance, by_hand)
    assert np.array_equal(organic.happens, made.candidates.coin < by_hand)


def test_working_out_anew_only_what_changed_gives_what_working_out_all_gives() -> None:
    made = block(WORLDS["everything"])
    for _, _, off in made.switches():
        left = made.near.chosen(alive(made.near, off, made.roster, DAYS))
        whole = Block.of(made.world, left, made.candidates, DAYS)
        assert np.allclose(made.without(off).chance, whole.course.chance)


def test_where_each_converts_once_nobody_converts_twice_and_increments_are_less_than_lifts() -> None:
    many = replace(WORLDS["once"], organic=400.0)
    once, often = block(many), block(replace(many, once=False))

    assert Counter(once.candidates.person[once.course.happens]).most_common(1)[0][1] == 1
    lost = once.differences()["", ""][0] / once.course.chance.sum()
    assert lost < often.differences()["", ""][0] / often.course.chance.sum()


def test_the_chance_to_be_the_first_sums_to_the_chance_of_any() -> None:
    made = block(replace(WORLDS["once"], organic=400.0))

    by_person = np.bincount(made.candidates.person, weights=made.course.chance)
    none = np.bincount(made.candidates.person, weights=np.log1p(-made.chance))

    assert np.allclose(by_person, -np.expm1(none))


# -- mechanisms -----------------------------------------------------------------------------------


def test_a_lift_halves_with_every_half_life() -> None:
    made = block(World(name="one", channels=(channel("display"),), spread=0.0))
    alone = np.flatnonzero(np.bincount(made.every.candidate, minlength=len(made.candidates)) == 1)
    [pair] = np.flatnonzero(made.every.candidate == alone[0])

    assert made.stock[alone[0], 0] == pytest.approx(2.0 * 0.5 ** (made.every.age[pair] / 3.0))


def test_saturation_bounds_what_a_channel_lifts() -> None:
    loud = channel("display", touches=300.0, saturation=0.5)
    made = block(World(name="one", channels=(loud,)), persons=300)

    assert made.chance.max() * 13 == pytest.approx(1.5, rel=1e-6)


def test_a_cause_switched_off_takes_its_touches_along() -> None:
    cause = channel("paid_video", effect=0.0)
    effect = channel("paid_search", touches=0.0)
    world = World(
        name="chain",
        channels=(cause, effect),
        causes=(Cause(cause="paid_video", outcome="paid_search", chance=0.5),),
    )

    made = block(world)
    brought = made.differences()

    assert (made.touches.channel == 1).sum() > 0
    assert brought["paid_video", ""][0] == pytest.approx(brought["paid_search", ""][0])
    assert brought["paid_video", ""][0] > 0


def test_what_is_caused_comes_after_its_cause() -> None:
    rows = block(WORLDS["everything"]).touches
    caused = np.flatnonzero(rows.parent >= 0)

    assert len(caused) > 0
    assert (rows.time[caused] >= rows.time[rows.parent[caused]]).all()
    assert (rows.person[caused] == rows.person[rows.parent[caused]]).all()


def test_retargeting_only_follows_a_visit() -> None:
    rows = block(WORLDS["strong-intent"]).touches
    followed = np.flatnonzero(rows.kind == GATED)[:200]

    for place in followed:
        before = (rows.person == rows.person[place]) & (rows.time <= rows.time[place]) & rows.is_visit
        assert (rows.time[place] - rows.time[before & (rows.kind != GATED)]).min() <= 10


def test_targeting_by_intent_meets_people_who_would_convert_anyway() -> None:
    def lead(name: str) -> float:
        made = block(WORLDS[name], persons=20_000)
        none = np.ones(len(made.near), dtype=np.bool_)
        organic = np.bincount(made.candidates.person, weights=made.without(none).chance, minlength=20_000)
        met = np.unique(made.touches.person[made.touches.channel == 5])
        return float(organic[met].mean() / organic.mean())

    assert lead("random") < 1.3
    assert lead("strong-intent") > 1.8


def test_volume_does_not_depend_on_targeting() -> None:
    def searches(name: str) -> int:
        return int((block(WORLDS[name], persons=20_000).touches.channel == 4).sum())

    assert searches("strong-intent") == pytest.approx(searches("random"), rel=0.1)


def test_a_season_gathers_conversions_and_spend_in_the_sale() -> None:
    made = block(WORLDS["season"], persons=20_000)
    happened = made.candidates.time[made.course.happens]

    assert ((happened > 24) & (happened < 30)).mean() > 0.25
    assert (made.touches.time > 24).mean() > 0.25


def test_new_demand_comes_from_people_of_little_propensity_too() -> None:
    def share_of_the_lesser_half(world: World) -> float:
        crowd = people(world, 8000, DAYS, np.random.default_rng(3))
        made = block(world, persons=8000)
        more = made.course.chance - made.without(np.ones(len(made.near), dtype=np.bool_)).chance
        gained = np.bincount(made.candidates.person, weights=more, minlength=8000)
        lesser = crowd.propensity < np.median(crowd.propensity)
        return float(gained[lesser].sum() / gained.sum())

    assert share_of_the_lesser_half(replace(RANDOM, organic=200.0)) < 0.3
    assert share_of_the_lesser_half(replace(WORLDS["new-demand"], organic=200.0)) > 0.35


# -- experiments ----------------------------------------------------------------------------------


def test_experiments_tell_the_truth_within_their_error() -> None:
    made = market(Plan(world=WORLDS["strong-pull"], persons=20_000, experiments=4))

    rows = made.tables["experiments"].to_pylist()

    assert [row["channel"] for row in rows] == ["paid_search", "brand_search", "retargeting", "affiliate"]
    for row in rows:
        assert abs(row["incremental"] - increment(made, row["channel"])) < 4 * row["standard_error"]


def test_an_experiment_on_nobody_says_nothing() -> None:
    assert (Holdout().incremental, Holdout().standard_error, Holdout().is_run) == (0.0, 0.0, False)


# -- worlds as data -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_goes_to_json_and_back(name: str) -> None:
    assert World.of(WORLDS[name].to_dict()) == WORLDS[name]


def test_a_variant_has_other_effects_and_is_the_same_each_time() -> None:
    assert world_named("random~3") == world_named("random~3")
    assert world_named("random~3").channels[0].effect != world_named("random~4").channels[0].effect
    assert world_named("null~3").channels[0].effect == 0


@pytest.mark.parametrize("name", ["ranndom", "random~x", "random~"])
def test_an_unknown_world_is_told_with_the_nearest(name: str) -> None:
    with pytest.raises(UnknownWorldError, match="random") as caught:
        world_named(name)

    assert "did you mean" in caught.value.hint


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"synergies": (Synergy(one="display", other="radio", effect=1.0),)}, "'radio'"),
        ({"channels": (channel("display", effect=-1.0),)}, "below 0"),
        (
            {
                "channels": (channel("display", after_visit=3.0),),
                "causes": (Cause(cause="display", outcome="display", chance=0.1),),
            },
            "gated",
        ),
    ],
)
def test_a_world_that_cannot_be_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        replace(RANDOM, **wrong)  # type: ignore[arg-type]


def test_a_wrong_parameter_is_named() -> None:
    with pytest.raises(UsageError, match="A campaign has no 'strenght'"):
        World.of({"name": "x", "channels": [{"campaigns": [{"strenght": 1}]}]})


def test_a_market_of_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing in it"):
        Plan(world=RANDOM, persons=0)
