"""Walking: however journeys are cut up, the same steps are counted as touch by touch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.worlds import worlds
from headwater.attribution import reading, walking
from headwater.attribution.reading import read_journeys
from headwater.attribution.walking import walked
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from attribution.worlds import World

Counted = tuple[Counter[int], Counter[int]]


def by_hand(world: World, order: int) -> Counted:
    """Count steps, and conversions by the state in which they happen, straight from the definition."""
    names = sorted({channel for row in world for channel in row["path"]})
    steps: Counter[int] = Counter()
    ends: Counter[int] = Counter()
    for row in world:
        state: tuple[int, ...] = (0,) * order
        for channel in row["path"]:
            code = names.index(channel)
            steps[number(state, len(names) + 1) * len(names) + code] += row["conversions"] + row["nulls"]
            state = (code + 1, *state)[:order]
        ends[number(state, len(names) + 1)] += row["conversions"]
    return +steps, +ends


def number(state: tuple[int, ...], base: int) -> int:
    return sum(digit * base**place for place, digit in enumerate(state))


def counted(world: World, order: int) -> Counted:
    walk = walked(read_journeys(world), order)
    steps = Counter(dict(zip(walk.steps.tolist(), walk.weights.tolist(), strict=True)))
    return steps, +Counter(dict(zip(walk.ended.tolist(), walk.conversions.tolist(), strict=True)))


@given(world=worlds, order=st.sampled_from([1, 2, 3]), at_once=st.integers(1, 20))
def test_steps_and_ends_are_those_of_the_definition(world: World, order: int, at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walking, "AT_ONCE", at_once)

        assert counted(world, order) == by_hand(world, order)


@given(world=worlds, order=st.sampled_from([1, 2, 3]))
def test_steps_too_many_for_counters_are_counted_the_same(world: World, order: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walking, "DENSE_TALLY", 1)

        assert counted(world, order) == by_hand(world, order)


@given(world=worlds, most=st.sampled_from([0.0, 2.0]))
def test_paths_counted_before_they_are_split_are_the_same_journeys(world: World, most: float) -> None:
    texts = [{**row, "path": " > ".join(row["path"])} for row in world + world]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MOST_DISTINCT", most)

        assert counted(texts, 2) == by_hand(world + world, 2)


def test_more_states_than_numbers_are_refused() -> None:
    many = [{"path": [f"c{place}" for place in range(70_000)]}]

    with pytest.raises(UsageError, match="too many for a Markov graph of order 3"):
        walked(read_journeys(many), 3)
