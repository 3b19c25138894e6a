"""Walking: how often journeys step from one state to the next, and in which states they end.

Reads  journeys as flat codes, runs of persons' touches, or pieces of journeys
Makes  a `Walk`: what a Markov graph needs to know of the journeys, and no more

A state is the last `order` channels as the digits of one number to the base of the channels and one
more: the latest touch is the lowest digit, 0 is no touch. State 0 is the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.attribution.pieces import Floats, Ints, Journeys, Pieces
    from headwater.contract.models import Runs

DENSE_TALLY = 1 << 22
"""Up to this many possible steps each has a counter of its own; beyond, the steps are sorted."""
AT_ONCE = 1 << 17
"""Touches that are walked at once: what is worked on stays in the cache of a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Steps between states and ends of journeys, each with what it stands for."""

    channels: tuple[str, ...]
    """Names; a channel's code is its place here."""
    steps: Ints
    """State times the number of channels, plus the code of the touch that comes next."""
    weights: Floats
    """How many journeys take the step, counting repeats."""
    ended: Ints
    """States in which journeys end; one may be named more than once."""
    conversions: Floats
    nulls: Floats
    values: Floats
    """Conversions, journeys without one, and money of the journeys that end in each of `ended`."""
    total_conversions: float
    total_value: Decimal


def walked(journeys: Journeys, order: int) -> Walk:
    """Walk whole journeys, many touches at a time.

    Raises UsageError where the channels are too many to tell states of this order apart.
    """
    base = base_of(journeys.channels, order)
    weight = journeys.conversions + journeys.nulls
    is_single = bool((weight == 1).all())
    tally = Tally(base**order * (base - 1))
    ended = np.zeros(len(journeys.lengths), dtype=np.int64)
    for first, last, touches in _shares(journeys.lengths):
        lengths = journeys.lengths[first:last]
        ends = np.cumsum(lengths)
        code = journeys.codes[touches].astype(np.int64)
        after = code + 1
        before = _before(after, ends)
        for _ in range(order - 1):
            after = before * base + (code + 1)
            before = _before(after, ends)
        tally.add(before * (base - 1) + code, None if is_single else np.repeat(weight[first:last], lengths))
        ended[first:last] = after[ends - 1]
    steps, weights = tally.counted()
    ended, conversions, nulls, values = _added_up(
        ended, base**order, journeys.conversions, journeys.nulls, journeys.values
    )
    return Walk(
        channels=journeys.channels,
        steps=steps,
        weights=weights,
        ended=ended,
        conversions=conversions,
        nulls=nulls,
        values=values,
        total_conversions=float(journeys.conversions.sum()),
        total_value=journeys.total_value,
    )


def walked_runs(runs: Runs, order: int) -> Walk:
    """Walk journeys that are runs of their persons' touches. Raises what `walked` raises.

    A touch with `order` touches before it in its journey takes the same step in every journey that
    covers both, so that each touch is looked at once, however many journeys look back on it.
    """
    base = base_of(runs.players, order)
    weight = runs.conversions + runs.nulls
    tally = Tally(base**order * (base - 1))
    is_long = runs.length > order
    covered = _covered(
        runs.first[is_long] + order,
        (runs.first + runs.length)[is_long],
        weight[is_long],
        size=len(runs.codes),
    )
    for start in range(order, len(runs.codes), AT_ONCE):
        stop = min(start + AT_ONCE, len(runs.codes))
        code = runs.codes[start:stop].astype(np.int64)
        before = np.zeros(stop - start, dtype=np.int64)
        for back in range(order, 0, -1):
            before = before * base + (runs.codes[start - back : stop - back] + np.int64(1))
        tally.add(before * (base - 1) + code, covered[start:stop])
    state = np.zeros(len(runs.first), dtype=np.int64)
    for place in range(order):
        alive = runs.length > place
        code = runs.codes[runs.first[alive] + place].astype(np.int64)
        tally.add(state[alive] * (base - 1) + code, weight[alive].astype(np.float64))
        state[alive] = next_state(state[alive], code, base, order)
    last = (runs.first + runs.length)[is_long] - 1
    ending = np.zeros(len(last), dtype=np.int64)
    for back in range(order - 1, -1, -1):
        ending = ending * base + (runs.codes[last - back] + np.int64(1))
    state[is_long] = ending
    steps, weights = tally.counted()
    ended, conversions, nulls, values = _added_up(
        state, base**order, runs.conversions, runs.nulls, runs.micros
    )
    return Walk(
        channels=runs.players,
        steps=steps,
        weights=weights,
        ended=ended,
        conversions=conversions,
        nulls=nulls,
        values=values / 1e6,
        total_conversions=float(runs.conversions.sum()),
        total_value=Decimal(int(runs.micros.sum())).scaleb(-6),
    )


