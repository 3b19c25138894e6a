"""Biases: each model's known fault, in the numbers of the workspace."""

from __future__ import annotations

from decimal import Decimal

import pytest

from headwater.contract.models import Model, RuleModel
from headwater.report.measure.biases import biases
from headwater.report.measure.credited import Credit, Credited


def result(**credits_: dict[str, float]) -> Credited:
    """Return credits by model, each a dictionary by player."""
    players = {player for credit in credits_.values() for player in credit}
    by_player = {
        player: {
            model: Credit(conversions=credit.get(player, 0.0), value=Decimal(0))
            for model, credit in credits_.items()
        }
        for player in players
    }
    return Credited(by_player=by_player, total=Credit(conversions=100.0))


def models(*names: str) -> dict[str, Model]:
    return {name: RuleModel(name=name, summary="s", bias=f"fault of {name}", upto="1e0") for name in names}


def test_a_model_is_held_against_the_one_that_differs_most() -> None:
    given = result(
        first={"social": 70, "search": 30},
        last={"social": 10, "search": 90},
        linear={"social": 40, "search": 60},
    )

    said = {
        name: (bias, shown, numbers)
        for name, bias, shown, numbers in biases(models(*["first", "last", "linear"]), given)
    }

    assert said["last"][0] == "fault of last"
    assert said["last"][1] == (
        "gives search 90 conversions and social 10; first gives them 30 and 70: 60% of the credit moves"
    )
    assert said["last"][2] == {
        "beside": "first", "moved_share": pytest.approx(0.6), "most": "search", "most_here": 90, "most_there": 30,
        "least": "social", "least_here": 10, "least_there": 70,
    }  # fmt: skip


def test_what_a_model_leaves_to_nobody_is_said_apart() -> None:
    given = result(
        first={"social": 70, "search": 30},
        last={"social": 10, "search": 90},
        fitted={"social": 30, "search": 2},
    )

    said = {name: shown for name, _, shown, _ in biases(models("first", "last", "fitted"), given)}

    assert "last gives them 10 and 90" in said["first"]
    assert said["first"].endswith("of its 100, fitted says, 68 would have come anyway")
    assert "would have come" not in said["fitted"]


def test_where_all_say_the_same_it_says_so() -> None:
    given = result(first={"social": 100}, last={"social": 100})

    assert [shown for *_, shown, _ in biases(models("first", "last"), given)] == [
        "all models say the same here"
    ] * 2


def test_a_model_without_credit_is_left_out() -> None:
    given = result(first={"social": 100}, fitted={})

    assert [name for name, *_ in biases(models("first", "fitted"), given)] == ["first"]
