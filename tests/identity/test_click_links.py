"""Click links: a click id joins the device that landed with it and the person who is named for it."""

from __future__ import annotations

import pytest

from headwater.identity.click_links import click_links
from headwater.identity.components import components
from tests.worlds import Row, built, event, made

LANDING = "https://shop.example/?utm_source=google&gclid=AbC-1"
NAMES = [{"name": "gclid", "platform": "google_ads", "paid": "yes", "priority": 1, "source": "google"}]


def landing(device: str, url: str = LANDING) -> Row:
    return event(type="page", anonymous_id=device, url=url)


def call(person: str, click_id: str | None = "AbC-1") -> Row:
    return {"touchpoint_id": f"call of {person}", "person": person, "kind": "call", "click_id": click_id}


def pairs(events: list[Row], touches: list[Row]) -> list[tuple[str, str]]:
    numbered = [{**row, "event_id": str(number)} for number, row in enumerate(events)]
    shown = made(click_links(), events=numbered, imported_touchpoints=touches, click_id_names=NAMES)
    return [(row["identifier"], row["other_identifier"]) for row in shown]


def test_a_call_that_names_the_click_joins_the_caller_and_the_device() -> None:
    assert pairs([landing("laptop"), landing("phone", "https://shop.example/")], [call("user:ada")]) == [
        ("anonymous:laptop", "user:ada")
    ]


def test_a_click_id_on_two_devices_is_no_evidence() -> None:
    assert pairs([landing("laptop"), landing("phone")], [call("user:ada")]) == []


@pytest.mark.parametrize("said", ["abc-1", "AbC", "AbC-1 ", "google", "", None])
def test_a_click_id_is_compared_byte_for_byte_and_by_its_parameter(said: str | None) -> None:
    assert pairs([landing("laptop")], [call("user:ada", said)]) == []


def test_a_placeholder_is_joined_to_nobody() -> None:
    events = [landing("laptop") | {"event_id": "1"}]
    identifiers = [{"identifier": "user:null", "kind": "user", "value": "null", "may_link": False}]

    shown = made(
        click_links(),
        events=events,
        imported_touchpoints=[call("user:null")],
        click_id_names=NAMES,
        identifiers=identifiers,
    )

    assert shown == []


def test_the_caller_and_the_device_are_one_person() -> None:
    tables = built(
        click_links(),
        components(max_links=50),
        events=[landing("laptop") | {"event_id": "1"}],
        imported_touchpoints=[call("user:ada")],
        click_id_names=NAMES,
    )

    assert len({row["person_id"] for row in tables["components"]}) == 1
    assert [row["identifier"] for row in tables["components"]] == ["anonymous:laptop", "user:ada"]
