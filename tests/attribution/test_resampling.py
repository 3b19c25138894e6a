"""Resampling: without a block is as if its persons had never come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.attribution import markov, shapley
from headwater.attribution.resampling import FEWEST, blocks_for, joined, work
from headwater.contract.models import PathModel, Runs
from headwater.contract.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

JOURNEY = st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.booleans(), st.integers(1, 90))
BLOCKS = st.lists(st.lists(JOURNEY, max_size=5), min_size=2, max_size=4).filter(
    lambda blocks: any(blocks) and any(is_done for block in blocks for _, is_done, _ in block)
)
NAMES = ("a", "b", "c", "d")


def runs_of(journeys: list[tuple[list[int], bool, int]], players: tuple[str, ...] = NAMES) -> Runs:
    length = np.array([len(codes) for codes, *_ in journeys], dtype=np.int64)
    done = np.array([is_done for _, is_done, _ in journeys], dtype=np.int64)
    value = np.array([value for *_, value in journeys], dtype=np.int64)
    codes = [players.index(NAMES[code]) for own, *_ in journeys for code in own]
    return Runs(
        players=players,
        codes=np.array(codes, dtype=np.int64),
        first=np.cumsum(length) - length,
        length=length,
        conversions=done,
        nulls=1 - done,
        micros=done * value * 10**6,
    )


def credited(model: PathModel, journeys: list[tuple[list[int], bool, int]]) -> Mapping[str, Any]:
    """Return what a model credits to those who take part in the journeys."""
    assert model.counted is not None
    met = {NAMES[code] for codes, *_ in journeys for code in codes}
    return model.counted(runs_of(journeys, tuple(sorted(met)))) if journeys else {}


def modelled(name: str, order: int) -> PathModel:
    settings = Settings(markov_order=order)
    model: PathModel = {"markov": markov.model, "shapley": shapley.model}[name](settings)
    assert model.left_out is not None
    return model


@settings(max_examples=80, deadline=None)
@given(blocks=BLOCKS, name=st.sampled_from(["markov", "shapley"]), order=st.integers(1, 3))
def test_what_is_left_out_is_as_if_it_had_never_come(
    blocks: list[list[tuple[list[int], bool, int]]], name: str, order: int
) -> None:
    model = modelled(name, order)
    assert model.left_out is not None
    met = sorted({code for block in blocks for codes, *_ in block for code in codes})
    players = tuple(NAMES[code] for code in met)

    left = model.left_out([runs_of(block, players) for block in blocks])

    assert left is not None
    assert left.players == players
    for place in range(len(blocks)):
        others = [journey for other, block in enumerate(blocks) if other != place for journey in block]
        meant = credited(model, others)
        for column, player in enumerate(players):
            conversions, value = meant.get(player, (0.0, 0))
            assert left.conversions[place, column] == pytest.approx(conversions, abs=1e-9)
            assert left.values[place, column] == pytest.approx(float(value), abs=1e-5)


@pytest.mark.parametrize("name", ["markov", "shapley"])
def test_other_names_for_the_players_change_no_number(name: str) -> None:
    blocks = [runs_of([([0, 1], True, 5), ([2], False, 0)]), runs_of([([1, 2, 0], True, 7)])]
    turned = [replace(block, codes=3 - block.codes) for block in blocks]
    model = modelled(name, 1)
    assert model.left_out is not None

    one, other = model.left_out(blocks), model.left_out(turned)

    assert one is not None
    assert other is not None
    assert one.conversions == pytest.approx(other.conversions[:, ::-1])


def test_players_beyond_reach_have_no_interval_rather_than_a_long_wait() -> None:
    few, many = work(12, order=1, steps=156), work(1_000, order=1, steps=10**6)
    beyond = work(4_000, order=1, steps=10**7)

    assert blocks_for(few, most=128) == 128
    assert FEWEST <= blocks_for(many, most=128) < 128
    assert blocks_for(beyond, most=128) == 0


def test_joined_blocks_still_hold_every_journey() -> None:
    blocks = [runs_of([([place % 4, (place + 1) % 4], True, 1)]) for place in range(128)]
    players = tuple(f"player {number:04}" for number in range(900))
    model = modelled("markov", 1)
    assert model.left_out is not None

    left = model.left_out([replace(block, players=players) for block in blocks])

    assert left is not None
    assert len(left.conversions) < 128
    assert left.conversions.sum(axis=1) == pytest.approx(128 - 128 / len(left.conversions))


def test_blocks_without_any_step_are_joined_too() -> None:
    assert joined(np.zeros((4, 0, 1)), 2).shape == (2, 0, 1)
