"""Splitting: what lost cookies and devices hide is learned from persons who are known by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attribution.markets import known
from headwater.attribution.incremental.splitting import factor, known_alone


def test_known_persons_stand_for_everybody_where_cookies_convert_too() -> None:
    world = known("devices", persons=60_000).histories
    alone = known_alone(world)

    assert alone is not None
    assert world.known is not None
    assert world.known[alone.conversions.person].all()
    assert world.known[alone.touch_person].all()
    assert (alone.end[~world.known] == alone.begin[~world.known]).all()


def test_who_is_known_only_by_converting_stands_for_nobody() -> None:
    world = known("random").histories
    bought = np.zeros(len(world.begin), dtype=np.bool_)
    bought[world.conversions.person] = True

    assert known_alone(replace(world, known=bought)) is None
    assert known_alone(replace(world, known=np.ones(len(world.begin), dtype=np.bool_))) is None
    assert known_alone(replace(world, known=None)) is None


def test_the_factor_is_never_below_one_and_goes_with_the_shares_as_far_as_chance_lets_it() -> None:
    assert factor((0.3, 0.01), (0.2, 0.01))[0] == pytest.approx(1.5, abs=0.1)
    assert 1 < factor((0.3, 0.1), (0.2, 0.05))[0] < 1.45
    assert factor((0.2, 0.001), (0.2, 0.001))[0] == pytest.approx(1, abs=0.02)
    assert 1 <= factor((0.1, 0.01), (0.2, 0.01))[0] < 1.05
    assert factor((0.9, 0.01), (0.01, 0.001))[0] <= 4
    assert factor((0.0, 0.01), (0.2, 0.01)) == (1.0, 0.0)


def test_the_less_is_known_of_the_shares_the_wider_the_factor() -> None:
    errors = [factor((0.3, error), (0.2, error))[1] for error in (0.005, 0.02, 0.08)]

    assert errors == sorted(errors)
