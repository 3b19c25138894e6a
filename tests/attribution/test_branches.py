"""Branches: what is worked out before and beside the circles is what one removal after the other finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.test_circles import graph_of, market
from attribution.worlds import slow_markov
from headwater.attribution.branches import Branches, Layers, branches
from headwater.attribution.fixed_point import FixedPoint

if TYPE_CHECKING:
    from headwater.attribution.graph import Graph

orders = st.sampled_from([1, 2, 3])


def beside(graph: Graph) -> tuple[Branches, Layers]:
    """Return the branches of the graph, with all states of circles kept."""
    into = graph.moves.T.tocsr()
    flow = FixedPoint(into)
    layers = Layers(
        early=[rows for rows, _ in flow.early],
        skipped=[],
        kept=flow.core,
        late=[rows for rows, _ in flow.late],
    )
    visits = np.linalg.inv(np.eye(len(graph.states)) - graph.moves.toarray())
    coming = visits @ graph.rewards
    found = branches(
        graph.moves, into, layers, graph.states[:, 0], visits[0], coming, channel_count=graph.channel_count
    )
    return found, layers


@given(size=st.integers(1, 9), seed=st.integers(0, 20), order=orders)
def test_journeys_that_never_turn_back_are_worked_out_without_any_circle(
    size: int, seed: int, order: int
) -> None:
    chance = np.random.default_rng(seed)
    world = [
        {
            "path": [f"c{channel}" for channel in np.sort(chance.choice(12, size, replace=False)).tolist()],
            "conversions": int(chance.integers(0, 3)),
            "nulls": 1,
            "value": int(chance.integers(0, 5)),
        }
        for _ in range(20)
    ]
    world[0]["conversions"] = 1
    base, effects = slow_markov(world, order)

    found, layers = beside(graph_of(world, order))

    assert not len(layers.kept)
    assert found.lost[:, 0] / base == pytest.approx(np.array(list(effects.values())), rel=1e-9)


@given(seed=st.integers(0, 20), order=orders)
def test_what_arrives_in_circles_and_has_met_a_channel_is_what_all_other_states_bring(
    seed: int, order: int
) -> None:
    made = graph_of(market(60, 8, longest=9, seed=seed), order)

    found, layers = beside(made)

    is_kept = np.zeros(len(made.states), dtype=bool)
    is_kept[layers.kept] = True
    moves = made.moves.toarray()
    for channel in range(made.channel_count):
        is_open = ~(made.states == channel).any(axis=1)
        # journeys that have not met the channel and are in no kept state
        going = moves * is_open[:, None] * is_open * ~is_kept * ~is_kept[:, None]
        unmet = np.linalg.inv(np.eye(len(going)) - going)[0] * ~is_kept @ moves
        arriving = found.arriving - found.met[:, [channel]].toarray()[:, 0]
        seen = is_open[layers.kept]
        assert arriving[seen] == pytest.approx(unmet[layers.kept][seen], rel=1e-9, abs=1e-12)
