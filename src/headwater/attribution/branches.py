"""Branches: what channels lose off the circles, worked out for all channels at once.

Reads  a Markov graph, the order in which its states can be worked out, visits and rewards to come
Makes  what enters the circles in each column, what goes on from there, and what is lost without either

Most states of a graph of high order lie on branches that lead to circles or away from them. A journey
there has met few channels and will meet few more: a sparse row a state, with a column a channel, holds
them all. Let v(y) be the visits to state y, w_j(y) those by journeys that have met channel j, and h the
reward to come. On the way to the circles

    w_j(y) = v(y) where y holds j, else the sum over z of w_j(z) Q(z, y)

and on the way from them, what journeys that are about to enter y still lose by meeting j for the first time

    g_j(y) = h(y) where j is the latest of y, else the sum over z of Q(y, z) g_j(z)

Memory grows with the channels met on the way to a state, summed over the states of branches: 16 bytes each, and
up to twice that while they grow.

Who comes to a state that holds j among its earlier channels has met j, so that only the latest is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.attribution.krylov import Matrix
    from headwater.attribution.pieces import Floats, Ints

    ByChannel = sparse.csr_array[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """All states, in an order in which they can be worked out."""

    early: Sequence[Ints]
    """States that no circle leads to: a layer depends on the layers before it alone."""
    skipped: Sequence[Ints]
    """States of circles that are left out: a layer depends on kept states and the layers before it alone."""
    kept: Ints
    """The other states of circles."""
    late: Sequence[Ints]
    """States that lead to no circle: a layer leads to the layers after it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """What is known off the circles; a row for each kept state, a column for each channel."""

    arriving: Floats
    """Visits of journeys that come from no kept state."""
    met: sparse.csc_array[np.float64]
    """Those of them by journeys that have met the channel."""
    onwards: tuple[sparse.csc_array[np.float64], ...]
    """For each reward, what a journey loses of it by meeting the channel before the next kept state or there."""
    lost: Floats
    """What each channel loses of each reward before any kept state, or in the first."""


