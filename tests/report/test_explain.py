"""Explain and timeline: every touchpoint with its share or the reason why not; one person's story."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson
import pytest

from headwater.contract.errors import NotFoundError, UnknownModelError
from headwater.report.explain import explanation
from headwater.report.timeline import timeline

if TYPE_CHECKING:
    from .conftest import World

KNOWN = datetime(2026, 2, 1)


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


def test_a_timeline_merges_events_touchpoints_and_conversions_in_time(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).touch("bo", 1)
    at = world.touchpoints[0]["occurred_at"]
    world.row("events", event_id="t001", type="page", occurred_at=at, properties="{}")
    world.row("person_events", event_id="t001", person_id=1, occurred_at=at)

    found = timeline(world.context().reader, 1)

    assert [(entry["what"], entry["name"]) for entry in found["timeline"]] == [
        ("touchpoint", "email"),
        ("event", "page"),
        ("conversion", "purchase"),
    ]
    assert orjson.loads(orjson.dumps(found)) == found


def test_a_timeline_marks_hashed_identifiers_and_shows_the_evidence_of_links(world: World) -> None:
    world.touch("ada", 1)
    world.people["email:0a1b2c"] = 1
    world.row(
        "links", identifier="email:0a1b2c", other_identifier="user:ada", evidence="identify", event_id="e9",
        first_at=KNOWN, last_at=KNOWN, link_count=3,
    )  # fmt: skip

    found = timeline(world.context().reader, 1)

    assert [(one["kind"], one["value"], one["is_hash"]) for one in found["identifiers"]] == [
        ("email", "0a1b2c", True),
        ("user", "ada", False),
    ]
    assert (found["links"][0]["evidence"], found["links"][0]["first_at"]) == (
        "identify",
        "2026-02-01T00:00:00Z",
    )


def test_an_unknown_person_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError):
        timeline(world.context().reader, 77)
