"""Shortcuts: leaving states out changes no way through the graph, nor what is met on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from attribution.test_circles import graph_of, market
from headwater.attribution import shortcuts as module
from headwater.attribution.shortcuts import Shortcuts, shortcuts

if TYPE_CHECKING:
    from headwater.attribution.graph import Graph

orders = st.sampled_from([1, 2, 3])
markets = st.builds(
    market, st.integers(5, 120), st.integers(2, 30), longest=st.integers(3, 14), seed=st.integers(0, 10)
)


def left_out_of(graph: Graph) -> Shortcuts:
    """Return the graph's shortcuts, rows where journeys go."""
    order = graph.states.shape[1]
    return shortcuts(graph.moves.T.tocsr(), graph.states[:, 0], order, graph.channel_count)


@given(world=markets, order=orders)
def test_visits_to_the_states_that_stay_are_those_of_the_whole_graph(world: list, order: int) -> None:
    made = graph_of(world, order)

    short = left_out_of(made)

    whole = np.linalg.inv(np.eye(len(made.states)) - made.moves.T.toarray())
    found = np.linalg.inv(np.eye(len(short.kept)) - short.matrix.toarray())
    assert found == pytest.approx(whole[np.ix_(short.kept, short.kept)], rel=1e-9, abs=1e-12)


@given(world=markets, order=orders, channel=st.integers(0, 29))
def test_visits_with_a_channel_closed_are_those_of_the_whole_graph_without_it(
    world: list, order: int, channel: int
) -> None:
    made = graph_of(world, order)
    channel %= made.channel_count

    short = left_out_of(made)

    open_states = ~(made.states == channel).any(axis=1)
    moves = made.moves.T.toarray() * open_states * open_states[:, None]
    whole = np.linalg.inv(np.eye(len(made.states)) - moves)
    target, source, _, weight = short.hidden.of(np.array([channel]))
    matrix = short.matrix.toarray()
    np.subtract.at(matrix, (target, source), weight)
    is_open = open_states[short.kept]
    matrix *= is_open * is_open[:, None]
    found = np.linalg.inv(np.eye(len(short.kept)) - matrix)
    assert found == pytest.approx(whole[np.ix_(short.kept, short.kept)], rel=1e-9, abs=1e-12)


@given(world=markets, order=orders)
def test_a_layer_is_reached_from_states_that_stay_and_layers_before_it_alone(world: list, order: int) -> None:
    made = graph_of(world, order)
    short = left_out_of(made)
    known = set(short.kept.tolist())

    for layer in short.skipped:
        for state in layer.tolist():
            assert set(made.moves[:, [state]].tocoo().coords[0].tolist()) <= known
        known |= set(layer.tolist())

    assert known == set(range(len(made.states)))


def test_the_matrix_gets_no_fuller_and_much_smaller() -> None:
    made = graph_of(market(3_000, 60, longest=12), 3)

    short = left_out_of(made)

    assert short.matrix.nnz <= made.moves.nnz
    assert len(short.kept) < 0.2 * len(made.states)
    assert len(short.hidden.weight)


def test_where_ways_through_shortcuts_are_too_many_fewer_states_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = graph_of(market(3_000, 60, longest=12), 3)
    most = left_out_of(made)
    monkeypatch.setattr(module, "MOST_PATHS", 1)

    fewer = left_out_of(made)

    assert len(most.kept) < len(fewer.kept) < len(made.states)
    assert not len(fewer.hidden.weight)


def test_states_that_only_seem_to_go_in_no_circle_are_solved_as_well() -> None:
    tiny = 1e-200  # times itself it is nothing
    matrix = sparse.csr_array(np.array([[0, 0, 0.5], [tiny, 0, 0], [0, tiny, 0]]))

    short = shortcuts(matrix, np.array([0, 1, 2]), 1, 3)

    assert sorted([*short.kept.tolist(), *np.concatenate(short.skipped).tolist()]) == [0, 1, 2]
    assert len(short.kept)
