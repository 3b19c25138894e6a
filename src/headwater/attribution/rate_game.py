"""Rate game: Shapley values where a set of channels is worth the conversion rate inside it.

Reads  journeys and their distinct channels
Makes  conversions and money by channel, over all subsets of up to 20 channels

v(S) = conversions over journeys of the journeys whose channels all lie in S, 0 where there are none
(with money in place of conversions for the value). A channel that comes with a lower rate than the
rest earns less than nothing: values can be negative here. They sum to v(all), so that times the
number of journeys they sum to all conversions.
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from headwater.attribution.coalitions import Coalitions
    from headwater.attribution.pieces import Floats

MOST_PLAYERS = 20


def rate_values(found: Coalitions) -> tuple[Floats, Floats]:
    """Return the channels' conversions and money in the game of rates.

    Raises UsageError above 20 channels: the sums have 2 to that power terms.
    """
    count = found.channel_count
    if count > MOST_PLAYERS:
        raise UsageError(
            f"The game of rates has {count} channels; it sums over every subset of them.",
            hint=f"choose game='conversions', or at most {MOST_PLAYERS} channels.",
        )
    mask = np.zeros(len(found.conversions), dtype=np.int64)
    np.bitwise_or.at(mask, found.owner, 1 << found.code)
    traffic, conversions, money = (
        _inside(np.bincount(mask, amount, minlength=1 << count).astype(np.float64), count)
        for amount in (found.conversions + found.nulls, found.conversions, found.values)
    )
    any_traffic = np.where(traffic > 0, traffic, 1.0)
    everyone = traffic[-1]
    return (
        _shapley(np.where(traffic > 0, conversions / any_traffic, 0.0), count) * everyone,
        _shapley(np.where(traffic > 0, money / any_traffic, 0.0), count) * everyone,
    )


def _inside(observed: Floats, count: int) -> Floats:
    """Add to each set what its subsets hold, one channel at a time."""
    sums = observed.reshape((2,) * count)
    for axis in range(count):
        sums = np.cumsum(sums, axis=axis)
    return sums.reshape(-1)


def _shapley(worth: Floats, count: int) -> Floats:
    """Return each channel's mean gain over all orders in which the channels may join."""
    members = np.bitwise_count(np.arange(1 << count))
    chance = np.array(
        [factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)]
    )
    gains = np.zeros(count)
    for channel in range(count):
        without = np.flatnonzero(np.arange(1 << count) >> channel & 1 == 0)
        gains[channel] = np.dot(chance[members[without]], worth[without | 1 << channel] - worth[without])
    return gains
