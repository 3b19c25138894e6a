"""Removal: what the chance of conversion, and the money, lose when a channel is taken out.

Reads  a Markov graph
Makes  base rewards, and for each channel the reward that is lost without it

Let Q hold the chances between states, N = (I - Q)^-1 the expected visits, r the reward and h = N r
the reward still to come. Taking out channel j sends every journey to null at its first meeting with
j. By the strong Markov property that costs exactly

    lost(j) = sum over x of f(x) h(x)

where x are the states through which j is met first and f(x) is the chance that a journey's first
meeting with j is at x. No chance of conversion is taken from another, so that small effects keep their digits; what
is rounded is a share of all visits to the channel (see PRECISION).

Dense: visits to the meeting states split by the first of them, v = f N restricted to those states,
so f solves a small system; for order 1 it is one number and f(j) = v(j) / N(j, j). One inverse gives
every channel. Sparse: u = visits while j is closed solves u = s + u Q on the other states, and
f = u Q on the meeting states. What lies off the circles of the graph is worked out for all channels at once
(`branches`); in the circles, of which most states are left out (`shortcuts`), a block of channels is solved
together (`circles`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.branches import Layers, branches
from headwater.attribution.circles import Circles, States
from headwater.attribution.fixed_point import FixedPoint

if TYPE_CHECKING:
    from headwater.attribution.graph import Graph
    from headwater.attribution.pieces import Floats

DENSE_STATES = 4_000
"""An inverse of this size takes 128 MB and a few seconds."""
BLOCK_NUMBERS = 32_000_000
"""States times channels that are solved together; what is held of them at once is about 1.4 GB."""
MOST_COLUMNS = 64
MANY_STATES = 100_000
PRECISION, PRECISION_OF_MANY = 1e-11, 1e-9
"""Most error of what a channel loses, as a share of what all visits to it still bring. It is proven from the
residual; where it was looked at, the error was a thousandth of it."""
LEAST = 1e-6
"""Share of all reward below which what a channel brings is as good as this."""


def losses(graph: Graph) -> tuple[Floats, Floats]:
    """Return the rewards of the whole graph and, one row a channel, what is lost without it."""
    size, order = graph.states.shape
    is_dense = order == 1 and size <= DENSE_STATES
    return dense_losses(graph) if is_dense or not graph.channel_count else sparse_losses(graph)


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
    """Return what `losses` returns, by iteration; for graphs of many states.

    How far from exact is said at PRECISION.
    """
    size, order = graph.states.shape
    # refunds count in full here: no state brings more than this
    rewards = np.column_stack([graph.rewards, np.abs(graph.rewards[:, 1])])
    coming = FixedPoint(graph.moves).solved(rewards, rewards)
    most = coming[:, [0, 2]] / np.where(coming[0, [0, 2]] > 0, coming[0, [0, 2]], np.inf)
    into = graph.moves.T.tocsr()
    flow = FixedPoint(into)
    start = np.zeros((size, 1))
    start[0] = 1.0
    visits = flow.solved(start, start)[:, 0]
    circles = Circles(
        flow.inner,
        States(
            channel_count=graph.channel_count,
            latest=graph.states[flow.core, 0],
            visits=visits[flow.core],
            coming=most[flow.core].sum(axis=1),
            order=order,
        ),
    )
    kept = flow.core[circles.kept]
    layers = Layers(
        early=[rows for rows, _ in flow.early],
        skipped=[flow.core[layer] for layer in circles.skipped],
        kept=kept,
        late=[rows for rows, _ in flow.late],
    )
    beside = branches(
        graph.moves, into, layers, graph.states[:, 0], visits, coming[:, :2], graph.channel_count
    )
    precision = PRECISION if size < MANY_STATES else PRECISION_OF_MANY
    enough = precision * _least_brought(graph, visits, most)
    lost = beside.lost
    if not len(kept):
        return coming[0, :2], lost
    holders = graph.holders(kept)
    width = max(1, min(MOST_COLUMNS, BLOCK_NUMBERS // len(kept)))
    for first in range(0, graph.channel_count, width):
        channels = np.arange(first, min(first + width, graph.channel_count))
        given = beside.arriving[:, None] - beside.met[:, channels].toarray()
        within = circles.solved(given, visits[kept], holders.of(channels), channels, enough[channels])
        for reward, onwards in enumerate(beside.onwards):
            lost[channels, reward] += np.ones(len(kept)) @ onwards[:, channels].multiply(within)
    return coming[0, :2], lost


def _least_brought(graph: Graph, visits: Floats, most: Floats) -> Floats:
    """Return what all visits to each channel still bring, of the reward of which they bring the least."""
    brought = np.full((graph.channel_count, most.shape[1]), np.inf)
    for reward in np.flatnonzero(most[0] > 0):
        latest = graph.states[:, 0] + 1
        each = np.bincount(latest, visits * most[:, reward], minlength=graph.channel_count + 1)
        brought[:, reward] = np.maximum(each[1:], LEAST)
    least: Floats = brought.min(axis=1)
    return least
