"""Timeline: one person's story in the order in which it happened."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import orjson
import pytest

from headwater.contract.errors import NotFoundError
from headwater.report.timeline import timeline

if TYPE_CHECKING:
    from .conftest import World

KNOWN = datetime(2026, 2, 1)


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
