"""Budget: a move gains what the difference of the average returns says, as surely as the credits are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contract.errors import UsageError
from headwater.contract.models import FittedModel
from headwater.contract.query import ReportQuery, ReportTable
from headwater.report import answer
from headwater.report.budget import NOTE, parsed_move

from .conftest import World, solvable

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext

SPEND = {"display": Decimal(500), "email": Decimal(100), "a:b": Decimal(1)}


def budget(context: ReportContext, **asked: Any) -> ReportTable:
    return answer("budget", context, ReportQuery(**({"models": ("linear",)} | asked)))


def pay(world: World, campaign: str, spend: str) -> None:
    world.row(
        "spend",
        platform="google_ads",
        account_id=campaign,
        campaign=campaign,
        spend=Decimal(spend),
        spent_on=date(2026, 1, 3),
        currency="USD",
        known_at=datetime(2026, 2, 1),
    )


@pytest.fixture
def paid(world: World) -> World:
    """Return a world where search brings 30 orders, display 3 and e-mail 28, for the same money."""
    for channel, persons in (("search", 30), ("display", 3), ("email", 28)):
        for number in range(persons):
            name = f"{channel} {number}"
            world.touch(name, 1, channel, source="google", campaign=channel).buy(name, 2, "10")
        pay(world, channel, "100")
    return world


def test_each_pair_has_one_row_in_the_direction_that_gains(paid: World) -> None:
    table = budget(solvable(paid))

    assert [(row["from"], row["to"]) for row in table.rows] == [
        ("display", "search"),
        ("display", "email"),
        ("email", "search"),
    ]
    # a tenth of 100 moves, from a return of 0.3 to one of 3
    assert table.rows[0]["amount"] == Decimal(10)
    assert table.rows[0]["gain"] == pytest.approx(10 * (3.0 - 0.3))


def test_a_clear_gain_is_better_and_an_unclear_one_undecided(paid: World) -> None:
    rows = {(row["from"], row["to"]): row for row in budget(solvable(paid)).rows}

    clear, unclear = rows["display", "search"], rows["email", "search"]
    assert clear["verdict"] == "better"
    assert clear["gain_low"] > 0
    assert clear["loss_chance"] < 0.001
    assert unclear["verdict"] == "undecided"
    assert unclear["gain_low"] < 0 < unclear["gain_high"]
    assert 0.3 < unclear["loss_chance"] < 0.5


def test_a_move_that_loses_for_certain_is_worse(paid: World) -> None:
    row = budget(solvable(paid), move="search:display:50").rows[0]

    assert (row["amount"], row["verdict"]) == (Decimal(50), "worse")
    assert row["gain"] == pytest.approx(50 * (0.3 - 3.0))
    assert row["loss_chance"] > 0.999


def test_a_move_and_the_move_back_gain_and_lose_the_same(paid: World) -> None:
    context = solvable(paid)

    there = budget(context, move="display:search:20").rows[0]
    back = budget(context, move="search:display:20").rows[0]

    assert there["gain"] == pytest.approx(-back["gain"])
    assert there["gain_high"] == pytest.approx(-back["gain_low"], abs=1e-5)
    assert there["loss_chance"] == pytest.approx(1 - back["loss_chance"], abs=1e-5)


def test_every_model_of_the_registry_answers(paid: World) -> None:
    context = solvable(paid)

    learned = [name for name, model in context.models.items() if not isinstance(model, FittedModel)]

    for model in learned:
        row = budget(context, models=(model,)).rows[0]
        assert (row["from"], row["to"], row["verdict"]) == ("display", "search", "better"), model


def test_without_a_model_it_goes_by_one_that_learns_from_the_data(paid: World) -> None:
    context = solvable(paid)
    paths_only = {name: model for name, model in context.models.items() if not isinstance(model, FittedModel)}

    table = budget(replace(context, models=paths_only), models=())

    assert table.meta["models"] == ["markov"]
    assert table.meta["notes"][0] == NOTE


def test_a_tenth_of_the_smaller_spend_moves_where_no_amount_is_named(paid: World) -> None:
    pay(paid, "search", "900")
    paid.others["spend"][-1]["account_id"] = "another"

    rows = {(row["from"], row["to"]): row for row in budget(solvable(paid)).rows}

    # search spends 1,000, e-mail 100
    assert rows["search", "email"]["amount"] == Decimal(10)


def test_a_move_far_beyond_what_the_target_spends_is_no_average_any_more(paid: World) -> None:
    near, far = (budget(solvable(paid), move=f"display:email:{amount}") for amount in (50, 51))

    assert len(near.meta["notes"]) + 1 == len(far.meta["notes"])
    assert far.meta["notes"][1].startswith("email would spend more")


def test_where_no_goal_has_a_value_returns_are_conversions(world: World) -> None:
    for channel, persons in (("search", 9), ("display", 3)):
        for number in range(persons):
            world.touch(f"{channel} {number}", 1, channel, source="google", campaign=channel)
            world.buy(f"{channel} {number}", 2, "0")
        pay(world, channel, "10")

    table = budget(solvable(world))

    assert table.meta["measure"] == "conversions"
    assert table.rows[0]["return_to"] == pytest.approx(0.9)


def test_with_nothing_paid_there_is_nothing_to_move(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)

    assert budget(solvable(world)).rows == []
    with pytest.raises(UsageError, match="between two values"):
        budget(solvable(world), move="email:display:5")


def test_money_that_no_value_explains_cannot_be_moved(paid: World) -> None:
    paid.row(
        "spend",
        platform="corner shop",
        account_id="9",
        spend=Decimal(77),
        spent_on=date(2026, 1, 3),
        currency="USD",
        known_at=datetime(2026, 2, 1),
    )

    table = budget(solvable(paid))

    assert len(table.rows) == 3
    assert table.meta["unmatched_spend"] == Decimal(77)


def test_other_reports_refuse_a_move(world: World) -> None:
    with pytest.raises(UsageError, match="moves no money"):
        answer("compare", world.context(), ReportQuery(move="a:b:1"))


def test_names_with_a_colon_are_found() -> None:
    assert parsed_move("a:b:email:1", SPEND).source == "a:b"
    assert parsed_move("email:a:b:1", SPEND).target == "a:b"


@pytest.mark.parametrize(
    "text",
    ["display", "display:email", "display:email:much", "display:email:0", "display:email:501",
     "display:email:101%", "display:display:5", "display:radio:5", "email:display:-5", "display:email:%"],
)  # fmt: skip
def test_a_move_that_cannot_be_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed_move(text, SPEND)

    assert refused.value.hint


@given(share=st.integers(1, 100))
def test_a_share_is_of_what_the_first_one_spends(share: int) -> None:
    assert parsed_move(f"display:email:{share}%", SPEND).amount == 5 * share
