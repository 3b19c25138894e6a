"""Upstream: which touches of pull channels push channels have brought about.

Reads  histories
Makes  by push and pull group: the share of the pull group's touches that would not be without the push group's

A video makes people search. Who switches the video off loses the search too, and what the search adds. Want brings
searches before a video as often as after it; what is more after it, the video has brought about. Counting both sides
asks nothing of how want comes and goes, only that it looks the same in both directions of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.attribution.incremental.histories import Floats, Histories, Whole

LOOKED = 10.0
"""Days before and after a touch that are held against each other."""
LEAST_TOUCHES = 1_000
"""Touches of a pull group below which nothing is said of it."""
SURE = 2.0
"""Standard errors that a share must have."""


class Brought(NamedTuple):
    """Shares of pull touches by the group that brings about (row) and the group brought about (column)."""

    share: Floats
    error: Floats


def brought(histories: Histories, pulls: Sequence[bool]) -> Brought:
    """Return the shares with their standard errors, persons as blocks; 0 where chance explains them."""
    groups = histories.groups
    made = Brought(np.zeros((groups, groups)), np.zeros((groups, groups)))
    group = histories.unit_group[histories.touch_unit]
    stretch = 4 * LOOKED + float(np.max(histories.end, initial=0.0) - np.min(histories.begin, initial=0.0))
    clock = histories.touch_person * stretch + histories.touch_time
    causal = np.flatnonzero(histories.is_causal)
    for push in causal[~np.array(pulls)[causal]].tolist():
        touches = np.flatnonzero(group == push)
        person, time = histories.touch_person[touches], histories.touch_time[touches]
        inside = time - histories.begin[person] >= LOOKED
        inside &= histories.end[person] - time >= LOOKED
        at, by = clock[touches][inside], person[inside]
        if not len(at):
            continue
        scale = len(touches) / len(at)
        for pull in causal[np.array(pulls)[causal]].tolist():
            others = clock[group == pull]
            if len(others) < LEAST_TOUCHES:
                continue
            more, error = _more_after(others, at, by)
            if more > SURE * error:
                made.share[push, pull] = min(more * scale / len(others), 1.0)
                made.error[push, pull] = error * scale / len(others)
    return made


def _more_after(others: Floats, at: Floats, person: Whole) -> tuple[float, float]:
    """Return how many more of `others` come after than before the moments, with the standard error."""
    # what comes at the very moment may be before or after it
    after = np.searchsorted(others, at + LOOKED) - np.searchsorted(others, at, side="right")
    before = np.searchsorted(others, at) - np.searchsorted(others, at - LOOKED, side="right")
    by_person = np.bincount(np.unique(person, return_inverse=True)[1], weights=after - before)
    return float(by_person.sum()), float(np.sqrt((by_person**2).sum()))
