"""Proxies: what touches tell of want where a conversion ends it, learned from visits instead.

Reads  histories
Makes  whether persons go on as before after they convert; weights of touches as evidence of want

Who leaves after the contract is signed is never met again, and who has bought may stop looking, so looking at both
sides of a conversion says nothing there. But direct visits, which no ad can be switched off for, show the same want, and go on. What
tells of them on both sides tells of want; one factor then says how much want means for conversions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.incremental.histories import AROUND, SETTLING_DAYS, Exposure, Moments, exposure
from headwater.attribution.incremental.intensity import fitted

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Floats, Histories
    from headwater.attribution.incremental.intensity import Totals

LOOKED_AFTER = 10.0
"""Days after a conversion in which the person ought to be seen."""
SEEN_LEAST = 0.5
"""Share of the conversions whose person is, beside the share after touches: below it nobody counts as seen."""
MOST_VISITS = 40_000
"""Visits that the fit looks at; evenly spaced ones where there are more."""
LEAST_VISITS = 200
FEWER = 1.25
"""So many times the visits before conversions as after them, and wanting ends with the conversion."""
SURE = 3.0
"""Standard errors that the difference must have besides."""


def why_one_sided(histories: Histories) -> str | None:
    """Return why what comes after a conversion is no mirror of what came before it, whatever ads do; None if it is."""
    if is_unseen(histories):
        return "most persons are not seen after they convert"
    return "people stop looking once they have bought" if is_sated(histories) else None


def is_sated(histories: Histories) -> bool:
    """Tell whether direct visits, which do nothing, are rarer after conversions than before them."""
    group = histories.unit_group[histories.touch_unit]
    visits = np.flatnonzero(~histories.is_causal[group])
    stretch = float(np.max(histories.end, initial=0.0)) + 4 * LOOKED_AFTER
    clock = histories.touch_person[visits] * stretch + histories.touch_time[visits]
    person, time = histories.conversions
    inside = (time - histories.begin[person] >= LOOKED_AFTER) & (histories.end[person] - time >= LOOKED_AFTER)
    at = (person * stretch + time)[inside]
    # a visit at the very time of the conversion may be the conversion's own
    before = int((np.searchsorted(clock, at) - np.searchsorted(clock, at - LOOKED_AFTER)).sum())
    after = int((np.searchsorted(clock, at + LOOKED_AFTER) - np.searchsorted(clock, at, side="right")).sum())
    return before > FEWER * after and before - after > SURE * np.sqrt(before + after)


def is_unseen(histories: Histories) -> bool:
    """Tell whether most persons are lost from sight soon after they convert, beside what is usual after a touch."""
    touches = Moments(histories.touch_person, histories.touch_time)
    after_it, usual = (_seen_after(histories, moments) for moments in (histories.conversions, touches))
    return after_it < SEEN_LEAST * usual


def _seen_after(histories: Histories, moments: Moments) -> float:
    """Return the share of the moments whose person is still seen when LOOKED_AFTER days have gone; 1 without any."""
    last = float(np.max(histories.end, initial=0.0))
    early = moments.time <= last - LOOKED_AFTER
    until = histories.end[moments.person[early]]
    return float((until >= moments.time[early] + LOOKED_AFTER).mean()) if early.any() else 1.0


def evidence(histories: Histories, totals: Totals, rates: Floats) -> Floats | None:
    """Return the weight of each column of `around` as evidence of want; None where there are too few visits.

    Visits are the touches of groups that do nothing (direct), fitted as if they were conversions.
    """
    groups = histories.groups
    group = histories.unit_group[histories.touch_unit]
    visits = np.flatnonzero(~histories.is_causal[group])
    if len(visits) < LEAST_VISITS:
        return None
    visits = visits[:: -(-len(visits) // MOST_VISITS)]
    person, own = histories.touch_person[visits], group[visits]
    moments = Moments(person, histories.touch_time[visits])
    seen = exposure(histories, moments, rates)
    around = seen.around.copy()
    row = np.arange(len(visits))
    for place in range(len(AROUND)):  # a visit is no evidence of itself
        around[row, own * len(AROUND) + place] -= 1
    days = histories.end[person] - histories.begin[person] + SETTLING_DAYS
    around[row, groups * len(AROUND) + own] -= (1 / days).astype(np.float32)
    fit = fitted(Exposure(past=seen.past, around=np.maximum(around, 0)), histories.stratum[person], totals)
    return fit.want if fit.want.any() else None


def as_one(seen: Exposure, weights: Floats) -> Exposure:
    """Return the exposure with all columns of `around` added up into one by their weights."""
    return Exposure(past=seen.past, around=(seen.around @ weights.astype(np.float32))[:, None])
