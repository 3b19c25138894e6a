"""Fixed point: solve x = given + M x for a sparse M, for many columns with rows shut in each.

Reads  a sparse matrix of chances (rows or columns sum to less than 1)
Makes  x

Rows that depend on no circle are computed once, in order; so are those that no circle depends on.
Only the core between them, where journeys can turn in circles, is iterated. Graphs of high order are
almost trees: their core is small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.circles import Circles
from headwater.attribution.krylov import iterated

if TYPE_CHECKING:
    from headwater.attribution.circles import States
    from headwater.attribution.krylov import Matrix
    from headwater.attribution.pieces import Bools, Floats, Ints


class FixedPoint:
    """The order in which the rows of x = given + M x can be computed, found once for many solutions."""

    def __init__(self, matrix: Matrix) -> None:
        early, rest = _peeled(matrix, np.arange(matrix.shape[0]))
        late, core = _peeled(matrix.T.tocsr(), rest)
        self.early = [(rows, matrix[rows]) for rows in early]
        self.late = [(rows, matrix[rows]) for rows in reversed(late)]
        self.core = core
        self.entering = matrix[core]
        self.inner = self.entering[:, core]

    def solved(self, given: Floats, guess: Floats) -> Floats:
        """Return x, column by column; `guess` is near it."""
        x = np.zeros_like(given)
        for rows, part in self.early:
            x[rows] = given[rows] + part @ x
        if len(self.core):
            arriving = given[self.core] + self.entering @ x
            x[self.core] = iterated(self.inner, arriving, guess[self.core], np.ones_like(arriving))
        for rows, part in self.late:
            x[rows] = given[rows] + part @ x
        return x

    def circles(self, states: States) -> Circles:
        """Return the solver of the core, for `shut`; `states` are those of the core."""
        return Circles(self.inner, states)

    def shut(
        self, given: Floats, near: Floats, *, closed: Bools, circles: Circles, channels: Ints, enough: Floats
    ) -> Floats:
        """Return x with 0 where `closed`, in each column for one of `channels` (see `circles`)."""
        x = np.zeros_like(given)
        for rows, part in self.early:
            x[rows] = np.where(closed[rows], 0.0, given[rows] + part @ x)
        if len(self.core):
            arriving = given[self.core] + self.entering @ x
            x[self.core] = circles.solved(arriving, near[self.core], closed[self.core], channels, enough)
        for rows, part in self.late:
            x[rows] = np.where(closed[rows], 0.0, given[rows] + part @ x)
        return x


def _peeled(matrix: Matrix, among: Ints) -> tuple[list[Ints], Ints]:
    """Take off, layer by layer, rows that depend on no other row of `among`; return layers and rest."""
    inside = np.zeros(matrix.shape[0], dtype=bool)
    inside[among] = True
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    waiting = np.bincount(rows[inside[matrix.indices]], minlength=matrix.shape[0])
    dependants = matrix.T.tocsr()
    layers = []
    layer = among[waiting[among] == 0]
    while len(layer):
        layers.append(layer)
        inside[layer] = False
        freed = dependants[layer].indices
        np.subtract.at(waiting, freed, 1)
        freed = np.unique(freed)
        layer = freed[inside[freed] & (waiting[freed] == 0)]
    return layers, np.flatnonzero(inside)
