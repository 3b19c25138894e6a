"""Properties: what must hold of every model that can be fitted in Python, and which does not hold of which, and why.

The models are whatever the package offers, never a list of names; only exceptions are named.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater import attribution
from headwater.attribution import LastNonDirect, Linear, Markov, Shapley
from headwater.attribution.estimator import Estimator

Journey = dict[str, Any]
World = list[Journey]
Maker = Callable[[], Estimator]

CLASSES = [
    made for made in vars(attribution).values() if isinstance(made, type) and issubclass(made, Estimator)
]
MAKERS: list[Maker] = [*CLASSES, lambda: Markov(order=2), lambda: Markov(order=3)]

KNOWS_DIRECT = (LastNonDirect,)
"""They pass `direct` over by its name: exchanging it with another channel is meant to matter."""
SOLVED_TOGETHER = (Markov,)
"""All journeys are one graph: what one journey adds depends on the others, so that credits of two sets of
journeys do not add up, and another conversion of a channel can raise the others more."""
BLIND_TO_ORDER = (Linear, Shapley)
"""They ask who was there, not when; all others look at places, times or steps between channels."""

CHANNELS = ("direct", "display", "email", "search", "social")
journey = st.fixed_dictionaries(
    {
        "path": st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=6),
        "converted": st.integers(0, 3),
        "value": st.integers(0, 10_000),
        "engaged": st.integers(1, 5),
    }
)
worlds = st.lists(journey, min_size=1, max_size=8)
makers = st.sampled_from(MAKERS)
few = settings(max_examples=30)


def touches(world: World) -> dict[str, list[Any]]:
    """Return the journeys as single touches; what else a touch brings follows from its channel and place."""
    rows = [
        {
            "journey_id": number,
            "step": place,
            "channel": channel,
            "converted": each["converted"],
            "value": each["value"] if each["converted"] else 0,
            "days_before": (len(each["path"]) - place) * 1.5,
            "engagement": each["engaged"] + place % 3,
            "lead_step": min(2, len(each["path"])),
            "opportunity_step": 0,
        }
        for number, each in enumerate(world)
        for place, channel in enumerate(each["path"], 1)
    ]
    return {name: [row[name] for row in rows] for name in rows[0]}


def credit(maker: Maker, world: World) -> dict[str, float]:
    return maker().fit(touches(world)).credits_


def close(expected: dict[str, float], scale: float = 1.0) -> Any:
    return pytest.approx({name: scale * share for name, share in expected.items()}, rel=1e-8, abs=1e-9)


def renamed(world: World, names: dict[str, str]) -> World:
    return [{**each, "path": [names.get(channel, channel) for channel in each["path"]]} for each in world]


def test_every_model_of_the_package_is_looked_at() -> None:
    assert {made.__name__ for made in CLASSES} == {name for name in attribution.__all__ if name[0].isupper()}


@few
@given(maker=makers, world=worlds)
def test_credit_sums_to_the_conversions_and_money_to_the_cent_and_none_is_negative(
    maker: Maker, world: World
) -> None:
    model = maker().fit(touches(world))

    assert sum(model.credits_.values()) == pytest.approx(sum(each["converted"] for each in world))
    assert sum(model.values_.values()) == sum(each["value"] for each in world if each["converted"])
    assert min(model.credits_.values()) >= 0


@few
@given(maker=makers, world=worlds, seed=st.integers(0, 99))
def test_the_order_of_the_journeys_and_of_the_rows_changes_nothing(
    maker: Maker, world: World, seed: int
) -> None:
    columns = touches(world)
    places = random.Random(seed).sample(range(len(columns["step"])), len(columns["step"]))
    shuffled = {name: [column[place] for place in places] for name, column in columns.items()}

    assert maker().fit(shuffled).credits_ == close(credit(maker, world))


@few
@given(maker=makers, world=worlds)
def test_a_journey_of_several_conversions_is_that_many_journeys_of_one(maker: Maker, world: World) -> None:
    split = [
        {**each, "converted": min(1, each["converted"]), "value": each["value"] / max(1, each["converted"])}
        for each in world
        for _ in range(max(1, each["converted"]))
    ]

    assert credit(maker, split) == close(credit(maker, world))


@few
@given(maker=makers, world=worlds, times=st.integers(2, 4))
def test_k_times_the_journeys_bring_k_times_the_credit(maker: Maker, world: World, times: int) -> None:
    assert credit(maker, world * times) == close(credit(maker, world), times)


@few
@given(maker=makers, world=worlds, names=st.permutations(CHANNELS))
def test_other_names_get_the_same_credit(maker: Maker, world: World, names: list[str]) -> None:
    others = dict(zip(CHANNELS, names, strict=True))
    if isinstance(maker(), KNOWS_DIRECT):
        others = {old: f"{names.index(old)}-{old}" for old in CHANNELS if old != "direct"}

    found = credit(maker, renamed(world, others))

    assert found == close({others.get(name, name): share for name, share in credit(maker, world).items()})


@few
@given(maker=makers, world=worlds)
def test_channels_that_can_be_exchanged_get_the_same(maker: Maker, world: World) -> None:
    both = world + renamed(world, {"email": "search", "search": "email"})

    found = credit(maker, both)

    assert found.get("email", 0) == pytest.approx(found.get("search", 0), rel=1e-8, abs=1e-9)


@few
@given(maker=makers, world=worlds)
def test_a_channel_after_which_nobody_ever_converts_gets_nothing(maker: Maker, world: World) -> None:
    ending = [{**each, "path": [*each["path"], "null player"], "converted": 0} for each in world]

    assert credit(maker, world + ending)["null player"] == 0


def test_a_channel_of_journeys_without_conversion_earns_where_it_leads_to_others_in_a_graph_alone() -> None:
    world = [
        {"path": ["email"], "converted": 1, "value": 0, "engaged": 1},
        {"path": ["display", "email"], "converted": 0, "value": 0, "engaged": 1},
    ]

    earns = {type(maker()) for maker in CLASSES if credit(maker, world)["display"] > 0}

    # display leads to email, after which half of all convert: a graph of one step cannot know that they did not
    assert earns == set(SOLVED_TOGETHER)


@few
@given(maker=makers, one=worlds, other=worlds)
def test_credits_of_two_sets_of_journeys_add_up_but_in_a_graph(
    maker: Maker, one: World, other: World
) -> None:
    if isinstance(maker(), SOLVED_TOGETHER):
        return
    sums = {name: 0.0 for each in one + other for name in each["path"]}
    for world in (one, other):
        for name, share in credit(maker, world).items():
            sums[name] += share

    assert credit(maker, one + other) == close(sums)


def test_one_more_conversion_can_take_credit_from_its_own_channel_in_a_graph_alone() -> None:
    world = [
        {"path": ["email"], "converted": 1, "value": 0, "engaged": 1},
        {"path": ["email", "search"], "converted": 1, "value": 0, "engaged": 1},
        {"path": ["search"], "converted": 0, "value": 0, "engaged": 1},
    ]
    more = [*world, {"path": ["search", "search", "email"], "converted": 1, "value": 0, "engaged": 1}]

    sunk = {
        type(maker())
        for maker in CLASSES
        if any(credit(maker, more)[name] < credit(maker, world)[name] - 1e-9 for name in ("email", "search"))
    }

    assert sunk <= set(SOLVED_TOGETHER)


@few
@given(world=worlds, maker=st.sampled_from(BLIND_TO_ORDER))
def test_models_that_ask_who_was_there_do_not_see_the_order(maker: Maker, world: World) -> None:
    turned = [{**each, "path": each["path"][::-1]} for each in world]

    assert credit(maker, turned) == close(credit(maker, world))


def test_all_other_models_see_the_order() -> None:
    world = [
        {"path": ["email", "search", "social", "display"], "converted": 1, "value": 0, "engaged": 1},
        {"path": ["email", "search"], "converted": 0, "value": 0, "engaged": 1},
    ]
    turned = [{**each, "path": each["path"][::-1]} for each in world]

    blind = {type(maker()) for maker in CLASSES if credit(maker, turned) == close(credit(maker, world))}

    # position and custom give both ends the same, so that only their middle could tell; it does not
    symmetric = {made for made in CLASSES if made.__name__ in ("Position", "Custom")}
    assert blind == set(BLIND_TO_ORDER) | symmetric


@few
@given(world=worlds)
def test_shapley_does_not_see_repeats_and_linear_counts_them(world: World) -> None:
    once = [{**each, "path": list(dict.fromkeys(each["path"]))} for each in world]

    assert credit(Shapley, once) == close(credit(Shapley, world))
    repeats = [{"path": ["email", "email", "search"], "converted": 3, "value": 0, "engaged": 1}]
    assert credit(Linear, repeats) == close({"email": 2.0, "search": 1.0})
