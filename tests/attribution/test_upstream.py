"""Upstream: touches that push channels bring about are told from touches of the same want."""

from __future__ import annotations

import numpy as np

from attribution.markets import known
from headwater.attribution.incremental.belief import Belief, through
from headwater.attribution.incremental.upstream import brought


def shares(name: str) -> dict[tuple[str, str], float]:
    world = known(name)
    found = brought(world.histories, world.pulls).share
    return {
        (one, other): float(found[place, number])
        for place, one in enumerate(world.channels)
        for number, other in enumerate(world.channels)
    }


def test_a_video_that_makes_people_search_is_found() -> None:
    found = shares("mediation")

    assert found["paid_video", "brand_search"] > 0.1
    assert found["paid_video", "paid_search"] > 0.05
    assert found["paid_social", "brand_search"] > 0.08


def test_where_nothing_brings_anything_about_hardly_anything_is_found() -> None:
    assert sum(shares("random").values()) < 0.15


def test_touches_of_the_same_want_are_not_taken_for_brought_about() -> None:
    found = shares("strong-intent")  # push ads meet people in want four times as often, search much more

    assert sum(share for (_, pull), share in found.items() if "search" in pull) < 0.1


def test_a_retargeting_ad_that_follows_a_click_is_brought_about_by_the_clicked_ad() -> None:
    assert shares("mild-intent")["email", "retargeting"] > 0.04


def test_only_push_brings_about_and_only_pull_is_brought_about() -> None:
    world = known("mediation")
    found = shares("mediation")
    is_pull = dict(zip(world.channels, world.pulls, strict=True))

    assert {is_pull[one] for (one, _), share in found.items() if share} == {False}
    assert {is_pull[other] for (_, other), share in found.items() if share} == {True}


def test_a_channel_with_its_own_experiment_has_it_in_already() -> None:
    belief = Belief(incremental=10.0, error=2.0, low=6.0, high=14.0, evidence="observed")

    assert through(belief, 5.0, 1.0).incremental == 15
    assert through(belief, 5.0, 1.0).error > 2
    tested = Belief(incremental=10.0, error=2.0, low=6.0, high=14.0, evidence="tested", is_tested=True)
    assert through(tested, 5.0, 1.0) == tested
    assert np.isclose(through(belief, 0.0, 0.0).incremental, 10)
