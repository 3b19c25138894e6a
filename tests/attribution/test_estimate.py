"""Estimate: what is true of simulated markets is found again, without an experiment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from attribution.markets import known
from headwater.attribution.incremental.belief import Belief, Observed, believed
from headwater.attribution.incremental.estimate import Estimate, estimated
from headwater.attribution.incremental.histories import Moments
from headwater.attribution.incremental.seen import Told, seen
from headwater.attribution.priors import prior_of

if TYPE_CHECKING:
    from attribution.markets import Known


def estimate(world: Known | SimpleNamespace) -> Estimate:
    def believe(group: int, observed: Observed) -> Belief:
        prior = prior_of(world.channels[group])
        return believed(observed, prior, [], since=date(2026, 1, 1), until=date(2026, 3, 1), amounts={})

    return estimated(world.histories, believe, world.pulls)


def by_channel(world: Known, found: Estimate) -> np.ndarray:
    return np.bincount(world.histories.unit_group, weights=found.incremental, minlength=len(world.channels))


@pytest.mark.parametrize(
    ("name", "most"), [("random", 0.35), ("propensity", 0.4), ("mild-intent", 0.45), ("strong-intent", 0.4)]
)
def test_the_error_is_a_fraction_of_what_is_true(name: str, most: float) -> None:
    world = known(name)
    wrong = np.abs(by_channel(world, estimate(world)) - world.truth).sum() / world.truth.sum()

    assert wrong < most


def test_where_ads_do_nothing_little_is_credited() -> None:
    world = known("null")
    credited = by_channel(world, estimate(world)).sum()

    assert credited < 0.15 * len(world.histories.conversions)


def test_credits_add_up_to_what_is_believed_of_each_channel() -> None:
    world = known("mild-intent")
    found = estimate(world)
    believed_ = [belief.incremental if belief else 0.0 for belief in found.beliefs]

    assert by_channel(world, found).tolist() == pytest.approx(believed_, rel=1e-3, abs=1e-3)


def test_the_same_histories_give_the_same_numbers() -> None:
    world = known("random")

    assert np.array_equal(estimate(world).incremental, estimate(world).incremental)


def test_persons_who_are_met_by_events_alone_say_as_much_as_a_list_of_everybody() -> None:
    world = known("random")
    told = world.histories
    touches = Moments(told.touch_person, told.touch_time)
    nobody = Told(np.array([], dtype=np.int64), np.array([]), np.array([]))
    begin, end, teaches = seen(len(told.begin), touches, told.conversions, nobody, last=60.0)
    bought = Moments(told.conversions.person[teaches], told.conversions.time[teaches])
    met = replace(told, begin=begin, end=end, conversions=bought, known=None)
    found = estimate(SimpleNamespace(histories=met, channels=world.channels, pulls=world.pulls))

    # counted as teaching, conversions without a touch before them would halve it
    assert found.incremental.sum() == pytest.approx(world.truth.sum(), rel=0.25)
