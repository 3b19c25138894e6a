"""Calibration: evidence of one channel is weighed by precision, and says where it came from."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.calibration import (
    Calibrated,
    Evidence,
    Experiment,
    calibrated,
    experiments_of,
    scaled,
    variance_between,
)

TRUTH = 100.0
JANUARY = {"since": date(2026, 1, 1), "until": date(2026, 1, 31)}
FEBRUARY = {"since": date(2026, 2, 1), "until": date(2026, 2, 28)}


def evidence(value: float, error: float, label: str = "holdout") -> Evidence:
    return Evidence(label=label, value=value, standard_error=error)


def experiment(incremental: float = 30.0, error: float | None = 5.0, **changed: Any) -> Experiment:
    told = {
        "channel": "retargeting",
        "goal": "purchase",
        "kind": "holdout",
        "source": "us",
        **JANUARY,
        **changed,
    }
    return Experiment(incremental=incremental, standard_error=error, **told)


def touches(by_month: dict[int, float]) -> dict[date, float]:
    days = (date(2026, 1, 1) + timedelta(days=day) for day in range(59))
    return {day: by_month[day.month] for day in days}


VALUES = st.floats(-1e6, 1e6)
ERRORS = st.floats(1e-3, 1e6)
MANY = st.lists(st.tuples(VALUES, ERRORS), min_size=1, max_size=5)


# -- combining -------------------------------------------------------------------------------------


def test_evidence_of_equal_precision_meets_in_the_middle() -> None:
    made = calibrated(evidence(10, 2), [evidence(20, 2)])

    assert made.value == pytest.approx(15)
    assert made.standard_error == pytest.approx(np.sqrt(2))
    assert [part.weight for part in made.parts] == pytest.approx([0.5, 0.5])
    assert made.low < 15 < made.high


@given(VALUES, ERRORS, VALUES, ERRORS)
def test_the_combined_variance_is_at_most_that_of_either(
    value: float, error: float, other: float, other_error: float
) -> None:
    made = calibrated(evidence(value, error, "observed"), [evidence(other, other_error)])

    assert made.standard_error <= min(error, other_error) * (1 + 1e-9)
    assert min(value, other) - 1e-6 <= made.value <= max(value, other) + 1e-6


@given(MANY, st.floats(0, 1e5), st.randoms())
def test_the_order_of_experiments_does_not_matter(
    told: list[tuple[float, float]], doubt: float, random: Any
) -> None:
    experiments = [evidence(value, error, f"test {place}") for place, (value, error) in enumerate(told)]
    shuffled = random.sample(experiments, len(experiments))

    one, other = (
        calibrated(evidence(1, 1, "observed"), each, doubt=doubt) for each in (experiments, shuffled)
    )

    assert one == other
    assert sum(part.weight for part in one.parts) == pytest.approx(1)


@given(MANY)
def test_more_experiments_never_make_the_answer_wider_than_each_as_it_went_in(
    told: list[tuple[float, float]],
) -> None:
    made = calibrated(None, [evidence(*one) for one in told])

    assert made.standard_error <= min(part.evidence.standard_error for part in made.parts) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("observed", "tried", "doubt"), [(5, 20, 50), (5, 20, 20), (20, 20, 20), (10, 40, 10), (5, 10, 50)]
)
def test_combined_evidence_errs_less_than_either_alone(observed: float, tried: float, doubt: float) -> None:
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(1_500, 3)) * [doubt, observed, tried]
    seen = TRUTH + noise[:, 0] + noise[:, 1]
    measured = TRUTH + noise[:, 2]

    made = [
        calibrated(evidence(one, observed, "observed"), [evidence(other, tried)], doubt=doubt)
        for one, other in zip(seen.tolist(), measured.tolist(), strict=True)
    ]

    error = np.mean([(one.value - TRUTH) ** 2 for one in made])
    assert error <= 1.03 * min(np.mean((seen - TRUTH) ** 2), np.mean((measured - TRUTH) ** 2))
    assert 0.92 <= np.mean([one.low <= TRUTH <= one.high for one in made]) <= 0.995


def test_an_observation_that_experiments_refute_loses_its_weight() -> None:
    said = [
        calibrated(evidence(value, 5, "observed"), [evidence(100, 20)], doubt=20) for value in (110, 200, 400)
    ]

    weights = [one.parts[0].weight for one in said]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 0.4
    assert weights[2] < 0.1
    assert said[2].value < 125


def test_experiments_that_contradict_each_other_get_the_width_that_reconciles_them() -> None:
    agree = calibrated(None, [evidence(10, 2, "a"), evidence(12, 2, "b")])
    contradict = calibrated(None, [evidence(10, 2, "a"), evidence(50, 2, "b")])

    assert agree.standard_error == pytest.approx(np.sqrt(2))
    assert "contradict" not in agree.provenance
    assert contradict.standard_error == pytest.approx(20, rel=0.01)
    assert contradict.provenance.count("contradict") == 2


def test_the_variance_between_experiments_solves_its_equation() -> None:
    told = [(10.0, 2.0), (50.0, 3.0), (20.0, 10.0)]
    variance = variance_between(told)
    values, errors = np.array(told).T
    weights = 1 / (errors**2 + variance)

    mean = (weights * values).sum() / weights.sum()
    assert (weights * (values - mean) ** 2).sum() == pytest.approx(2)


def test_one_sided_evidence_stands_alone_and_none_at_all_is_refused() -> None:
    alone = calibrated(evidence(10, 3, "observed"), [], doubt=4)

    assert (alone.value, alone.standard_error) == (10, 5)
    assert calibrated(evidence(0, 0, "observed"), []).value == 0
    assert calibrated(evidence(7, 0, "observed"), [evidence(3, 1)]).value == pytest.approx(7)
    with pytest.raises(ValueError, match="nor an experiment"):
        calibrated(None, [])


def test_the_provenance_names_each_part_with_its_weight() -> None:
    made: Calibrated = calibrated(
        evidence(10, 2, "observed"), [scaled(experiment(20, 1), **JANUARY, amounts={})]
    )

    assert made.provenance == "80% holdout 2026-01-01 to 2026-01-31 (us); 20% observed"


# -- other periods ---------------------------------------------------------------------------------


def test_an_experiment_of_the_very_period_is_taken_as_it_is() -> None:
    said = scaled(experiment(), **JANUARY, amounts=touches({1: 5, 2: 5}))

    assert (said.value, said.standard_error, said.note) == (30, 5, "")


def test_an_experiment_of_other_days_is_scaled_by_touches_and_doubted_more() -> None:
    said = scaled(experiment(), **FEBRUARY, amounts=touches({1: 10, 2: 20}))

    factor = 20 * 28 / (10 * 31)
    assert said.value == pytest.approx(30 * factor)
    assert said.standard_error == pytest.approx(np.hypot(5, 0.3 * 30) * factor)
    assert "how much" in said.note


def test_the_more_the_days_overlap_the_less_an_experiment_is_doubted() -> None:
    amounts = touches({1: 10, 2: 10})
    ends = (date(2026, 1, 31), date(2026, 2, 5), date(2026, 2, 28))

    errors = [scaled(experiment(), since=date(2026, 1, 1), until=end, amounts=amounts) for end in ends]

    relative = [one.standard_error / one.value for one in errors]
    assert relative == sorted(relative)
    assert relative[0] == pytest.approx(5 / 30)


def test_days_stand_in_with_more_doubt_where_nobody_knows_how_much_there_was() -> None:
    old: dict[str, Any] = {"since": date(2025, 1, 1), "until": date(2025, 1, 31)}
    known = scaled(experiment(), **FEBRUARY, amounts=touches({1: 10, 2: 10}))
    unknown = scaled(experiment(**old), **FEBRUARY, amounts=touches({1: 10, 2: 10}))

    assert unknown.value == pytest.approx(known.value) == pytest.approx(30 * 28 / 31)
    assert unknown.standard_error > known.standard_error
    assert "by days" in unknown.note


def test_an_experiment_that_began_before_the_data_counts_its_days_at_the_mean_of_those_known() -> None:
    long = experiment(since=date(2025, 12, 1), until=date(2026, 1, 31))

    assert scaled(long, **FEBRUARY, amounts=touches({1: 10, 2: 10})).value == pytest.approx(30 * 28 / 62)


def test_a_channel_that_was_not_there_brought_nothing() -> None:
    said = scaled(experiment(), **FEBRUARY, amounts=touches({1: 10, 2: 0}))

    assert (said.value, said.standard_error) == (0, 0)


@pytest.mark.parametrize("missing", [None, 0.0])
def test_an_experiment_without_a_standard_error_is_as_wide_as_its_value_and_says_so(
    missing: float | None,
) -> None:
    said = scaled(experiment(30, missing), **JANUARY, amounts={})

    assert said.standard_error == 30
    assert "no standard error" in said.note


# -- which experiments -----------------------------------------------------------------------------


def test_experiments_of_a_channel_are_found_by_its_words_and_the_latest_version_counts() -> None:
    row = {"goal": "purchase", **JANUARY, "standard_error": 5.0, "kind": "geo", "source": "us"}
    rows = [
        {**row, "channel": "Brand Search", "incremental": 9.0, "known_at": datetime(2026, 3, 2)},
        {**row, "channel": "brand_search", "incremental": 4.0, "known_at": datetime(2026, 3, 1)},
        {
            **row,
            "channel": "brand_search",
            "goal": "lead",
            "incremental": 1.0,
            "known_at": datetime(2026, 3, 1),
        },
        {
            **row,
            "channel": "brand_search",
            "goal": None,
            "incremental": 2.0,
            "known_at": datetime(2026, 3, 1),
        },
        {**row, "channel": "display", "incremental": 7.0, "known_at": datetime(2026, 3, 1)},
    ]

    found = experiments_of(rows, channel="brand_search", goal="purchase")

    assert sorted(one.incremental for one in found) == [2.0, 9.0]
    assert experiments_of(rows[::-1], channel="brand_search", goal="purchase") == found
    assert len(experiments_of(rows, channel="brand_search")) == 3


def test_of_two_spellings_in_one_import_the_same_counts_in_whatever_order_they_come() -> None:
    row = {
        "goal": None, "since": date(2026, 5, 1), "until": date(2026, 5, 31), "standard_error": 1.0, "kind": "geo",
        "source": "", "known_at": datetime(2026, 6, 1),
    }  # fmt: skip
    rows = [
        row | {"channel": "paid_search", "incremental": 2.0},
        row | {"channel": "Paid Search", "incremental": 9.0},
    ]

    found = experiments_of(rows, channel="paid search")

    assert found == experiments_of(rows[::-1], channel="paid search")
    assert [one.incremental for one in found] == [2.0]
