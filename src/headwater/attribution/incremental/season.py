"""Season: how demand moves with the calendar, learned from conversions against what else explains them.

Reads  conversions by day, the conversions that the fit expects by day
Makes  a factor for each day, 1 on average

Who compares busy days with quiet ones credits the calendar to the ads that were bought for it. The factor
is a weekday's times a smooth trend's, each drawn to 1 as far as chance alone could have made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Floats, Whole

TREND_DAYS = 2.0
"""Standard deviation, in days, of the curve that smooths the trend."""
WEEK = 7


def season(counted: Floats, expected: Floats) -> Floats:
    """Return the factor of each day from conversions counted and expected; days without time seen get 1.

    >>> season(np.array([10.0, 10.0]), np.array([10.0, 10.0])).tolist()
    [1.0, 1.0]
    """
    days = np.arange(len(counted))
    weekday: Floats
    if not len(counted) or expected.sum() <= 0 or counted.sum() <= 0:
        return np.ones(len(counted))
    level = expected * counted.sum() / expected.sum()
    weekday = np.ones(WEEK)
    if len(counted) >= 2 * WEEK:
        weekday = _drawn_to_one(
            _by_weekday(days, counted), _by_weekday(days, level * _smooth(counted, level))
        )
    level = level * weekday[days % WEEK]
    near = np.exp(-0.5 * ((days[:, None] - days[None, :]) / TREND_DAYS) ** 2)
    trend = _drawn_to_one(near @ counted, near @ level)
    factor = weekday[days % WEEK] * trend
    whole = float((expected * factor).sum())
    made: Floats = factor * expected.sum() / whole if whole > 0 else np.ones(len(counted))
    return made


def _by_weekday(days: Whole, amount: Floats) -> Floats:
    made: Floats = np.bincount(days % WEEK, weights=amount, minlength=WEEK).astype(np.float64)
    return made


def _smooth(counted: Floats, level: Floats) -> Floats:
    """Return the trend over about a week, in which weekdays even out."""
    days = np.arange(len(counted))
    near = (np.abs(days[:, None] - days[None, :]) <= WEEK // 2).astype(np.float64)
    made: Floats = (near @ counted) / np.maximum(near @ level, 1e-9)
    return made


def _drawn_to_one(came: Floats, due: Floats) -> Floats:
    """Return came / due, drawn to 1 by the share of its spread that chance explains (James and Stein)."""
    known = due > 0
    ratio = np.where(known, came / np.where(known, due, 1.0), 1.0)
    weight = due[known].sum()
    if not weight:
        return np.ones(len(came))
    spread = float((due[known] * (ratio[known] - 1) ** 2).sum() / weight)
    chance = float(known.sum() / weight)
    kept = max(0.0, 1 - chance / spread) if spread > 0 else 0.0
    made: Floats = 1 + kept * (ratio - 1)
    return made
