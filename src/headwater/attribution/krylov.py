"""Krylov: solve x = given + M x for many columns at once by BiCGSTAB, with rows shut in each.

Reads  a sparse matrix of chances (rows or columns sum to less than 1)
Makes  x
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    from headwater.attribution.pieces import Bools, Floats

Matrix = sparse.csr_array[np.float64]
RESIDUAL = 1e-15
MOST_ROUNDS = 300
ENOUGH = 1e-11
"""Residual, as a share of what is given, with which a solution is taken."""
MOST_STEPS = 2_000


def iterated(matrix: Matrix, given: Floats, guess: Floats, is_open: Floats) -> Floats:
    """Solve all columns at once by BiCGSTAB (van der Vorst 1992).

    A column that has converged or broken down stands still. What has not converged in the end is solved
    by plain steps, which always come nearer, and where even these are too slow, directly.
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
    late = np.flatnonzero(np.abs(residual).sum(axis=0) > ENOUGH * scale)
    if len(late):
        x[:, late] = _stepped(matrix, given[:, late], x[:, late], is_open[:, late])
    return x


def _stepped(matrix: Matrix, given: Floats, x: Floats, is_open: Floats) -> Floats:
    scale = np.maximum(np.abs(given).sum(axis=0), 1e-300)
    for _ in range(MOST_STEPS):
        following = given + is_open * (matrix @ x)
        left = np.abs(following - x).sum(axis=0)
        x = following
        if (left <= ENOUGH * scale).all():
            return x
    for column in np.flatnonzero(left > ENOUGH * scale):
        system = sparse.eye_array(len(x)) - sparse.diags_array(is_open[:, column]) @ matrix
        x[:, column] = splu(system.tocsc()).solve(given[:, column])
    return x


def _dot(left: Floats, right: Floats) -> Floats:
    product: Floats = np.einsum("ij,ij->j", left, right)
    return product


def _ratio(above: Floats, below: Floats, going: Bools) -> Floats:
    usable = going & (np.abs(below) > 1e-300)
    return np.divide(above, below, out=np.zeros_like(above), where=usable)
