"""Graph: the Markov graph of journeys, from counts.

Reads  a walk: steps between states, ends of journeys
Makes  the chances to move between states, to convert, and the money that waits at each state

A state is the last `order` channels (fewer at the start of a journey); state 0 is the start. Steps
from a state to itself are left out of the chances: they change how long a journey stays, never
where it goes next, so that no chance of reaching a channel or a conversion depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from headwater.attribution.spans import spans
from headwater.attribution.walking import next_state

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Ints
    from headwater.attribution.walking import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Chances between states; row 0 is the start, and the rest of each row's 1 ends without reward."""

    channel_count: int
    states: Ints
    """One row per state: its channel codes, latest first, -1 where the journey is shorter."""
    moves: sparse.csr_array[np.float64]
    """Chance to go from state to other state."""
    rewards: Floats
    """Two columns: the chance to convert next, and the money that is expected with it."""

    def holders(self, states: Ints) -> Holders:
        """Return which of the states hold which channel, found once for all."""
        held = self.states[states]
        channel = held.T.reshape(-1)
        order = np.argsort(channel, kind="stable")
        return Holders(
            place=np.tile(np.arange(len(held)), held.shape[1])[order],
            bounds=np.searchsorted(channel[order], np.arange(self.channel_count + 1)),
        )

    def entering(self, channel: int) -> Ints:
        """Return the states through which a journey meets the channel for the first time."""
        earlier = (self.states[:, 1:] == channel).any(axis=1)
        return np.flatnonzero((self.states[:, 0] == channel) & ~earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """States by the channels that they hold."""

    place: Ints
    bounds: Ints

    def of(self, channels: Ints) -> tuple[Ints, Ints]:
        """Return the states that hold each channel, and the place of the channel in `channels`; some twice."""
        column, entries = spans(self.bounds[channels], np.diff(self.bounds)[channels])
        return self.place[entries], column


def graph(walk: Walk, order: int) -> Graph:
    """Return the steps between states as chances."""
    base = len(walk.channels) + 1
    steps, weights, ended = walk.steps, walk.weights, walk.ended
    origin, code = np.divmod(steps, base - 1)
    target = next_state(origin, code, base, order)
    keys = np.unique(np.concatenate([[0], origin, target, ended]))
    origin, target = np.searchsorted(keys, origin), np.searchsorted(keys, target)
    place = np.searchsorted(keys, ended)
    conversions, nulls, values = (
        np.bincount(place, amount, minlength=len(keys))
        for amount in (walk.conversions, walk.nulls, walk.values)
    )
    # a walk from which journeys were taken has steps that nobody takes any more
    leaving = (origin != target) & (weights != 0)
    origin, target, weights = origin[leaving], target[leaving], weights[leaving]
    total = np.bincount(origin, weights, minlength=len(keys)) + conversions + nulls
    total = np.where(total > 0, total, 1.0)
    shape = (len(keys), len(keys))
    moves = sparse.coo_array((weights / total[origin], (origin, target)), shape=shape).tocsr()
    return Graph(
        channel_count=base - 1,
        states=np.stack([keys // base**back % base - 1 for back in range(order)], axis=1),
        moves=moves,
        rewards=np.stack([conversions / total, values / total], axis=1),
    )