def _covered(first: Ints, after: Ints, weight: Ints, *, size: int) -> Floats:
    """Return for each touch the weights of the runs, from `first` and before `after`, that cover it."""
    changes = np.bincount(first, weight, minlength=size + 1) - np.bincount(after, weight, minlength=size + 1)
    return np.cumsum(changes)


def walked_pieces(pieces: Pieces, order: int) -> Walk:
    """Walk all pieces at once, place by place. Raises what `walked` raises."""
    base = base_of(pieces.channels, order)
    state = np.zeros(len(pieces.lengths), dtype=np.int64)
    for back in range(order):
        state += (pieces.memory[:, back] + 1) * base**back
    weight = pieces.conversions + pieces.nulls
    tally = Tally(base**order * (base - 1))
    ending = np.bincount(pieces.lengths)[1:]
    for place, alive in enumerate((ending.sum() - np.cumsum(ending) + ending).tolist()):
        code = pieces.touch(place, alive)
        tally.add(state[:alive] * (base - 1) + code, weight[:alive])
        state[:alive] = next_state(state[:alive], code, base, order)
    steps, weights = tally.counted()
    ends = pieces.complete
    return Walk(
        channels=pieces.channels,
        steps=steps,
        weights=weights,
        ended=state[ends],
        conversions=pieces.conversions[ends],
        nulls=pieces.nulls[ends],
        values=pieces.values[ends],
        total_conversions=pieces.total_conversions,
        total_value=pieces.total_value,
    )


def base_of(channels: tuple[str, ...], order: int) -> int:
    """Return the base of the states' digits; raises UsageError where a step does not fit 62 bits."""
    base = len(channels) + 1
    if base ** (order + 1) >= 2**62:
        raise UsageError(
            f"{base - 1} channels are too many for a Markov graph of order {order}.",
            hint="choose a lower order, or a coarser dimension.",
        )
    return base


def next_state(state: Ints, code: Ints, base: int, order: int) -> Ints:
    """Return the state after a touch."""
    forgotten: int = base ** (order - 1)
    return state % forgotten * base + code + 1


def _shares(lengths: Ints) -> Iterator[tuple[int, int, slice]]:
    """Yield journeys, from and up to, that have about AT_ONCE touches together, and their touches."""
    if not len(lengths):
        return
    ends = np.cumsum(lengths)
    cuts = np.searchsorted(ends, np.arange(AT_ONCE, ends[-1], AT_ONCE))
    for first, last in pairwise(np.unique(np.concatenate([[0], cuts, [len(lengths)]])).tolist()):
        yield first, last, slice(int(ends[first] - lengths[first]), int(ends[last - 1]))


def _before(after: Ints, ends: Ints) -> Ints:
    """Return the state before each touch: that after the one before it, 0 at a journey's first."""
    before = np.empty_like(after)
    before[0] = 0
    before[1:] = after[:-1]
    before[ends[:-1]] = 0
    return before


def _added_up(states: Ints, size: int, *amounts: Floats | Ints) -> tuple[Ints, Floats, Floats, Floats]:
    """Return the states that occur, once each, with their amounts added up."""
    if size <= DENSE_TALLY:
        found, place = np.arange(size), states
    else:
        same = pa.array(states).dictionary_encode()
        found, place = same.dictionary.to_numpy(), same.indices.to_numpy()
    conversions, nulls, values = (
        np.bincount(place, amount, minlength=len(found)).astype(np.float64, copy=False) for amount in amounts
    )
    kept = np.bincount(place, minlength=len(found)) > 0
    return found[kept], conversions[kept], nulls[kept], values[kept]


class Tally:
    """Adds up weights by key: in one counter per possible key, or by sorting where they are too many."""

    def __init__(self, size: int) -> None:
        self.counters = np.zeros(size) if size <= DENSE_TALLY else None
        self.keys: list[Ints] = []
        self.weights: list[Floats] = []
        self.waiting = 0

    def add(self, keys: Ints, weights: Floats | None) -> None:
        """Count the weights for the keys; no weights are 1 each."""
        if self.counters is not None and len(keys) * 2 >= len(self.counters):
            self.counters += np.bincount(keys, weights, minlength=len(self.counters))
            return
        self.keys.append(keys)
        self.weights.append(np.ones(len(keys)) if weights is None else weights)
        self.waiting += len(keys)
        if self.counters is not None and self.waiting >= len(self.counters):
            self._settle(self.counters)

    def counted(self) -> tuple[Ints, Floats]:
        """Return the keys that have a weight, rising, and the weights."""
        if self.counters is not None:
            self._settle(self.counters)
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

    def _settle(self, counters: Floats) -> None:
        if self.keys:
            counters += np.bincount(
                np.concatenate(self.keys), np.concatenate(self.weights), minlength=len(counters)
            )
        self.keys, self.weights, self.waiting = [], [], 0
