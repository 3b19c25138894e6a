"""Graph: the Markov graph of journeys, from counts.

Reads  pieces of journeys
Makes  the chances to move between states, to convert, and the money that waits at each state

A state is the last `order` channels (fewer at the start of a journey); state 0 is the start. Steps
from a state to itself are left out of the chances: they change how long a journey stays, never
where it goes next, so that no chance of reaching a channel or a conversion depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from scipy import sparse

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Ints, Pieces

DENSE_TALLY = 1 << 20
"""Up to this many possible steps each has a counter of its own; beyond, the steps are sorted."""


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

    def holding(self, channel: int) -> Ints:
        """Return the states that contain the channel."""
        return np.flatnonzero((self.states == channel).any(axis=1))

    def entering(self, channel: int) -> Ints:
        """Return the states through which a journey meets the channel for the first time."""
        earlier = (self.states[:, 1:] == channel).any(axis=1)
        return np.flatnonzero((self.states[:, 0] == channel) & ~earlier)


def graph(pieces: Pieces, order: int) -> Graph:
    """Count the steps between states and return them as chances.

    Raises UsageError where the channels are too many to tell states of this order apart.
    """
    base = len(pieces.channels) + 1
    if base ** (order + 1) >= 2**62:
        raise UsageError(
            f"{base - 1} channels are too many for a Markov graph of order {order}.",
            hint="choose a lower order, or a coarser dimension.",
        )
    steps, weights, ended, exits = _walked(pieces, order, base)
    origin, code = np.divmod(steps, base - 1)
    target = _next(origin, code, base, order)
    keys = np.unique(np.concatenate([[0], origin, target, ended]))
    origin, target = np.searchsorted(keys, origin), np.searchsorted(keys, target)
    place = np.searchsorted(keys, ended)
    conversions, nulls, values = (np.bincount(place, amount, minlength=len(keys)) for amount in exits)
    leaving = origin != target
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


def _next(state: Ints, code: Ints, base: int, order: int) -> Ints:
    """Return the key of the state after a touch: digits of `base`, the latest touch is the lowest."""
    forgotten: int = base ** (order - 1)
    return state % forgotten * base + code + 1


def _walked(pieces: Pieces, order: int, base: int) -> tuple[Ints, Floats, Ints, tuple[Floats, ...]]:
    """Walk all pieces at once, place by place; return steps with weights and the ends of journeys."""
    state = np.zeros(len(pieces.lengths), dtype=np.int64)
    for back in range(order):
        state += (pieces.memory[:, back] + 1) * base**back
    weight = pieces.conversions + pieces.nulls
    tally = Tally(base**order * (base - 1))
    ending = np.bincount(pieces.lengths)[1:]
    for place, alive in enumerate((ending.sum() - np.cumsum(ending) + ending).tolist()):
        code = pieces.touch(place, alive)
        tally.add(state[:alive] * (base - 1) + code, weight[:alive])
        state[:alive] = _next(state[:alive], code, base, order)
    steps, weights = tally.counted()
    ends = pieces.complete
    exits = (pieces.conversions[ends], pieces.nulls[ends], pieces.values[ends])
    return steps, weights, state[ends], exits


class Tally:
    """Adds up weights by key: in one counter per possible key, or by sorting where they are too many."""

    def __init__(self, size: int) -> None:
        self.counters = np.zeros(size) if size <= DENSE_TALLY else None
        self.keys: list[Ints] = []
        self.weights: list[Floats] = []

    def add(self, keys: Ints, weights: Floats) -> None:
        """Count the weights for the keys."""
        if self.counters is None:
            self.keys.append(keys)
            self.weights.append(weights)
        elif len(keys) * 8 < len(self.counters):
            np.add.at(self.counters, keys, weights)
        else:
            self.counters += np.bincount(keys, weights, minlength=len(self.counters))

    def counted(self) -> tuple[Ints, Floats]:
        """Return the keys that have a weight, rising, and the weights."""
        if self.counters is not None:
            keys = np.flatnonzero(self.counters)
            return keys, self.counters[keys]
        if not self.keys:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        found = pa.array(np.concatenate(self.keys)).dictionary_encode()
        counts = np.bincount(found.indices.to_numpy(), np.concatenate(self.weights))
        keys = found.dictionary.to_numpy()
        rising = np.argsort(keys)
        rising = rising[counts[rising] != 0]
        return keys[rising], counts[rising]
