"""Campaigns: small ones are taken to be like their channel, large ones speak for themselves."""

from __future__ import annotations

import numpy as np
import pytest

from headwater.attribution.incremental.campaigns import parted


def told_apart(true: list[float], touches: int) -> np.ndarray:
    """Return multiples from simulated conversions: each unit adds 0.5 x its multiple where it is met."""
    random = np.random.default_rng(3)
    units = len(true)
    moment, unit, count = [], [], 0
    for number in range(units):
        organic = random.poisson(touches)
        added = random.poisson(touches * 0.5 * true[number])
        moment += range(count, count + organic + added)
        unit += [number] * (organic + added)
        count += organic + added
    made = parted(
        np.array(moment),
        np.array(unit),
        np.full(len(unit), 0.5),
        np.full(units, 0.5 * touches),
        np.zeros(units, dtype=int),
    )
    return np.asarray(made.multiple)


def test_large_campaigns_are_told_apart() -> None:
    assert told_apart([0.4, 1.0, 1.6], 4_000).tolist() == pytest.approx([0.4, 1.0, 1.6], abs=0.12)


def test_small_campaigns_are_drawn_to_the_channel() -> None:
    assert np.abs(told_apart([1.0] * 40, 8) - 1).max() < 0.35


def test_a_campaign_that_nobody_met_is_like_its_channel() -> None:
    made = parted(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0), np.array([0.0]), np.array([0]))

    assert made.multiple.tolist() == [1.0]


def test_the_error_is_how_far_the_multiples_are_off_by_chance() -> None:
    random = np.random.default_rng(5)
    off, said = [], []
    for _ in range(60):
        moment, unit, count = [], [], 0
        for number in range(4):
            converted = random.poisson(300) + random.poisson(150)  # organic ones, and those that it added
            moment += range(count, count + converted)
            unit += [number] * converted
            count += converted
        pairs = np.array(moment), np.array(unit)
        made = parted(
            *pairs, np.full(count, 0.5), np.full(4, 150.0), np.arange(4)
        )  # each a channel of its own
        off.append(made.multiple - 1)
        said.append(made.error)

    # a conversion is the campaign's by a third: counting it as a whole one would halve the error
    assert np.std(off) == pytest.approx(np.mean(said), rel=0.25)
