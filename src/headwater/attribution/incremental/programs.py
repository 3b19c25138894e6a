"""Programs: identifiers that no person behaves like, which would thin out what touches do.

Reads  histories
Makes  the same without their time, touches and conversions

A program that clicks one ad again and again and never buys makes every touch look idle. It is told by its touches
alone, never by whether it converts: many times as many of one campaign as anybody else's, and hardly any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from headwater.attribution.incremental.histories import Floats, Histories

LEAST_TOUCHES = 10
OFTEN = 8.0
"""So many times as often as usual."""
USUAL_SHARE = 0.95
"""Usual is the mean of so many of those who were met at all, the least met first."""
ALONE = 0.8
"""Share of all touches that the one campaign must have."""


def programs(histories: Histories) -> npt.NDArray[np.bool_]:
    """Return which persons are taken to be programs."""
    units = len(histories.unit_group)
    pair = histories.touch_person.astype(np.int64) * units + histories.touch_unit
    met, count = np.unique(pair, return_counts=True)
    person, unit = met // units, met % units
    of_all = np.bincount(histories.touch_person, minlength=len(histories.begin))
    is_many = (count >= LEAST_TOUCHES) & (count >= ALONE * of_all[person])
    is_causal = histories.is_causal[histories.unit_group[unit]]
    usual = _usual(count, unit, np.unique(unit[is_many]), units)
    found = np.zeros(len(histories.begin), dtype=np.bool_)
    found[person[is_many & is_causal & (count >= OFTEN * usual[unit])]] = True
    return found


def _usual(
    count: npt.NDArray[np.int64], unit: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64], units: int
) -> Floats:
    made = np.full(units, np.inf)
    for one in wanted.tolist():
        counts = np.sort(count[unit == one])
        made[one] = counts[: max(int(USUAL_SHARE * len(counts)), 1)].mean()
    return made


def without_programs(histories: Histories) -> Histories:
    """Return the histories of persons alone; places stay as they are."""
    out = programs(histories)
    return histories.of(~out) if out.any() else histories
