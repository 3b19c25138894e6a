"""From Mixpanel's events and profiles to canonical messages."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hearing import answer, message, messages, opened, request
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.bodies import decoded
from headwater.collect.protocols.mixpanel import WIRE

ITEM = {
    "event": "Order Completed",
    "properties": {"token": "mp_1", "distinct_id": "ada", "$insert_id": "i1", "time": 1795262399.5},
}
PACKED = b64encode(orjson.dumps(ITEM)).decode()
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


def seen(name: str = "Order Completed", **properties: Any) -> Any:
    return message(WIRE, request("/track", {"event": name, "properties": {"token": "mp_1"} | properties}))


def profile(**fields: Any) -> Any:
    return message(WIRE, request("/engage", {"$token": "mp_1", "$distinct_id": "ada"} | fields))


@pytest.mark.parametrize(
    "asked",
    [
        request("/track", [ITEM]),
        request("/track", ITEM),
        request("/track", urlencode({"data": orjson.dumps(ITEM).decode(), "verbose": 1}).encode()),
        request("/track", urlencode({"data": PACKED}).encode()),
        request("/track/", query={"data": PACKED, "ip": "0"}),
        request("/import", [ITEM], query={"strict": "1"}),
    ],
    ids=["list", "one", "form of JSON", "form of base64", "query", "import"],
)
def test_every_way_of_sending_gives_the_same_event_and_key(asked: Any) -> None:
    found = opened(WIRE, asked)

    assert [(each["messageId"], each["event"], each["timestamp"]) for each in found.messages] == [
        ("i1", "Order Completed", 1795262399.5)
    ]
    assert found.messages[0]["userId"] == "ada"
    assert found.keys == ("mp_1",)


@pytest.mark.parametrize(
    ("path", "query", "content"),
    [
        ("/track", "", b"1"),
        ("/track", "verbose=1", b'{"error":"","status":1}'),
        ("/import", "strict=1", b'{"code":200,"num_records_imported":1,"status":"OK"}'),
    ],
)
def test_a_client_hears_what_it_asked_for(path: str, query: str, content: bytes) -> None:
    assert answer(WIRE, request(path, [ITEM], query=query)).content == content


def test_the_form_may_ask_too() -> None:
    body = urlencode({"data": orjson.dumps(ITEM).decode(), "verbose": 1}).encode()

    assert answer(WIRE, request("/import", body)).content == b'{"error":"","status":1}'


@pytest.mark.parametrize(
    ("properties", "person"),
    [
        ({"distinct_id": "ada"}, ("ada", None)),
        ({"distinct_id": "$device:d1"}, (None, "d1")),
        ({"distinct_id": "$device:d1", "$device_id": "d1", "mp_lib": "web"}, (None, "d1")),
        ({"distinct_id": "ada", "$device_id": "d1", "$user_id": "ada", "mp_lib": "web"}, ("ada", "d1")),
        ({"distinct_id": "d1", "mp_lib": "web"}, (None, "d1")),
    ],
)
def test_a_distinct_id_is_a_persons_or_a_devices(properties: dict[str, Any], person: Any) -> None:
    found = seen(**properties)

    assert (found.get("userId"), found.get("anonymousId")) == person


def test_ids_are_linked_by_identify_alias_and_merge() -> None:
    identify = seen("$identify", **{"$identified_id": "ada", "$anon_id": "$device:d1", "distinct_id": "ada"})
    alias = seen("$create_alias", distinct_id="ada", alias="ada-2")
    merge = seen("$merge", **{"$distinct_ids": ["ada", "d1"]})

    assert (identify["type"], identify["userId"], identify["anonymousId"]) == ("identify", "ada", "d1")
    assert (alias["type"], alias["userId"], alias["previousId"]) == ("alias", "ada", "ada-2")
    assert (merge["type"], merge["userId"], merge["previousId"]) == ("alias", "ada", "d1")


def test_a_profile_is_an_identify_and_its_address_has_the_common_name() -> None:
    found = profile(**{"$set": {"$email": "ada@shop.example", "plan": "pro"}, "$set_once": {"plan": "free"}})

    assert (found["type"], found["userId"]) == ("identify", "ada")
    assert found["traits"] == {"email": "ada@shop.example", "plan": "pro"}


def test_operations_on_what_is_stored_are_kept_as_they_came() -> None:
    assert profile(**{"$add": {"orders": 1}})["context"]["mixpanel"] == {"$add": {"orders": 1}}


def test_a_group_is_nobodys_event() -> None:
    body = {"$token": "mp_1", "$group_key": "company", "$group_id": "acme", "$set": {"name": "Acme"}}

    found = message(WIRE, request("/groups", body))

    assert (found["type"], found["groupId"]) == ("group", "acme")
    assert found["traits"] == {"type": "company", "name": "Acme"}
    assert found["context"]["anonymous"] is True


def test_a_page_view_has_its_url_and_visitor() -> None:
    found = seen(
        "$mp_web_page_view",
        **{
            "mp_lib": "web",
            "$device_id": "d1",
            "distinct_id": "$device:d1",
            "$current_url": "https://shop.example/?utm_source=news",
            "$referrer": "https://www.google.com/",
        },
    )

    assert found["type"] == "page"
    assert found["context"]["page"]["url"] == "https://shop.example/?utm_source=news"
    assert found["context"]["page"]["referrer"] == "https://www.google.com/"
    assert found["context"]["userAgent"] == "Mozilla/5.0 Firefox/140.0"
    assert "userAgent" not in seen(distinct_id="ada")["context"]


def test_tags_beside_no_url_are_the_campaign() -> None:
    assert seen(distinct_id="ada", utm_source="news")["context"]["campaign"] == {"source": "news"}


def test_an_amount_is_written_beside_under_the_common_name() -> None:
    found = seen(distinct_id="ada", **{"$amount": 12.5})["properties"]

    assert (found["$amount"], found["revenue"]) == (12.5, 12.5)


@given(st.dictionaries(st.sampled_from([*ITEM, "$set", "$distinct_id", "x"]), VALUES))
def test_no_body_breaks_the_translation(item: dict[str, Any]) -> None:
    for path in WIRE.paths:
        asked = request(path, json.dumps([item, {"event": "x", "properties": item}, 7]).encode())

        assert len(WIRE.opened(asked, decoded(asked), WIRE.paths[path]).messages) == 3


def test_a_list_or_lines_give_an_event_for_each() -> None:
    assert len(messages(WIRE, request("/track", [ITEM, ITEM]))) == 2
    assert len(messages(WIRE, request("/import", b"\n".join([orjson.dumps(ITEM)] * 3)))) == 3
