"""Power: tests of the size that is said find the effect as often as is said."""

from __future__ import annotations

from math import inf, isinf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.experiments.holdout import holdout_effect
from headwater.attribution.experiments.power import Design, Rates, persons_needed, smallest_effect

RATES = Rates(persons=10_000, mean=0.3, variance=0.3, explained=0.0)


@pytest.mark.parametrize(("held", "power"), [(0.5, 0.8), (0.2, 0.9)])
def test_a_test_of_the_size_that_is_said_finds_the_effect_as_often_as_asked(
    held: float, power: float
) -> None:
    needed = int(persons_needed(RATES, 0.1, Design(held=held, power=power)))
    rng = np.random.default_rng(5)

    found = []
    for _ in range(500):
        is_held = rng.random(needed) < held
        outcome = rng.poisson(np.where(is_held, 0.27, 0.3)).astype(float)
        found.append(holdout_effect(outcome, is_held).p_value < 0.05)

    assert np.mean(found) == pytest.approx(power, abs=0.05)


@given(st.floats(0.01, 0.9), st.floats(0.05, 0.95), st.floats(0, 0.9))
def test_the_smallest_effect_of_the_persons_needed_is_the_effect(
    effect: float, held: float, explained: float
) -> None:
    design = Design(held=held)
    rates = Rates(persons=0, mean=0.2, variance=0.3, explained=explained)
    needed = persons_needed(rates, effect, design)

    found = Rates(persons=int(needed), mean=0.2, variance=0.3, explained=explained)
    assert smallest_effect(found, design) <= effect * (1 + 1e-9)
    assert smallest_effect(found, design) == pytest.approx(effect, rel=0.05, abs=0.02)


def test_what_was_before_saves_persons_and_an_uneven_split_costs_some() -> None:
    plain = persons_needed(RATES, 0.1, Design())
    known = persons_needed(Rates(persons=1, mean=0.3, variance=0.3, explained=0.5), 0.1, Design())

    assert known == pytest.approx(plain / 2, rel=0.001)
    assert persons_needed(RATES, 0.1, Design(held=0.1)) > 2 * plain


def test_where_nobody_converts_no_number_is_enough() -> None:
    nobody = Rates(persons=50, mean=0.0, variance=0.0)

    assert isinf(persons_needed(nobody, 0.1, Design()))
    assert (
        smallest_effect(nobody, Design())
        == smallest_effect(Rates(persons=0, mean=1, variance=1), Design())
        == inf
    )
