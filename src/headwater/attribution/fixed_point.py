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
from scipy import sparse
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    from headwater.attribution.pieces import Bools, Floats, Ints

Matrix = sparse.csr_array[np.float64]
RESIDUAL = 1e-15
MOST_ROUNDS = 300


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

    def solved(self, given: Floats, guess: Floats, is_open: Floats) -> Floats:
        """Return x, column by column, with 0 where `is_open` is 0 instead of 1; `guess` is near it."""
        x = np.zeros_like(given)
        for rows, part in self.early:
            x[rows] = is_open[rows] * (given[rows] + part @ x)
        if len(self.core):
            doors = is_open[self.core]
            arriving = doors * (given[self.core] + self.entering @ x)
            x[self.core] = _iterated(self.inner, arriving, guess[self.core] * doors, doors)
        for rows, part in self.late:
            x[rows] = is_open[rows] * (given[rows] + part @ x)
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


def _iterated(matrix: Matrix, given: Floats, guess: Floats, is_open: Floats) -> Floats:
    """Solve all columns at once by BiCGSTAB (van der Vorst 1992).

    A column that has converged or broken down stands still; what has not converged in the end is
    solved directly.
    """

    def applied(x: Floats) -> Floats:
        return x - is_open * (matrix @ x)

    x = guess.copy()
    scale = np.maximum(np.abs(given).sum(axis=0), 1e-300)
    residual = given - applied(x)
    shadow, direction = residual.copy(), residual.copy()
    rho = _dot(shadow, residual)
    for _ in range(MOST_ROUNDS):
        going = np.abs(residual).sum(axis=0) > RESIDUAL * scale
        if not going.any():
            break
        turned = applied(direction)
        alpha = _ratio(rho, _dot(shadow, turned), going)
        half = residual - alpha * turned
        image = applied(half)
        omega = _ratio(_dot(image, half), _dot(image, image), going)
        x += alpha * direction + omega * half
        residual = half - omega * image
        rho_next = _dot(shadow, residual)
        beta = _ratio(rho_next, rho, going) * _ratio(alpha, omega, going)
        direction = residual + beta * (direction - omega * turned)
        rho = rho_next
    residual = given - applied(x)
    x += residual
    for column in np.flatnonzero(np.abs(residual).sum(axis=0) > 1e-11 * scale):
        system = sparse.eye_array(len(x)) - sparse.diags_array(is_open[:, column]) @ matrix
        x[:, column] = splu(system.tocsc()).solve(given[:, column])
    return x


def _dot(left: Floats, right: Floats) -> Floats:
    product: Floats = np.einsum("ij,ij->j", left, right)
    return product


def _ratio(above: Floats, below: Floats, going: Bools) -> Floats:
    usable = going & (np.abs(below) > 1e-300)
    return np.divide(above, below, out=np.zeros_like(above), where=usable)
