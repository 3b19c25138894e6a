"""Cautions: the guard speaks where the data breaks what the fit assumes, and is silent where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attribution.markets import known
from headwater.attribution.incremental.belief import Belief
from headwater.attribution.incremental.cautions import cautions
from headwater.attribution.incremental.histories import Histories, Moments
from headwater.attribution.incremental.proxies import why_one_sided

BELIEF = Belief(incremental=10.0, error=2.0, low=6.0, high=14.0, evidence="observed")


def said(histories: Histories, *, times: float = 1.0, beliefs: tuple[Belief | None, ...] = ()) -> str:
    found = cautions(histories, one_sided=why_one_sided(histories), times=times, beliefs=beliefs)
    return "; ".join(found)


@pytest.mark.parametrize(
    "name", ["random", "propensity", "mild-intent", "strong-intent", "mediation", "season", "null"]
)
def test_nothing_is_said_where_all_that_can_be_checked_holds(name: str) -> None:
    assert said(known(name).histories, beliefs=(BELIEF, None)) == ""


def test_persons_who_are_lost_from_sight_when_they_convert_are_told() -> None:
    world = known("random").histories
    end = world.end.copy()
    np.minimum.at(end, world.conversions.person, world.conversions.time)
    person, time = world.conversions

    assert "not seen after" in said(replace(world, end=end, conversions=Moments(person, time)))


def test_people_who_stop_looking_once_they_have_bought_are_told() -> None:
    world = known("mild-intent").histories
    bought = np.full(len(world.begin), np.inf)
    np.minimum.at(bought, world.conversions.person, world.conversions.time)
    kept = world.touch_time <= bought[world.touch_person]
    sated = replace(
        world,
        touch_person=world.touch_person[kept],
        touch_time=world.touch_time[kept],
        touch_unit=world.touch_unit[kept],
    )

    assert "stop looking" in said(sated)


def test_what_lost_cookies_hide_is_told_also_where_nobody_is_known_by_name() -> None:
    world = known("random").histories

    assert "raised 1.30 times" in said(world, times=1.3)
    assert "nobody is known" in said(replace(world, known=np.zeros(len(world.begin), dtype=np.bool_)))


def test_days_alone_are_told() -> None:
    world = known("random").histories
    by_day = replace(world, conversions=Moments(world.conversions.person, np.floor(world.conversions.time)))

    assert "by the day alone" in said(by_day)


def test_an_experiment_against_what_is_observed_is_told() -> None:
    assert "contradict what is observed of 1 channel" in said(
        known("random").histories, beliefs=(BELIEF, replace(BELIEF, is_contradicted=True), None)
    )


def test_pull_touches_that_push_ads_bring_about_are_told() -> None:
    through = replace(BELIEF, upstream=3.0)

    assert "push ads bring about pull touches" in said(known("random").histories, beliefs=(BELIEF, through))
