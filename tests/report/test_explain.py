"""Explain: every touchpoint with its share or the reason why not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import orjson
import pytest

from headwater.contract.errors import NotFoundError, UnknownModelError
from headwater.report.explain import explanation

if TYPE_CHECKING:
    from .conftest import World


def journey(world: World) -> World:
    """Ada: too old, email, direct, buys 100, comes back."""
    world.touch("ada", 1, "display").touch("ada", 100, "email", campaign="spring").touch("ada", 101, "direct")
    world.buy("ada", 102, "100").touch("ada", 103, "referral")
    given = (
        ("t002", "linear", 0.5, "50"),
        ("t003", "linear", 0.5, "50"),
        ("t002", "last_non_direct", 1.0, "100"),
        ("t003", "last_non_direct", 0.0, "0"),
    )
    for touchpoint, model, weight, value in given:
        world.row(
            "credits",
            conversion_id="c001",
            touchpoint_id=touchpoint,
            model=model,
            weight=weight,
            value=Decimal(value),
        )
    return world


def test_every_touchpoint_of_the_person_is_there_with_credit_or_reason(world: World) -> None:
    found = explanation(journey(world).context(), "c001")

    assert list(found) == ["conversion", "touches"]
    assert [(touch["touchpoint_id"], touch["left_out"], touch["credit"]) for touch in found["touches"]] == [
        ("t001", "outside_window", {}),
        ("t002", None, {"last_non_direct": 1.0, "linear": 0.5}),
        ("t003", None, {"last_non_direct": 0.0, "linear": 0.5}),
        ("t004", "after_conversion", {}),
    ]


def test_shares_and_values_add_up_for_each_model(world: World) -> None:
    touches = explanation(journey(world).context(), "c001")["touches"]

    for model in ("linear", "last_non_direct"):
        assert sum(touch["credit"].get(model, 0) for touch in touches) == 1
        assert sum(Decimal(touch["value"].get(model, "0")) for touch in touches) == Decimal(100)


def test_a_direct_touch_says_which_model_passes_over_it(world: World) -> None:
    touches = explanation(journey(world).context(), "c001")["touches"]

    assert list(touches[2]["notes"]) == ["last_non_direct"]
    assert touches[1]["notes"] == {}


def test_the_conversion_is_plain_json_with_money_as_text(world: World) -> None:
    found = explanation(journey(world).context(), "c001")

    assert orjson.loads(orjson.dumps(found)) == found
    assert found["conversion"]["net_value"] == "100.00"
    assert found["conversion"]["occurred_at"] == "2026-04-13T00:00:00Z"
    assert found["conversion"]["person_id"] == "1"


def test_one_model_can_be_asked_for(world: World) -> None:
    context = journey(world).context()

    assert explanation(context, "c001", "linear")["touches"][1]["credit"] == {"linear": 0.5}
    with pytest.raises(UnknownModelError, match="linar"):
        explanation(context, "c001", "linar")


def test_a_touchpoint_that_came_after_the_build_is_said_to_be_not_built(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)
    context = world.context()

    context.reader.execute("delete from journey_steps")  # type: ignore[attr-defined]

    assert explanation(context, "c001")["touches"][0]["left_out"] == "not_built"


def test_an_unknown_conversion_is_not_found_and_the_hint_helps(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        explanation(world.context(), "nobody's")

    assert "headwater" in caught.value.hint


def test_a_touch_of_a_kind_that_earns_nothing_says_so(world: World) -> None:
    world.touch("ada", 1, "audio", kind="Survey", is_uncredited=True).buy("ada", 2)
    world.others["journey_steps"] = []

    [touch] = explanation(world.context(), "c001")["touches"]

    assert (touch["left_out"], touch["channel"]) == ("uncredited_kind", "audio")
