"""Season: the calendar is taken out as far as chance does not explain it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.incremental.season import season


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 500)), max_size=80))
def test_the_factor_leaves_the_whole_as_it_is(days: list[tuple[int, float]]) -> None:
    counted, expected = np.array([d[0] for d in days], dtype=float), np.array([d[1] for d in days])
    factor = season(counted, expected)

    assert len(factor) == len(days)
    assert (factor >= 0).all()
    if expected.sum() > 0:
        assert (factor * expected).sum() == pytest.approx(expected.sum())


def test_chance_alone_makes_hardly_a_season() -> None:
    counted = np.random.default_rng(1).poisson(50, 90).astype(float)

    assert np.abs(season(counted, np.full(90, 50.0)) - 1).max() < 0.1


def test_a_week_and_a_sale_are_found() -> None:
    days = np.arange(90)
    true = (1 + 0.3 * np.sin(2 * np.pi * days / 7)) * np.where(days > 75, 2.0, 1.0)
    counted = np.random.default_rng(2).poisson(200 * true).astype(float)
    found = season(counted, np.full(90, 200.0))

    assert np.corrcoef(found, true)[0, 1] > 0.95
