"""Removal: what the chance of conversion, and the money, lose when a channel is taken out.

Reads  a Markov graph
Makes  base rewards, and for each channel the reward that is lost without it

Let Q hold the chances between states, N = (I - Q)^-1 the expected visits, r the reward and h = N r
the reward still to come. Taking out channel j sends every journey to null at its first meeting with
j. By the strong Markov property that costs exactly

    lost(j) = sum over x of f(x) h(x)

where x are the states through which j is met first and f(x) is the chance that a journey's first
meeting with j is at x. Nothing is subtracted, so small effects keep their digits.

Dense: visits to the meeting states split by the first of them, v = f N restricted to those states,
so f solves a small system; for order 1 it is one number and f(j) = v(j) / N(j, j). One inverse gives
every channel. Sparse: u = visits while j is closed solves u = s + u Q on the other states, and
f = u Q on the meeting states; all channels of a block are iterated together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.attribution.graph import Graph
    from headwater.attribution.pieces import Bools, Floats

DENSE_STATES = 4_000
"""An inverse of this size takes 128 MB and a few seconds."""
BLOCK_NUMBERS = 4_000_000
"""States times channels that are iterated together."""
RESIDUAL = 1e-15
MOST_ROUNDS = 300


def losses(graph: Graph) -> tuple[Floats, Floats]:
    """Return the rewards of the whole graph and, one row a channel, what is lost without it."""
    size = graph.moves.shape[0]
    by_inverse = 2.0 * size**3 / 2e10
    by_rounds = 25.0 * graph.channel_count * (graph.moves.nnz + 8 * size) / 6e8
    if size <= DENSE_STATES and by_inverse <= by_rounds + 0.02:
        return dense_losses(graph)
    return sparse_losses(graph)


def dense_losses(graph: Graph) -> tuple[Floats, Floats]:
    """Return what `losses` returns, by one inverse; for graphs of few states."""
    size = graph.moves.shape[0]
    visits = np.linalg.inv(np.eye(size) - graph.moves.toarray())
    coming = visits @ graph.rewards
    lost = np.zeros((graph.channel_count, 2))
    if graph.states.shape[1] == 1:
        states = np.arange(1, size)
        met = visits[0, states] / visits[states, states]
        lost[graph.states[states, 0]] = met[:, None] * coming[states]
        return coming[0], lost
    for channel in range(graph.channel_count):
        meeting = graph.entering(channel)
        met = np.linalg.solve(visits[np.ix_(meeting, meeting)].T, visits[0, meeting])
        lost[channel] = met @ coming[meeting]
    return coming[0], lost


def sparse_losses(graph: Graph) -> tuple[Floats, Floats]:
    """Return what `losses` returns, by iteration; for graphs of many states."""
    size = graph.moves.shape[0]
    forward, backward = graph.moves.tocsr(), graph.moves.T.tocsr()
    start = np.zeros((size, 1))
    start[0] = 1.0
    coming = _solved(lambda x: x - forward @ x, graph.rewards, graph.rewards, forward)
    visits = _solved(lambda x: x - backward @ x, start, start, backward)
    lost = np.zeros((graph.channel_count, 2))
    width = max(1, min(64, BLOCK_NUMBERS // size))
    for first in range(0, graph.channel_count, width):
        channels = range(first, min(first + width, graph.channel_count))
        is_open = np.ones((size, len(channels)))
        for column, channel in enumerate(channels):
            is_open[graph.holding(channel), column] = 0.0
        closed = _closed(backward, is_open)
        within = _solved(closed, start * is_open, visits * is_open, backward, is_open)
        arriving = np.asarray(backward @ within)
        for column, channel in enumerate(channels):
            meeting = graph.entering(channel)
            lost[channel] = arriving[meeting, column] @ coming[meeting]
    return coming[0], lost


def _closed(moves: sparse.csr_array[np.float64], is_open: Floats) -> Callable[[Floats], Floats]:
    return lambda x: x - is_open * (moves @ x)


def _solved(
    applied: Callable[[Floats], Floats],
    given: Floats,
    guess: Floats,
    moves: sparse.csr_array[np.float64],
    is_open: Floats | None = None,
) -> Floats:
    """Solve `applied(x) = given` for all columns at once by BiCGSTAB (van der Vorst 1992).

    A column that has converged or broken down stands still; what has not converged in the end is
    solved directly.
    """
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
        mask = np.ones(len(x)) if is_open is None else is_open[:, column]
        matrix = sparse.eye_array(len(x)) - sparse.diags_array(mask) @ moves
        x[:, column] = splu(matrix.tocsc()).solve(given[:, column])
    return x


def _dot(left: Floats, right: Floats) -> Floats:
    product: Floats = np.einsum("ij,ij->j", left, right)
    return product


def _ratio(above: Floats, below: Floats, going: Bools) -> Floats:
    usable = going & (np.abs(below) > 1e-300)
    return np.divide(above, below, out=np.zeros_like(above), where=usable)
