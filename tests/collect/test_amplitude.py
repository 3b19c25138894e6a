"""From Amplitude's events to canonical messages."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hearing import answer, message, opened, request
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.bodies import decoded
from headwater.collect.protocols.amplitude import WIRE, recognises

VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


def seen(name: str = "Order Completed", **fields: Any) -> Any:
    event = {
        "event_type": name,
        "user_id": "ada",
        "device_id": "d1",
        "time": 1795262399500,
        "insert_id": "i1",
    }
    return message(WIRE, request("/2/httpapi", {"api_key": "amp_1", "events": [event | fields]}))


def test_an_event_keeps_its_id_its_time_and_whose_it_is() -> None:
    found = seen(event_properties={"order_id": "o1"}, session_id=7)

    assert (found["messageId"], found["userId"], found["anonymousId"]) == ("i1", "ada", "d1")
    assert (found["event"], found["timestamp"]) == ("Order Completed", 1795262399500)
    assert found["properties"] == {"order_id": "o1"}
    assert found["context"]["amplitude"] == {"session_id": 7}


def test_the_request_says_its_key_and_when_it_was_sent() -> None:
    body = {"api_key": "amp_1", "events": [], "client_upload_time": "2026-11-21T12:00:00.000Z"}

    found = opened(WIRE, request("/2/httpapi", body))

    assert (found.keys, found.sent_at) == (("amp_1",), "2026-11-21T12:00:00.000Z")


@pytest.mark.parametrize(
    ("fields", "revenue"),
    [
        ({"price": 12.1, "quantity": 3, "revenue": 99}, 36.3),
        ({"revenue": 99}, 99),
        ({"event_properties": {"$price": 5, "$quantity": 2}}, 10),
        ({"event_properties": {"$revenue": 7.5, "$currency": "EUR"}}, 7.5),
        ({"revenue": 99, "event_properties": {"revenue": 80}}, 80),
        ({}, None),
    ],
)
def test_a_revenue_is_price_times_quantity_or_what_is_said(fields: dict[str, Any], revenue: Any) -> None:
    assert seen(**fields)["properties"].get("revenue") == revenue


def test_the_currency_has_the_common_name() -> None:
    assert seen(event_properties={"$revenue": 7, "$currency": "EUR"})["properties"]["currency"] == "EUR"


def test_user_properties_are_traits_and_other_operations_are_kept() -> None:
    operations = {"$set": {"plan": "pro"}, "$setOnce": {"plan": "free", "first": 1}, "$add": {"orders": 1}}

    found = seen("$identify", user_properties=operations)

    assert (found["type"], found["traits"]) == ("identify", {"plan": "pro", "first": 1})
    assert found["context"]["amplitude"]["user_properties"] == {"$add": {"orders": 1}}
    beside = seen(user_properties={"email": "ada@shop.example"})
    assert beside["context"]["traits"] == {"email": "ada@shop.example"}


def test_a_group_has_its_name_and_traits() -> None:
    found = seen(
        "$groupidentify",
        user_id=None,
        device_id=None,
        groups={"company": "acme"},
        group_properties={"$set": {"size": 3}},
    )

    assert (found["type"], found["groupId"]) == ("group", "acme")
    assert found["traits"] == {"type": "company", "size": 3}
    assert found["context"]["anonymous"] is True


def test_a_page_view_of_a_browser_has_its_url_and_visitor() -> None:
    properties = {
        "[Amplitude] Page Location": "https://shop.example/?gclid=Abc",
        "[Amplitude] Page URL": "https://shop.example/",
        "referrer": "https://www.google.com/",
        "utm_source": "google",
    }

    found = seen("[Amplitude] Page Viewed", event_properties=properties, platform="Web", ip="$remote")

    assert found["type"] == "page"
    assert found["context"]["page"]["url"] == "https://shop.example/?gclid=Abc"
    assert found["context"]["page"]["referrer"] == "https://www.google.com/"
    assert found["context"]["ip"] == "203.0.113.9"
    assert "campaign" not in found["context"]


def test_a_server_lends_the_event_neither_address_nor_agent() -> None:
    context = seen(library="amplitude-python/1.3.0")["context"]

    assert context == {"library": {"name": "amplitude-python", "version": "1.3.0"}}


@pytest.mark.parametrize(
    ("path", "field", "kind"),
    [("/httpapi", "event", "track"), ("/identify", "identification", "identify")],
)
def test_the_older_forms_are_read(path: str, field: str, kind: str) -> None:
    told = {"event_type": "Signed Up", "user_id": "ada", "user_properties": {"plan": "pro"}}
    body = urlencode({"api_key": "amp_1", field: orjson.dumps([told]).decode()}).encode()

    found = opened(WIRE, request(path, body))

    assert [(each["type"], each["userId"]) for each in found.messages] == [(kind, "ada")]
    assert found.keys == ("amp_1",)


def test_the_answer_counts_what_was_taken() -> None:
    asked = request("/batch", {"api_key": "amp_1", "events": [{"event_type": "x", "user_id": "ada"}]})

    told = orjson.loads(answer(WIRE, asked).content)

    assert told == {
        "code": 200,
        "events_ingested": 1,
        "payload_size_bytes": len(asked.body),
        "server_upload_time": 1_795_262_400_000,
    }


def test_the_shared_path_is_taken_by_its_content() -> None:
    assert recognises(request("/batch"), {"api_key": "k", "events": []})
    assert not recognises(request("/batch/"), {"api_key": "k", "batch": [{"properties": {"events": 1}}]})


@given(st.dictionaries(st.sampled_from(["event_type", "event_properties", "price", "groups", "ip"]), VALUES))
def test_no_event_breaks_the_translation(event: dict[str, Any]) -> None:
    asked = request("/2/httpapi", json.dumps({"events": [event, 7, None]}).encode())

    assert len(WIRE.opened(asked, decoded(asked), "").messages) == 3
