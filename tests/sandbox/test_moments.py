"""Moments: counted by hand on a few persons, and the same for a certainty as for a conversion seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headwater.sandbox.score.moments import Sample, moments

ADA_AND_BO = Sample(
    persons=4,
    days=30.0,
    channels=2,
    person=np.array([0, 0, 0, 1]),
    time=np.array([2.0, 19.0, 20.0, 5.0]),
    channel=np.array([0, 1, 1, 0]),
    buyer=np.array([0, 0, 1]),
    at=np.array([20.0, 29.0, 5.0]),
    weight=np.ones(3),
)
"""Ada has three touches and buys twice, Bo one and buys at it; two others are never seen."""


def test_rates_are_per_person_and_month() -> None:
    found = moments(ADA_AND_BO)

    assert found.touches.tolist() == [0.5, 0.5]
    assert (found.conversions, found.gap, found.pairs) == (0.75, 9.0, 1.0)


def test_repeats_are_pairs_against_those_of_persons_alike() -> None:
    assert moments(ADA_AND_BO).repeats == pytest.approx(1 / (3 * 3 / 4 / 2))


def test_closeness_is_touches_of_the_last_three_days_against_all_days_of_the_same_persons() -> None:
    found = moments(ADA_AND_BO).closeness

    # channel 0: one touch (Bo's) in 9 days before; usual is one in 30 days for each of the three conversions
    assert found[0] == pytest.approx(1 / (3 * 3 / 30))
    # channel 1: two touches (Ada's first order) in 9 days; usual is two in 30 days for each of her two
    assert found[1] == pytest.approx(2 / (2 * 3 * 2 / 30))


def test_a_channel_that_buyers_never_met_is_as_usual() -> None:
    assert moments(replace(ADA_AND_BO, channels=3)).closeness[2] == 1.0


def test_two_halves_of_a_conversion_weigh_as_much_as_one() -> None:
    halves = replace(
        ADA_AND_BO,
        buyer=np.repeat(ADA_AND_BO.buyer, 2),
        at=np.repeat(ADA_AND_BO.at, 2),
        weight=np.full(6, 0.5),
    )

    whole, split = moments(ADA_AND_BO), moments(halves)

    assert split.closeness.tolist() == pytest.approx(whole.closeness.tolist())
    assert split.conversions == whole.conversions
