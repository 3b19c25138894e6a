"""Belief: observation, published and own experiments, each by its weight."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headwater.attribution.calibration import Experiment
from headwater.attribution.incremental.belief import Belief, Observed, believed
from headwater.attribution.priors import prior_of

SINCE, UNTIL = date(2026, 1, 1), date(2026, 3, 1)


def belief(channel: str = "retargeting", experiments: list[Experiment] | None = None, **given: Any) -> Belief:
    observed = Observed(
        **{"claimed": 400.0, "centre": 150.0, "error": 40.0, "is_pull": True, "is_one_sided": False} | given
    )
    return believed(observed, prior_of(channel), experiments or [], since=SINCE, until=UNTIL, amounts={})


def experiment(incremental: float, error: float) -> Experiment:
    return Experiment(
        channel="retargeting",
        goal=None,
        since=SINCE,
        until=UNTIL,
        incremental=incremental,
        standard_error=error,
    )


def test_seen_on_both_sides_observation_stands_alone() -> None:
    assert belief().incremental == pytest.approx(150)


def test_lost_from_sight_a_pull_channel_is_drawn_to_what_experiments_elsewhere_found() -> None:
    found = belief(is_one_sided=True)

    assert prior_of("retargeting").share * 400 < found.incremental < 150
    assert prior_of("retargeting").source in found.evidence
    assert belief("display", is_pull=False, is_one_sided=True).incremental == pytest.approx(150)


def test_an_experiment_moves_the_belief_by_its_precision() -> None:
    exact, vague = belief(experiments=[experiment(50, 1)]), belief(experiments=[experiment(50, 500)])

    assert exact.incremental == pytest.approx(50, abs=5)
    assert vague.incremental == pytest.approx(150, abs=10)
    assert exact.error < belief().error
    assert "calibrated" in exact.evidence


def test_nothing_is_believed_to_take_conversions_away() -> None:
    found = belief(centre=-80.0)

    assert found.incremental == 0
    assert found.low == 0 < found.high


def test_an_experiment_far_from_what_is_observed_contradicts_it() -> None:
    def contradicts(incremental: float) -> bool:
        test = Experiment(
            channel="search", goal=None, since=SINCE, until=UNTIL, incremental=incremental,
            standard_error=5.0, kind="holdout", source="test",
        )  # fmt: skip
        observed = Observed(claimed=200.0, centre=100.0, error=5.0, is_pull=True, is_one_sided=False)
        return believed(
            observed, prior_of("search"), [test], since=SINCE, until=UNTIL, amounts={}
        ).is_contradicted

    assert contradicts(10.0)
    assert not contradicts(90.0)
