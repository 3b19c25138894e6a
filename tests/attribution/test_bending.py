"""Bending: want may be any rising function of what touches tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attribution.markets import known
from headwater.attribution.incremental.bending import bent, edges
from headwater.attribution.incremental.estimate import Study
from headwater.attribution.incremental.histories import PAST, Exposure
from headwater.attribution.incremental.intensity import fitted


def exposed(around: np.ndarray) -> Exposure:
    return Exposure(past=np.zeros((len(around), 1), dtype=np.float32), around=around.astype(np.float32))


@given(around=arrays(np.float32, (40, 3), elements=st.floats(0, 50, width=32)))
def test_the_pieces_add_up_to_what_is_told_and_what_was_there_stays(around: np.ndarray) -> None:
    seen, want = exposed(around), np.array([0.5, 0.0, 2.0])
    made = bent(seen, want, edges(seen, want))
    pieces = made.around[:, 3:]

    assert made.bends == pieces.shape[1] > 0
    assert np.array_equal(made.around[:, :3], seen.around)
    assert pieces.sum(axis=1).tolist() == pytest.approx((around @ want).tolist(), rel=1e-4, abs=1e-4)
    assert (pieces >= 0).all()


def test_a_piece_is_entered_only_when_the_one_before_it_is_full() -> None:
    seen, want = exposed(np.linspace(0, 10, 200)[:, None]), np.ones(1)
    at = edges(seen, want)
    pieces = bent(seen, want, at).around[:, 1:]

    for place in range(len(at) - 2):
        entered = pieces[:, place + 1] > 0
        assert pieces[entered, place] == pytest.approx(at[place + 1] - at[place])


def test_where_two_signs_say_more_than_twice_as_much_pull_channels_are_not_credited_with_it() -> None:
    world = known("mild-intent", persons=60_000)
    study = Study.of(world.histories)
    study.learn_season()
    pull = np.array(
        [pulls and name != "direct" for name, pulls in zip(world.channels, world.pulls, strict=True)]
    )

    def claimed() -> float:
        fit = fitted(study.at, study.stratum, study.totals())
        return float(fit.expected.reshape(-1, len(PAST)).sum(axis=1)[pull[:-1]].sum())

    straight = claimed()
    fit = fitted(study.at, study.stratum, study.totals())
    study.bend(fit)

    true = float(world.truth[pull].sum())
    assert abs(claimed() - true) < abs(straight - true)


def test_bending_again_replaces_the_bends() -> None:
    seen, want = exposed(np.linspace(0, 10, 50)[:, None]), np.ones(1)
    once = bent(seen, want, edges(seen, want))
    twice = bent(once, want, edges(once, want))

    assert np.array_equal(once.around, twice.around)
    assert replace(once, bends=0).around.shape[1] == 1 + once.bends
