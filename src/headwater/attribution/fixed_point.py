"""Fixed point: solve x = given + M x for a sparse M, for many columns.

Reads  a sparse matrix of chances (rows or columns sum to less than 1)
Makes  x

Rows that depend on no circle are computed once, in order; so are those that no circle depends on.
Only the core between them, where journeys can turn in circles, is iterated. Graphs of high order are
almost trees: their core is small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.krylov import iterated

if TYPE_CHECKING:
    from headwater.attribution.krylov import Matrix
    from headwater.attribution.pieces import Floats, Ints


class FixedPoint:
    """The order in which the rows of x = given + M x can be computed, found once for many solutions."""

    def __init__(self, matrix: Matrix) -> None:
        early, rest = peeled(matrix, np.arange(matrix.shape[0]))
        late, core = peeled(matrix.T.tocsr(), rest)
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


def peeled(matrix: Matrix, among: Ints) -> tuple[list[Ints], Ints]:
    """Take off, layer by layer, rows that depend on no other row of `among`; return layers and rest."""
    inside = np.zeros(matrix.shape[0], dtype=bool)
    inside[among] = True
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    waiting = np.bincount(rows[inside[matrix.indices]], minlength=matrix.shape[0])
    dependants = matrix.T.tocsr()
    turn = np.zeros(matrix.shape[0], dtype=np.int64)
    layers = []
    layer = among[waiting[among] == 0]
    while len(layer):
        layers.append(layer)
        inside[layer] = False
        freed = dependants[layer].indices
        np.subtract.at(waiting, freed, 1)
        freed = freed[inside[freed] & (waiting[freed] == 0)].astype(np.int64)
        # each of them once
        turn[freed] = np.arange(len(freed))
        layer = np.sort(freed[turn[freed] == np.arange(len(freed))])
    return layers, np.flatnonzero(inside)
