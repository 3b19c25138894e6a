"""Intervals: as wide as chance makes them, whoever counts and in whatever order."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.resampling import sets_without
from headwater.contract.models import FittedModel, LeftOut
from headwater.contract.query import ReportQuery
from headwater.report import answer
from headwater.report.measure.blocks import blocks
from headwater.report.measure.intervals import Bounds, Z, jackknifed, low_high, stated, student

from .conftest import solvable
from .test_blocks import kept_of

if TYPE_CHECKING:
    from .conftest import World


@given(credit=st.floats(0.001, 1e9), error=st.floats(0, 1e9), more=st.floats(1, 10))
def test_an_interval_holds_its_credit_stays_above_zero_and_grows_with_the_error(
    credit: float, error: float, more: float
) -> None:
    low, high = low_high(credit, error)
    wider_low, wider_high = low_high(credit, error * more)

    assert 0 <= low <= credit + 1e-6
    assert high >= credit - 1e-6
    assert wider_low <= low + 1e-6
    assert wider_high >= high - 1e-6


def test_with_many_conversions_the_interval_is_credit_plus_and_minus_two_errors() -> None:
    low, high = low_high(1_000_000, 1_000)

    assert (low, high) == pytest.approx((1_000_000 - Z * 1_000, 1_000_000 + Z * 1_000), rel=1e-5)


def test_money_that_was_given_back_keeps_its_sign() -> None:
    assert low_high(-10, 1) == (round(-10 - Z, 6), round(-10 + Z, 6))


def test_fewer_blocks_make_wider_intervals() -> None:
    assert Z < student(127) < student(31) < student(15) < 2.14


def test_what_adds_up_over_blocks_has_the_error_of_the_sum_of_its_blocks() -> None:
    by_block = np.array([[1.0], [3.0], [2.0], [2.0]])
    left = LeftOut(players=("a",), conversions=8 - by_block, values=80 - 10 * by_block)

    spread = jackknifed(left)

    # variance of a sum of 4 blocks: 4 times the variance of one
    assert spread.errors[0] == pytest.approx(sqrt(4 * by_block.var(ddof=1)))
    assert spread.value_errors[0] == pytest.approx(10 * spread.errors[0])
    assert spread.error_between("a", "nobody") == pytest.approx(spread.errors[0])


def test_an_aggregated_path_is_as_uncertain_as_the_persons_it_stands_for() -> None:
    left = sets_without(blocks(kept_of([(1, [0], 10_000, 0, 0)])))

    spread = jackknifed(left)

    # one person each: the error of their number is its root
    assert spread.errors[0] == pytest.approx(100, rel=0.25)


def test_neither_the_order_of_rows_nor_threads_change_an_interval(new_world: type[World]) -> None:
    answers = []
    for turn in range(2):
        world = new_world()
        for number in range(60):
            world.touch(f"person {number:02}", number % 7, ("email", "display", "direct")[number % 3])
            world.touch(f"person {number:02}", 8, ("email", "paid_search")[number % 2])
        for number in range(0, 60, 5):
            world.buy(f"person {number:02}", 9, str(10 + number))
        if turn:
            Random(5).shuffle(world.touchpoints)
            Random(6).shuffle(world.conversions)
        context = solvable(world)
        context.reader.execute(f"set threads to {1 + turn}")  # type: ignore[attr-defined]
        answers.append(answer("attribution", context, ReportQuery(models=tuple(context.models))).rows)

    assert answers[0] == answers[1]


def half(steps: str) -> str:
    """Credit half of each conversion to its last touch."""
    return f"""
        select *, case when step = step_count then 5e-1 else 0e0 end as weight,
            case when step = step_count then 5e-1 else 0e0 end as upto from ({steps}) as steps
    """


def near(placed: str) -> str:
    """State that credit is known to within a tenth."""
    return f"""
        select player, sum(weight) as conversions, 9e-1 * sum(weight) as low, 11e-1 * sum(weight) as high
        from ({placed}) as placed group by player
    """


@pytest.mark.parametrize(("values", "is_wider"), [(["10", "10", "10"], False), (["1", "1", "28"], True)])
def test_a_fitted_model_states_its_intervals_and_orders_of_many_sizes_widen_that_of_value(
    world: World, values: list[str], is_wider: bool
) -> None:
    for name, value in zip(("ada", "bo", "cy"), values, strict=True):
        world.touch(name, 1).buy(name, 2, value)
    fitted = FittedModel(
        name="fitted", summary="", fits="", weighted=half, bounds_sql=near, method="95 %, stated"
    )
    context = replace(world.context(), models={"fitted": fitted})

    table = answer("attribution", context, ReportQuery(models=("fitted",)))

    row = table.rows[0]
    assert (row["conversions_low"], row["conversions_high"]) == (1.35, 1.65)
    assert (float(row["value_high"]) > 16.5) == is_wider
    assert (float(row["value_low"]) < 13.5) == is_wider
    assert table.meta["intervals"] == {"fitted": "95 %, stated"}
    assert table.meta["guard"]["fitted"]["verdict"] == "not_trusted"


def test_players_whose_intervals_are_stated_move_apart_from_each_other() -> None:
    ends = {f"player {place}": Bounds(conversions=(0.0, 2 * Z), value=(0.0, 2 * Z)) for place in range(20)}

    spread = stated(ends, method="")

    assert spread.error_between("player 3", "player 17") == pytest.approx(sqrt(2))
    assert spread.value_error_of({"player 0": 3.0, "player 1": -4.0}) == pytest.approx(5)