def branches(
    moves: Matrix,
    into: Matrix,
    layers: Layers,
    latest: Ints,
    visits: Floats,
    coming: Floats,
    channel_count: int,
) -> Branches:
    """Return what lies off the circles.

    `into` is the transpose of `moves`, the chances from state to state; `latest` has the code of each state's
    latest channel, -1 for none; `coming` the rewards to come, one column a reward.
    """
    before = _Met.of(into, layers, latest, visits, channel_count)
    onwards, lost = [], np.zeros((channel_count, coming.shape[1]))
    after = [*layers.late[::-1], *layers.skipped[::-1]]
    onto = moves[:, _joined([layers.kept, *after])]
    for reward in range(coming.shape[1]):
        still = coming[:, reward]
        lost[:, reward] = np.bincount(
            np.maximum(latest[before.early], 0),
            before.first_by * still[before.early],
            minlength=channel_count,
        )
        loss = _losing(onto, layers.kept, after, latest, still, channel_count)
        early = onto[before.early] @ loss
        lost[:, reward] += visits[before.early] @ early - before.met_early.multiply(early).sum(axis=0)
        onwards.append((onto[layers.kept] @ loss).tocsc())
    return Branches(arriving=before.arriving, met=before.met_kept.tocsc(), onwards=tuple(onwards), lost=lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """How many have met which channel, on the way to the circles."""

    early: Ints
    """The early states, layer after layer."""
    met_early: ByChannel
    """Visits to each of them by journeys that have met the channel."""
    first_by: Floats
    """How many meet the latest channel of each of them there for the first time."""
    arriving: Floats
    met_kept: ByChannel
    """See `Branches`."""

    @classmethod
    def of(cls, into: Matrix, layers: Layers, latest: Ints, visits: Floats, channel_count: int) -> _Met:
        early = _joined(layers.early)
        into = into[:, np.concatenate([early, _joined(layers.skipped)])]
        rows, first = _Rows(channel_count), []
        for layer in layers.early:
            flow, by = _entered(_times(into[layer], rows), latest[layer], visits[layer])
            rows.append(flow)
            first.append(by)
        met_early, came = rows.matrix(), visits[early]
        for layer in layers.skipped:
            coming = np.asarray(into[layer][:, : rows.count] @ came)
            flow, _ = _entered(_times(into[layer], rows), latest[layer], coming)
            rows.append(flow)
            came = np.concatenate([came, coming])
        on = into[layers.kept]
        return cls(
            early=early,
            met_early=met_early,
            first_by=np.concatenate([*first, np.zeros(0)]),
            arriving=np.asarray(on @ came),
            met_kept=on @ rows.matrix(),
        )


def _entered(flow: ByChannel, latest: Ints, visits: Floats) -> tuple[ByChannel, Floats]:
    """Return visits by journeys that have met each channel, from those that had met it when they came.

    The second is how many meet the state's latest channel there for the first time.
    """
    first = np.where(latest >= 0, visits - _at_latest(flow, latest), 0.0)
    return flow + _only_latest(first, latest, flow.shape), first


def _losing(
    onto: Matrix, kept: Ints, after: Sequence[Ints], latest: Ints, still: Floats, channel_count: int
) -> ByChannel:
    """Return what journeys about to enter a state lose by the first meeting, up to the next kept state.

    The rows, and the columns of `onto`, are the kept states and then the layers `after` them.
    """
    rows = _Rows(channel_count)
    rows.append(_only_latest(still[kept], latest[kept], (len(kept), channel_count)))
    for layer in after:
        later = _times(onto[layer], rows)
        other = _at_latest(later, latest[layer])
        rows.append(later + _only_latest(still[layer] - other, latest[layer], later.shape))
    return rows.matrix()


def _at_latest(rows: ByChannel, latest: Ints) -> Floats:
    """Return the number of each row in the column of its latest channel."""
    if not len(latest):
        return np.zeros(0)
    return np.where(latest >= 0, rows[np.arange(len(latest)), np.maximum(latest, 0)], 0.0)


def _only_latest(numbers: Floats, latest: Ints, shape: tuple[int, int]) -> ByChannel:
    """Return rows with a number in the column of their latest channel, and nothing else."""
    rows = np.flatnonzero(latest >= 0)
    return sparse.csr_array((numbers[rows], (rows, latest[rows])), shape=shape)


def _joined(layers: Sequence[Ints]) -> Ints:
    return np.concatenate([*layers, np.zeros(0, dtype=np.int64)])


def _times(part: Matrix, rows: _Rows) -> ByChannel:
    """Return the part times the rows that are there."""
    return part[:, : rows.count] @ rows.matrix()


class _Rows:
    """Sparse rows that grow at the end, without being copied for each that is added."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.count = 0
        self.ends: Any = np.zeros(1024, dtype=np.int64)
        self.places: Any = np.zeros(1024, dtype=np.int64)
        self.numbers: Any = np.zeros(1024)

    def append(self, rows: ByChannel) -> None:
        """Add the rows."""
        filled = int(self.ends[self.count])
        self.ends = _with_room(self.ends, self.count + 1, rows.shape[0])
        self.places = _with_room(self.places, filled, rows.nnz)
        self.numbers = _with_room(self.numbers, filled, rows.nnz)
        self.ends[self.count + 1 : self.count + 1 + rows.shape[0]] = filled + rows.indptr[1:]
        self.places[filled : filled + rows.nnz] = rows.indices
        self.numbers[filled : filled + rows.nnz] = rows.data
        self.count += rows.shape[0]

    def matrix(self) -> ByChannel:
        """Return the rows so far; they may be looked at until more are added."""
        filled = int(self.ends[self.count])
        return sparse.csr_array(
            (self.numbers[:filled], self.places[:filled], self.ends[: self.count + 1]),
            shape=(self.count, self.columns),
        )


def _with_room(array: Any, filled: int, more: int) -> Any:
    if filled + more <= len(array):
        return array
    grown = np.zeros(max(2 * len(array), filled + more), dtype=array.dtype)
    grown[:filled] = array[:filled]
    return grown
