"""Proxies: where nobody is seen after converting, direct visits tell of want."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attribution.markets import known
from headwater.attribution.incremental.estimate import Study
from headwater.attribution.incremental.proxies import evidence, is_sated, is_unseen


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


def test_it_shows_whether_wanting_ends_with_the_conversion() -> None:
    world = known("strong-intent").histories
    pull = np.array(known("strong-intent").pulls)[world.unit_group[world.touch_unit]]
    stretch = 1000.0
    bought = np.sort(world.conversions.person * stretch + world.conversions.time)
    clock = world.touch_person * stretch + world.touch_time
    last = bought[np.maximum(np.searchsorted(bought, clock) - 1, 0)]
    sated = pull & (clock > last) & (clock - last < 14)
    stops = replace(
        world,
        touch_person=world.touch_person[~sated],
        touch_time=world.touch_time[~sated],
        touch_unit=world.touch_unit[~sated],
    )

    assert is_sated(stops)
    assert not is_sated(world)
    assert not is_sated(known("random").histories)
