"""Hold-out tests: the interval holds the truth as often as it says, and the time before makes it narrower."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from headwater.attribution.experiments.finding import COLUMNS, Trial, of_holdout
from headwater.attribution.experiments.holdout import HoldoutResult, holdout_effect
from headwater.contract.errors import UsageError

TRIAL = Trial(channel="retargeting", goal="purchase", since=date(2026, 3, 1), until=date(2026, 3, 28))


def tried(seed: int, *, persons: int = 4_000, brought: float = 0.05, knows: bool = True) -> HoldoutResult:
    """Try a channel that adds `brought` conversions a person on people of whom some always buy more."""
    rng = np.random.default_rng(seed)
    taste = rng.gamma(0.5, 0.6, persons)
    is_held = rng.random(persons) < 0.3
    outcome = rng.poisson(taste + np.where(is_held, 0, brought)).astype(float)
    before = rng.poisson(3 * taste).astype(float)
    return holdout_effect(outcome, is_held, before=before if knows else None)


@pytest.mark.parametrize("knows", [True, False])
def test_the_interval_holds_the_truth_as_often_as_it_says(knows: bool) -> None:
    found = [tried(seed, knows=knows) for seed in range(600)]

    held = [one.low <= 0.05 * one.persons_met <= one.high for one in found]
    assert 0.925 <= np.mean(held) <= 0.975
    assert np.mean([one.incremental / one.persons_met for one in found]) == pytest.approx(0.05, abs=0.002)


def test_what_was_before_makes_the_answer_surer() -> None:
    knows, does_not = (tried(1, knows=knows) for knows in (True, False))

    assert knows.standard_error < 0.92 * does_not.standard_error
    assert 0.15 < knows.explained < 0.35
    assert does_not.explained == 0


def test_a_channel_that_brings_nothing_is_seldom_found_to_bring_something() -> None:
    found = [tried(seed, brought=0.0).p_value < 0.05 for seed in range(600)]

    assert 0.025 <= np.mean(found) <= 0.075


def test_the_increment_is_that_of_the_persons_who_were_met() -> None:
    outcome = np.array([1.0] * 60 + [0.0] * 40 + [1.0] * 30 + [0.0] * 70)
    is_held = np.arange(200) >= 100

    made = holdout_effect(outcome, is_held)

    assert made.incremental == pytest.approx(30)
    assert made.lift == pytest.approx(1.0)
    assert made.standard_error == pytest.approx(100 * np.sqrt((0.24 + 0.21) / 99))


def test_nobody_converting_is_no_increment_and_no_error() -> None:
    made = holdout_effect(np.zeros(100), np.arange(100) < 50)

    assert (made.incremental, made.standard_error, made.lift, made.p_value) == (0, 0, None, 1)


def test_too_few_persons_are_refused_with_a_way_out() -> None:
    with pytest.raises(UsageError, match="29 were held out") as caught:
        holdout_effect(np.zeros(100), np.arange(100) < 29)
    assert "experiment plan" in caught.value.hint


def test_the_finding_is_a_row_for_import() -> None:
    finding = of_holdout(TRIAL, tried(2))
    row = finding.row()

    assert tuple(row) == COLUMNS
    assert row["incremental"] == pytest.approx(finding.incremental, abs=1e-4)
    assert (row["kind"], row["since"], row["until"]) == ("holdout", "2026-03-01", "2026-03-28")
    assert "held out" in row["source"]
