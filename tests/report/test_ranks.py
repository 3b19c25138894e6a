"""Ranks: what stands clearly apart keeps its place, what does not shows both places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.models import LeftOut
from headwater.report.measure.intervals import Spread, jackknifed
from headwater.report.measure.ranks import chance_above, ranks


def spread_of(**errors: float) -> Spread:
    """Return the spread of players that move apart from each other, each with its error."""
    turns = np.where(np.random.default_rng(1).random((64, len(errors))) < 0.5, -1.0, 1.0)
    moves = turns / 8 * np.array(list(errors.values()))
    left = LeftOut(players=tuple(errors), conversions=-moves, values=-moves)
    return jackknifed(left)


def test_credits_far_apart_have_one_rank() -> None:
    found = ranks({"ada": 100.0, "bo": 50.0, "cy": 1.0}, spread_of(ada=3, bo=3, cy=0.5))

    assert [(row["rank_low"], row["rank_high"]) for row in found.values()] == [(1, 1), (2, 2), (3, 3)]
    assert found["ada"]["above_next"] == pytest.approx(1.0)
    assert "above_next" not in found["cy"]


def test_credits_within_their_errors_may_change_places() -> None:
    found = ranks({"ada": 51.0, "bo": 50.0, "cy": 1.0}, spread_of(ada=3, bo=3, cy=0.5))

    assert (found["ada"]["rank"], found["ada"]["rank_high"]) == (1, 2)
    assert (found["bo"]["rank"], found["bo"]["rank_low"]) == (2, 1)
    assert 0.5 < found["ada"]["above_next"] < 0.7


def test_players_that_rise_and_fall_together_keep_their_order() -> None:
    together = np.random.default_rng(2).normal(size=(64, 1)) @ np.array([[1.1, 1.0]])
    found = ranks(
        {"ada": 55.0, "bo": 50.0},
        jackknifed(LeftOut(players=("ada", "bo"), conversions=together, values=together)),
    )

    assert found["ada"]["rank_high"] == 1


def test_equal_credits_stand_by_name() -> None:
    found = ranks({"bo": 1.0, "ada": 1.0}, None)

    assert found == {"ada": {"rank": 1}, "bo": {"rank": 2}}


def test_certain_credits_stand_where_they_stand() -> None:
    found = ranks({"ada": 2.0, "bo": 1.0}, spread_of(ada=0, bo=0))

    assert found["bo"] == {"rank": 2, "rank_low": 2, "rank_high": 2}
    assert found["ada"]["above_next"] == 1.0


@settings(max_examples=40, deadline=None)
@given(credit=st.lists(st.floats(0, 1e6), min_size=1, max_size=6), error=st.floats(0, 1e5))
def test_a_rank_lies_in_its_range_and_all_ranks_are_given(credit: list[float], error: float) -> None:
    names = "abcdef"[: len(credit)]
    found = ranks(dict(zip(names, credit, strict=True)), spread_of(**dict.fromkeys(names, error)))

    assert sorted(row["rank"] for row in found.values()) == list(range(1, len(credit) + 1))
    for row in found.values():
        assert 1 <= row["rank_low"] <= row["rank"] <= row["rank_high"] <= len(credit)


@given(gap=st.floats(-1e6, 1e6), error=st.floats(0.001, 1e6))
def test_one_of_two_stands_above_the_other(gap: float, error: float) -> None:
    assert chance_above(gap, error) + chance_above(-gap, error) == pytest.approx(1)
