"""Upstream: which touches of pull channels push channels have brought about.

Reads  histories
Makes  by push and pull group: the share of the pull group's touches that would not be without the push group's

A video makes people search. Who switches the video off loses the search too, and what the search adds. The same
fit as for conversions, with a pull group's touches for conversions and push touches alone on both sides, tells
touches that were brought about from those that come with the same want.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.incremental.histories import PAST, Moments, exposure
from headwater.attribution.incremental.intensity import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.attribution.incremental.estimate import Study
    from headwater.attribution.incremental.histories import Floats, Histories

MOST_TOUCHES = 20_000
LEAST_TOUCHES = 1_000
LEAST_SHARE = 0.02
"""Shares below this are not told from none."""


def pushes_alone(histories: Histories, pulls: Sequence[bool]) -> Histories:
    """Return the histories with the touches of push groups alone."""
    kept = ~np.array(pulls)[histories.unit_group[histories.touch_unit]]
    return replace(
        histories,
        touch_person=histories.touch_person[kept],
        touch_time=histories.touch_time[kept],
        touch_unit=histories.touch_unit[kept],
    )


def brought(histories: Histories, pulls: Sequence[bool], study: Study) -> Floats:
    """Return the shares (group that brings about x group brought about); `study` is of `pushes_alone`."""
    groups = histories.groups
    made = np.zeros((groups, groups))
    causal = np.flatnonzero(histories.is_causal)
    totals = study.totals()
    group = histories.unit_group[histories.touch_unit]
    for number in np.flatnonzero(np.array(pulls) & histories.is_causal).tolist():
        touches = np.flatnonzero(group == number)
        if len(touches) < LEAST_TOUCHES:
            continue
        touches = touches[:: -(-len(touches) // MOST_TOUCHES)]
        moments = Moments(histories.touch_person[touches], histories.touch_time[touches])
        seen = exposure(study.histories, moments, study.rates)
        fit = fitted(seen, histories.stratum[moments.person], totals)
        share = fit.expected.reshape(-1, len(PAST)).sum(axis=1) / len(touches)
        made[causal, number] = np.where(share >= LEAST_SHARE, share, 0.0)
    return made
