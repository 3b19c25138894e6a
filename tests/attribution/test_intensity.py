"""Intensity: want and effect are found again where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from headwater.attribution.incremental.histories import Exposure
from headwater.attribution.incremental.intensity import Totals, fitted


def simulated(b: float, g: float, size: int = 400_000) -> tuple[Exposure, np.ndarray, Totals]:
    """Draw person-days with one column of each kind, and conversions at the known intensity."""
    random = np.random.default_rng(5)
    past = random.exponential(0.5, size) * (random.random(size) < 0.5)
    around = past + random.exponential(0.5, size) * (random.random(size) < 0.5)
    stratum = random.integers(0, 2, size)
    rate = np.array([0.005, 0.02])[stratum] * (1 + g * around) * (1 + b * past)
    converts = random.random(size) < rate
    seen = Exposure(past=past[:, None].astype(np.float32), around=around[:, None].astype(np.float32))
    totals = Totals.empty(2, 1, 1)
    totals.add(seen, stratum, np.ones(size))
    return Exposure(past=seen.past[converts], around=seen.around[converts]), stratum[converts], totals


@pytest.mark.parametrize(("b", "g"), [(1.0, 0.0), (0.0, 1.5), (0.8, 1.2)])
def test_coefficients_are_found_again(b: float, g: float) -> None:
    at, stratum, totals = simulated(b, g)
    fit = fitted(at, stratum, totals)

    assert fit.effects[0] == pytest.approx(b, abs=0.2)
    assert fit.want[0] == pytest.approx(g, abs=0.25)
    assert fit.rate.tolist() == pytest.approx([0.005, 0.02], rel=0.12)


def test_what_is_expected_in_all_is_what_came() -> None:
    at, stratum, totals = simulated(0.8, 1.2)
    fit = fitted(at, stratum, totals)
    whole = fit.rate * totals.integral(fit.effects, fit.want)

    assert whole.tolist() == pytest.approx(np.bincount(stratum).tolist())


def test_the_curvature_is_that_of_the_likelihood() -> None:
    at, stratum, totals = simulated(0.8, 1.2)
    fit = fitted(at, stratum, totals)

    def loss(b: float, g: float) -> float:
        counts = np.bincount(stratum)
        value = -np.log(1 + at.past @ [b]).sum() - np.log(1 + at.around @ [g]).sum()
        return float(value + counts @ np.log(totals.integral(np.array([b]), np.array([g]))))

    b, g, step = fit.effects[0], fit.want[0], 1e-3
    by_b = (loss(b + step, g) - 2 * loss(b, g) + loss(b - step, g)) / step**2
    both = (
        loss(b + step, g + step)
        - loss(b + step, g - step)
        - loss(b - step, g + step)
        + loss(b - step, g - step)
    )
    assert fit.curvature[0, 0] == pytest.approx(by_b, rel=0.02)
    assert fit.curvature[0, 1] == pytest.approx(both / (4 * step**2), rel=0.05)
