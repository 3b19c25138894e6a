"""Posterior: an interval covers what is true about as often as it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.markets import known
from headwater.attribution.incremental.estimate import Study
from headwater.attribution.incremental.histories import PAST, Exposure
from headwater.attribution.incremental.intensity import Fit, fitted
from headwater.attribution.incremental.posterior import USUAL_MIX, interval, spread


@given(centre=st.floats(-100, 1000), error=st.floats(0, 300))
def test_an_interval_never_reaches_below_zero_and_holds_what_is_likeliest(
    centre: float, error: float
) -> None:
    low, high = interval(centre, error)

    assert 0 <= low <= max(centre, 0.0) + 1e-6
    assert high >= max(centre, 0.0) - 1e-6


def test_far_from_zero_the_interval_is_the_normals() -> None:
    assert interval(1000, 10) == pytest.approx((1000 - 19.6, 1000 + 19.6), abs=0.01)


@pytest.mark.parametrize("name", ["random", "mild-intent"])
def test_true_increments_lie_within(name: str) -> None:
    held = []
    for seed in (1, 2, 3):
        world = known(name, seed=seed)
        study = Study.of(world.histories)
        fit = fitted(study.at, study.stratum, study.totals())
        around = spread(fit, study.at, world.histories.conversions.person, integration=study.integration)
        errors = np.sqrt(np.diag(around.covariance))
        for true, centre, error in zip(world.truth[:-1], around.centre, errors, strict=True):
            low, high = interval(float(centre), float(error))
            held.append(low <= true <= high)

    assert np.mean(held) >= 0.8


def test_channels_that_always_come_together_may_each_have_done_all_or_nothing() -> None:
    world = known("random")
    told = world.histories
    social = told.unit_group[told.touch_unit] == 0
    group = len(world.channels)
    unit = np.append(told.unit_group, group)
    twin = np.where(social, len(told.unit_group), told.touch_unit)
    place = np.sort(np.concatenate([np.arange(len(social)), np.flatnonzero(social)]))
    again = np.append(np.diff(place) == 0, False)
    twins = replace(
        told,
        touch_person=told.touch_person[place],
        touch_time=told.touch_time[place],
        touch_unit=np.where(again, twin[place], told.touch_unit[place]),
        unit_group=unit,
        is_causal=np.append(told.is_causal, True),
    )
    study = Study.of(twins)
    fit = fitted(study.at, study.stratum, study.totals())
    around = spread(fit, study.at, twins.conversions.person)
    errors = np.sqrt(np.diag(around.covariance))
    both = around.centre[0] + around.centre[-1]

    for place_ in (0, -1):
        low, high = interval(float(around.centre[place_]), float(errors[place_]))
        assert low < 0.1 * both
        assert 0.8 * both < high < 3 * both


def test_levels_count_in_what_a_channel_brings_and_have_no_part_in_the_usual_mix() -> None:
    chance = np.random.default_rng(3)
    levels, groups = 2, 2
    width = len(PAST) + levels
    past = chance.exponential(1.0, (400, groups * width)).astype(np.float32)
    at = Exposure(past=past, around=np.zeros((400, 0), dtype=np.float32), levels=levels)
    effects = np.zeros(groups * width)
    effects[[1, 3]] = 0.3, 0.2
    fit = Fit(
        rate=np.ones(1),
        effects=effects,
        want=np.zeros(0),
        curvature=np.diag(np.arange(1.0, 1 + groups * width)),
        slope=np.where(effects > 0, 0.0, 1.0),
        unit=np.full(groups * width, 10.0),
    )

    found = spread(fit, at, np.arange(400))

    assert found.centre[0] == pytest.approx(5.0)
    # the second channel lies where the likelihood would have gone on to, along the half-lives alone
    usual = np.array(USUAL_MIX) / 10
    curvature = (usual**2) @ np.arange(width + 1, width + 1 + len(PAST))
    assert found.centre[1] == pytest.approx(-usual.sum() / curvature, rel=1e-3)
