"""By hand: the sets of paths on the page `where-peers-differ`, worked out with fractions and by walking."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.worlds import worlds
from headwater.attribution import Linear, Markov, Shapley

if TYPE_CHECKING:
    from attribution.worlds import World

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "where-peers-differ.md"
State = tuple[str, ...]


def world(*rows: tuple[str, int, int]) -> World:
    """Return journeys from (path, conversions, nulls)."""
    return [{"path": path, "conversions": won, "nulls": lost, "value": 0} for path, won, lost in rows]


def walked(journeys: World, order: int, *, without: str | None = None) -> Fraction:
    """Return the chance to convert, by letting one whole journey flow step by step until next to nothing is left."""
    leaving: dict[State, dict[State, int]] = defaultdict(lambda: defaultdict(int))
    wins: dict[State, int] = defaultdict(int)
    through: dict[State, int] = defaultdict(int)
    for row in journeys:
        state: State = ()
        weight = row["conversions"] + row["nulls"]
        for channel in row["path"]:
            following = (*state, channel)[-order:]
            leaving[state][following] += weight
            through[state] += weight
            state = following
        wins[state] += row["conversions"]
        through[state] += weight
    flowing: dict[State, Fraction] = {(): Fraction(1)}
    converted = Fraction(0)
    for _ in range(400):
        arrived: dict[State, Fraction] = defaultdict(Fraction)
        for state, amount in flowing.items():
            if not through[state]:
                continue
            converted += amount * wins[state] / through[state]
            for following, weight in leaving[state].items():
                if following[-1] != without:
                    arrived[following] += amount * weight / through[state]
        flowing = {
            state: amount.limit_denominator(10**18) for state, amount in arrived.items() if amount > 1e-17
        }
    return converted


@given(journeys=worlds, order=st.integers(1, 3))
@settings(max_examples=15)
def test_removal_effects_are_what_is_left_when_a_journey_flows_without_the_channel(
    journeys: World, order: int
) -> None:
    short = [{**row, "path": row["path"][:4]} for row in journeys[:5]]
    base = walked(short, order)

    markov = Markov(order=order).fit(short)

    assert markov.base_probability_ == pytest.approx(float(base), abs=1e-9)
    for channel, effect in markov.removal_effects_.items():
        expected = float(1 - walked(short, order, without=channel) / base) if base else 0.0
        assert effect == pytest.approx(expected, abs=1e-7)


def test_walks_that_nobody_took_count_where_the_graph_allows_them() -> None:
    journeys = world(("a > b", 1, 0), ("a", 0, 1), ("b > a", 0, 1))

    markov = Markov().fit(journeys)

    assert markov.base_probability_ == pytest.approx(1 / 3)
    assert markov.removal_effects_ == pytest.approx({"a": 1 / 2, "b": 1})
    assert markov.credits_ == pytest.approx({"a": 1 / 3, "b": 2 / 3})


def test_credit_follows_removal_effects_over_all_journeys_not_in_each() -> None:
    journeys = world(("a", 1, 0), ("a > b", 2, 0), ("b", 0, 1))

    markov = Markov().fit(journeys)

    assert markov.base_probability_ == pytest.approx(3 / 4)
    assert markov.removal_effects_ == pytest.approx({"a": 7 / 9, "b": 2 / 3})
    assert markov.credits_ == pytest.approx({"a": 21 / 13, "b": 18 / 13})


def test_a_coalition_is_worth_all_conversions_inside_it() -> None:
    won = {"a": 5, "ab": 1}

    def worth(inside: str) -> int:
        return sum(count for path, count in won.items() if set(path) <= set(inside))

    gains = {"a": Fraction(0), "b": Fraction(0)}
    for order in permutations("ab"):
        for place, channel in enumerate(order):
            gains[channel] += Fraction(worth("".join(order[: place + 1])) - worth("".join(order[:place])), 2)

    shapley = Shapley().fit(world(("a", 5, 0), ("a > b", 1, 0)))

    assert gains == {"a": Fraction(11, 2), "b": Fraction(1, 2)}
    assert shapley.credits_ == {name: float(gain) for name, gain in gains.items()}


def test_linear_counts_touches() -> None:
    assert Linear().fit(world(("a > a > b", 1, 0))).credits_ == pytest.approx({"a": 2 / 3, "b": 1 / 3})


def test_the_page_says_what_is_worked_out_here() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for said in (
        "**a 1/3, b 2/3**",
        "**21/13 = 1.615**",
        "**18/13 = 1.385**",
        "**5.5 for a**",
        "**0.5 for b**",
    ):
        assert said in page
