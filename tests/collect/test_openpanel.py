"""From OpenPanel's messages to canonical ones."""

from __future__ import annotations

import json
from typing import Any

from hearing import answer, message, messages, opened, request
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.bodies import decoded
from headwater.collect.protocols.openpanel import WIRE, accepts

HEADERS = {"openpanel-client-id": "site-1"}
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
KINDS = ["track", "identify", "alias", "increment", "assign_group", "group", "replay", 7]


def asked(kind: str, **payload: Any) -> Any:
    return request("/track", {"type": kind, "payload": payload}, headers=HEADERS)


def seen(kind: str = "track", **payload: Any) -> Any:
    return message(WIRE, asked(kind, **payload))


def test_the_client_id_is_the_key_and_tells_the_protocol() -> None:
    assert accepts(asked("track"))
    assert not accepts(request("/track", {}))
    assert opened(WIRE, asked("track", name="x")).keys == ("site-1",)


def test_a_view_of_a_page_has_its_url_and_visitor() -> None:
    found = seen(
        name="screen_view",
        profileId="ada",
        properties={
            "__path": "https://shop.example/?gclid=Abc",
            "__title": "Shop",
            "__referrer": "https://www.google.com/",
        },
    )

    assert (found["type"], found["userId"]) == ("page", "ada")
    assert found["context"]["page"] == {
        "url": "https://shop.example/?gclid=Abc",
        "referrer": "https://www.google.com/",
        "title": "Shop",
    }
    assert found["context"]["ip"] == "203.0.113.9"


def test_a_view_without_a_url_is_a_screen() -> None:
    found = seen(name="screen_view", profileId="ada", properties={"__path": "/cart"})

    assert (found["type"], found["name"]) == ("screen", "/cart")
    assert "ip" not in found["context"]


def test_a_revenue_is_written_beside_under_the_common_name() -> None:
    found = seen(name="revenue", profileId="ada", properties={"__revenue": 49.9, "currency": "EUR"})

    assert found["event"] == "revenue"
    assert found["properties"] == {"__revenue": 49.9, "currency": "EUR", "revenue": 49.9}


def test_without_a_profile_an_event_is_a_devices_or_nobodys() -> None:
    assert seen(name="x", properties={"__deviceId": "d1"})["anonymousId"] == "d1"
    assert seen(name="x")["context"]["anonymous"] is True


def test_an_event_that_waited_keeps_its_own_time() -> None:
    assert seen(name="x", properties={"__timestamp": "2026-11-21T11:00:00Z"})["timestamp"] == (
        "2026-11-21T11:00:00Z"
    )


def test_an_identify_has_all_traits() -> None:
    found = seen("identify", profileId="ada", email="ada@shop.example", properties={"plan": "pro"})

    assert (found["type"], found["userId"]) == ("identify", "ada")
    assert found["traits"] == {"email": "ada@shop.example", "plan": "pro"}


def test_an_alias_links_both_ids() -> None:
    found = seen("alias", profileId="ada", alias="ada-2")

    assert (found["type"], found["userId"], found["previousId"]) == ("alias", "ada", "ada-2")


def test_a_counter_is_kept_as_it_came() -> None:
    found = seen("increment", profileId="ada", property="visits", value=1)

    assert found["context"]["openpanel"]["payload"]["property"] == "visits"


def test_a_person_may_join_several_groups() -> None:
    found = messages(WIRE, asked("assign_group", groupIds=["acme", "beta"], profileId="ada"))

    assert [(each["groupId"], each["userId"]) for each in found] == [("acme", "ada"), ("beta", "ada")]


def test_a_group_is_nobodys_event() -> None:
    found = seen("group", id="acme", type="company", name="Acme", properties={"size": 3})

    assert (found["groupId"], found["traits"]) == ("acme", {"type": "company", "name": "Acme", "size": 3})
    assert found["context"]["anonymous"] is True


def test_the_client_hears_json_with_the_ids_that_it_reads() -> None:
    assert answer(WIRE, asked("track", name="x")).content == b'{"deviceId":"","sessionId":""}'


@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(["name", "properties", "profileId", "groupIds", "id"]), VALUES),
)
def test_no_payload_breaks_the_translation(kind: Any, payload: dict[str, Any]) -> None:
    sent = request("/track", json.dumps([{"type": kind, "payload": payload}, 7]).encode(), headers=HEADERS)

    assert WIRE.opened(sent, decoded(sent), "").messages[-1] == 7
