"""Proxies: where nobody is seen after converting, direct visits tell of want."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attribution.markets import known
from headwater.attribution.incremental.estimate import Study
from headwater.attribution.incremental.proxies import evidence, is_unseen


def test_it_shows_whether_persons_are_seen_after_they_convert() -> None:
    assert not is_unseen(known("random").histories)
    assert is_unseen(known("once").histories)


def test_pull_touches_tell_of_want_and_push_touches_do_not() -> None:
    world = known("once")
    study = Study.of(world.histories)
    weights = evidence(world.histories, study.totals(), study.rates)

    assert weights is not None
    by_group = weights[: 3 * len(world.channels)].reshape(-1, 3).sum(axis=1)
    pull = by_group[np.array(world.pulls)]
    push = by_group[~np.array(world.pulls)]
    assert pull.min() > 5 * push.max()


def test_too_few_visits_are_no_evidence() -> None:
    world = known("once")
    alone = replace(world.histories, is_causal=np.ones(len(world.channels), dtype=np.bool_))
    study = Study.of(alone)

    assert evidence(alone, study.totals(), study.rates) is None
