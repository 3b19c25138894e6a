"""Circles: states with a way round them, closed channels and guesses change the time and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.worlds import slow_markov, worlds
from headwater.attribution import circles, krylov, removal
from headwater.attribution.circles import MOST_ROUNDS
from headwater.attribution.graph import graph
from headwater.attribution.reading import read_journeys
from headwater.attribution.removal import dense_losses, sparse_losses
from headwater.attribution.walking import walked

if TYPE_CHECKING:
    from attribution.worlds import World
    from headwater.attribution.graph import Graph

orders = st.sampled_from([1, 2, 3])


def graph_of(world: World, order: int) -> Graph:
    return graph(walked(read_journeys(world), order), order)


def market(journeys: int, channels: int, *, longest: int, seed: int = 7) -> World:
    """Return journeys in which few channels are common and all turn in circles."""
    chance = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, channels + 1)
    return [
        {
            "path": [
                f"c{channel}"
                for channel in chance.choice(channels, size, p=popularity / popularity.sum()).tolist()
            ],
            "conversions": int(chance.integers(0, 3)),
            "nulls": int(chance.integers(1, 5)),
            "value": 1,
        }
        for size in chance.integers(1, longest, journeys)
    ]


@given(world=worlds, order=orders, guesses=st.booleans(), width=st.integers(1, 300))
def test_guesses_and_blocks_change_no_loss(world: World, order: int, guesses: bool, width: int) -> None:
    made = graph_of(world, order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(circles, "MOST_CHANNELS", circles.MOST_CHANNELS if guesses else 0)
        patch.setattr(removal, "BLOCK_NUMBERS", width)

        base, lost = sparse_losses(made)

    exact_base, exact = dense_losses(made)
    assert base == pytest.approx(exact_base, rel=1e-9, abs=1e-12)
    assert lost == pytest.approx(exact, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("order", [2, 3])
def test_a_market_of_many_channels_is_solved_as_one_removal_after_the_other(order: int) -> None:
    world = market(300, 25, longest=12)
    base, effects = slow_markov(world, order)

    _, lost = sparse_losses(graph_of(world, order))

    names = read_journeys(world).channels
    assert dict(zip(names, lost[:, 0] / base, strict=True)) == pytest.approx(effects, rel=1e-9)


def test_the_proven_error_holds_where_a_coarser_answer_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    made = graph_of(market(500, 30, longest=12), 2)
    _, exact = dense_losses(made)
    monkeypatch.setattr(removal, "PRECISION", 1e-3)

    _, lost = sparse_losses(made)

    assert (np.abs(lost - exact)[:, 0] <= 1e-3 * still_brought(made)).all()
    assert not np.array_equal(lost, exact)


def still_brought(made: Graph) -> np.ndarray:
    """Return for each channel what all visits to it still bring."""
    visits = np.linalg.inv(np.eye(made.moves.shape[0]) - made.moves.toarray())
    bring = visits[0] * (visits @ made.rewards)[:, 0]
    return np.bincount(made.states[1:, 0], bring[1:], minlength=made.channel_count)


def test_journeys_that_turn_for_long_are_solved_by_other_means(monkeypatch: pytest.MonkeyPatch) -> None:
    turning = ["a", "b", "c"] * 2_000
    world = [
        {"path": [*turning, "d"], "conversions": 1, "nulls": 1, "value": 1},
        {"path": ["d", "a"], "conversions": 0, "nulls": 1, "value": 0},
    ]
    assert len(turning) > 10 * MOST_ROUNDS
    monkeypatch.setattr(circles, "MOST_CYCLES", 1)
    monkeypatch.setattr(krylov, "MOST_STEPS", 1)
    base, effects = slow_markov(world, 2)

    found, lost = sparse_losses(graph_of(world, 2))

    assert found[0] == pytest.approx(base, rel=1e-9)
    assert lost[:, 0] / base == pytest.approx(np.array(list(effects.values())), rel=1e-9)
