"""Levelling: what a channel's touches do may level off as they add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headwater.attribution.incremental.histories import PAST, Exposure
from headwater.attribution.incremental.intensity import Fit, Totals, fitted
from headwater.attribution.incremental.levelling import CUTS, LEAST, Levels

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN, WIDE = len(PAST), len(PAST) + len(CUTS)


def exposed(past: np.ndarray) -> Exposure:
    return Exposure(past=past.astype(np.float32), around=np.zeros((len(past), 1), dtype=np.float32))


def a_fit(effects: np.ndarray, unit: np.ndarray | None = None) -> Fit:
    nothing = np.zeros(0)
    return Fit(
        rate=np.ones(1),
        effects=effects,
        want=np.zeros(1),
        curvature=nothing,
        slope=nothing,
        unit=np.ones(len(effects)) if unit is None else unit,
    )


@given(past=arrays(np.float32, (40, 2 * PLAIN), elements=st.floats(0, 50, width=32)))
def test_what_was_there_stays_and_a_level_is_the_strength_of_the_channel_up_to_its_limit(
    past: np.ndarray,
) -> None:
    seen, fit = exposed(past), a_fit(np.array([0.5, 0.0, 2.0, 0.0, 1.0, 0.0]))

    levels = Levels.of(seen, fit)
    made = levels.applied(seen)

    assert made.levels == len(CUTS)
    by_group = made.past.reshape(40, 2, WIDE)
    assert np.array_equal(by_group[:, :, :PLAIN].reshape(40, -1), seen.past)
    strength = np.stack([past[:, 0] * 0.5 + past[:, 2] * 2.0, past[:, 4]], axis=1)
    for cut in range(len(CUTS)):
        meant = np.minimum(strength, levels.limits[:, cut])
        assert by_group[:, :, PLAIN + cut] == pytest.approx(meant, rel=1e-5, abs=1e-5)


def test_a_channel_that_did_nothing_at_first_gets_no_levels() -> None:
    seen = exposed(np.ones((5, PLAIN)))

    levels = Levels.of(seen, a_fit(np.zeros(PLAIN)))

    assert not levels.limits.any()
    assert not levels.applied(seen).past[:, PLAIN:].any()


def test_nothing_bends_below_a_tenth_of_what_a_touch_does_at_once_and_no_height_counts_twice() -> None:
    faint = exposed(np.full((20, PLAIN), 1e-4))  # what is left of touches long ago

    levels = Levels.of(faint, a_fit(np.array([2.0, 0.0, 0.0])))

    assert levels.limits[0, 0] == pytest.approx(LEAST * 2.0)
    assert not levels.limits[0, 1:].any()


def test_an_effect_that_levels_off_is_found_in_full_and_one_that_does_not_is_left_straight() -> None:
    for true, straight_errs in ((lambda x: 3 * -np.expm1(-x), 0.1), (lambda x: 0.4 * x, 0.0)):
        brought, straight, bent = fits(true)

        assert bent == pytest.approx(brought, rel=0.05)
        assert straight <= brought * (1.05 - straight_errs)


def fits(effect: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float, float]:
    """Return what touches bring, and what a straight and a levelled fit say, in a market of one channel."""
    chance = np.random.default_rng(5)
    strength = np.where(chance.random(400_000) < 0.5, 0.0, chance.exponential(2.0, 400_000))
    added = effect(strength)
    weights = np.stack([np.zeros_like(strength), strength, np.zeros_like(strength)], axis=1)
    came = chance.random(400_000) < 0.03 * (1 + added)
    every, at = exposed(weights), exposed(weights[came])
    first = fit_of(at, every)
    levels = Levels.of(at, first)
    later = fit_of(levels.applied(at), levels.applied(every))
    return float(0.03 * added.sum()), float(first.expected.sum()), float(later.expected.sum())


def fit_of(at: Exposure, every: Exposure) -> Fit:
    totals = Totals.empty(1, every.past.shape[1], 1)
    totals.add(every, np.zeros(len(every), dtype=np.int64), np.ones(len(every)))
    return fitted(at, np.zeros(len(at), dtype=np.int64), totals)


@given(
    effects=arrays(np.float64, 2 * WIDE, elements=st.floats(0, 5)),
    unit=arrays(np.float64, 2 * WIDE, elements=st.floats(0.1, 100)),
)
def test_what_one_touch_adds_on_the_mean_brings_what_the_fit_says_in_all(
    effects: np.ndarray, unit: np.ndarray
) -> None:
    strengths = np.array([[0.5, 0.0, 2.0], [0.0, 1.0, 0.0]])
    levels = Levels(strengths=strengths, limits=np.ones((2, len(CUTS))))
    fit = a_fit(effects, unit)

    found = levels.by_half_life(fit)

    brings = (found * unit.reshape(2, WIDE)[:, :PLAIN]).sum(axis=1)
    assert brings == pytest.approx(fit.expected.reshape(2, WIDE).sum(axis=1))
