"""Shortcuts: leave states out of a matrix of chances, and know which channels a journey meets in between.

Reads  a sparse matrix of chances, rows where journeys go, columns where they come from; latest channels
Makes  the matrix of the states that stay, with shortcuts through the others

A state with one way in or one way out is left out: its ways are joined, which makes the matrix no fuller.
That is done level after level, never to neighbours at once. Where a channel is closed, so is a shortcut that
meets it. Mostly a state at its ends holds the channel and is closed itself: the state where a shortcut ends
holds the `order` latest channels. What is met before those is listed (`Hidden`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from headwater.attribution.fixed_point import peeled
from headwater.attribution.spans import spans

if TYPE_CHECKING:
    from headwater.attribution.krylov import Matrix
    from headwater.attribution.pieces import Floats, Ints

LEVELS = 6
"""After so many levels hardly a state has one way in or one way out."""
WORTH = 0.02
"""Share of the states that a level has to leave out."""
MOST_PATHS = 4
"""Times the ways of the matrix: where shortcuts have more ways to go than that, fewer levels are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Parts of shortcuts that meet a channel which the states at their ends do not show, by channel."""

    target: Ints
    source: Ints
    """Places among the states that stay."""
    weight: Floats
    """Chance to go from source to target and meet the channel in between."""
    bounds: Ints
    """Channel c has the entries from `bounds[c]` up to `bounds[c + 1]`."""

    def of(self, channels: Ints) -> tuple[Ints, Ints, Ints, Floats]:
        """Return target, source, place in `channels`, and weight of what these channels have."""
        column, entries = spans(self.bounds[channels], np.diff(self.bounds)[channels])
        return self.target[entries], self.source[entries], column, self.weight[entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcuts:
    """A matrix of which states are left out."""

    kept: Ints
    """The states that stay, rising."""
    skipped: list[Ints]
    """The others in layers: a layer is reached from states that stay and from the layers before it alone."""
    matrix: Matrix
    """Chances between states that stay, straight or through the others."""
    hidden: Hidden


def shortcuts(matrix: Matrix, latest: Ints, order: int, channel_count: int) -> Shortcuts:
    """Return the matrix without the states that are easily left out; each state holds `order` channels."""
    onwards = matrix.T.tocsr()
    kept, reduced = _reduced(matrix, LEVELS)
    layers, circles = peeled(matrix, _others(kept, matrix.shape[0]))
    hidden = None
    # a chance too small for a number hides that states which are left out go in a circle
    if not len(circles):
        hidden = _hidden(onwards, kept, latest, order, channel_count, most=MOST_PATHS * matrix.nnz)
    if hidden is None:
        # through states that are left out alone go no more ways than twice those of the matrix
        kept, reduced = _reduced(matrix, 1)
        layers = [_others(kept, matrix.shape[0])]
        hidden = _hidden(onwards, kept, latest, order, channel_count)
    return Shortcuts(kept=kept, skipped=layers, matrix=reduced, hidden=hidden)


def _others(states: Ints, size: int) -> Ints:
    """Return the states that are not among these."""
    is_other = np.ones(size, dtype=bool)
    is_other[states] = False
    return np.flatnonzero(is_other)


def _reduced(matrix: Matrix, levels: int) -> tuple[Ints, Matrix]:
    """Return the states that stay after so many levels, and their matrix."""
    kept = np.arange(matrix.shape[0])
    for _ in range(levels):
        skipped = _skippable(matrix)
        if len(skipped) < max(WORTH * len(kept), 1):
            break
        stays = _others(skipped, len(kept))
        on = matrix[stays]
        matrix = (on[:, stays] + on[:, skipped] @ matrix[skipped][:, stays]).tocsr()
        kept = kept[stays]
    return kept, matrix


@overload
def _hidden(onwards: Matrix, kept: Ints, latest: Ints, order: int, channel_count: int) -> Hidden: ...
@overload
def _hidden(
    onwards: Matrix, kept: Ints, latest: Ints, order: int, channel_count: int, *, most: int
) -> Hidden | None: ...
def _hidden(
    onwards: Matrix, kept: Ints, latest: Ints, order: int, channel_count: int, *, most: int | None = None
) -> Hidden | None:
    """Go all ways through states that are left out; None where they are more than `most`.

    `onwards` has rows where journeys come from.
    """
    place = np.full(onwards.shape[0], -1)
    place[kept] = np.arange(len(kept))
    target, source, weight, channel = [], [], [], []
    ways = 0
    at = start = kept
    chance = np.ones(len(at))
    met: list[Ints] = []
    while len(at):
        ways += int(np.diff(onwards.indptr)[at].sum())
        if most is not None and ways > most:
            return None
        path, at, step = _following(onwards, at)
        start, chance, met = start[path], chance[path] * step, [each[path] for each in met]
        ends = place[at] >= 0
        for turn, each in enumerate(met[: max(0, len(met) - order + 1)]):
            new = ends.copy()
            for before in met[:turn]:
                new &= before != each
            target.append(at[new])
            source.append(start[new])
            weight.append(chance[new])
            channel.append(each[new])
        goes = ~ends
        at, start, chance = at[goes], start[goes], chance[goes]
        met = [*(each[goes] for each in met), latest[at]]
    channels = np.concatenate([*channel, np.zeros(0, dtype=np.int64)])
    rising = np.argsort(channels, kind="stable")
    return Hidden(
        target=place[np.concatenate([*target, np.zeros(0, dtype=np.int64)])[rising]],
        source=place[np.concatenate([*source, np.zeros(0, dtype=np.int64)])[rising]],
        weight=np.concatenate([*weight, np.zeros(0)])[rising],
        bounds=np.searchsorted(channels[rising], np.arange(channel_count + 1)),
    )


def _following(onwards: Matrix, at: Ints) -> tuple[Ints, Ints, Floats]:
    """Return each step on from the places: from which of them, to where, and its chance."""
    path, entry = spans(onwards.indptr[at], np.diff(onwards.indptr)[at])
    return path, onwards.indices[entry].astype(np.int64), onwards.data[entry]


def _skippable(matrix: Matrix) -> Ints:
    """Return states with one way in or one way out, no two of them neighbours."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    columns = matrix.indices
    ways_in, ways_out = (np.bincount(ends, minlength=matrix.shape[0]) for ends in (rows, columns))
    is_free = np.minimum(ways_in, ways_out) <= 1
    is_taken = np.zeros(matrix.shape[0], dtype=bool)
    rank = np.random.default_rng(1).permutation(matrix.shape[0])
    for _ in range(4):
        both = is_free[rows] & is_free[columns]
        left, right = rows[both], columns[both]
        loses = np.where(rank[left] > rank[right], left, right)
        won = is_free.copy()
        won[loses] = False
        is_taken |= won
        is_free &= ~won
        is_free[columns[won[rows]]] = False
        is_free[rows[won[columns]]] = False
    return np.flatnonzero(is_taken)
