"""From a canonical message to a row of events, and who is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from collecting import posted
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import admit
from headwater.collect.admit import Refusal
from headwater.collect.message import TYPES, Circumstances, event
from headwater.collect.personal import Personal, screened
from headwater.contract.tables import EVENTS

NOON = datetime.fromisoformat("2026-03-15T12:00:00")
AROUND = Circumstances(NOON, None, "segment")


def row(**message: Any) -> dict[str, Any]:
    return event({"type": "track", "messageId": "m1"} | message, AROUND)


def reasons(*messages: Any) -> list[tuple[Refusal, str | None]]:
    return [(refused.reason, refused.field) for refused in posted(list(messages)).refused]


def test_a_row_has_exactly_the_columns_of_the_table() -> None:
    assert list(row(event="x")) == EVENTS.names()


def test_traits_are_read_where_either_client_puts_them() -> None:
    ours = row(type="identify", traits={"plan": "pro"})
    theirs = row(type="identify", context={"traits": {"plan": "pro"}, "locale": "de"})

    assert ours["properties"] == theirs["properties"] == {"plan": "pro"}
    assert theirs["context"] == {"locale": "de"}


@pytest.mark.parametrize(
    "message",
    [
        {"traits": {"email": "ada@shop.example"}},
        {"context": {"traits": {"email": "ada@shop.example"}}},
        {"properties": {"email": "ada@shop.example"}},
    ],
)
def test_the_address_is_found_in_every_place(message: dict[str, Any]) -> None:
    assert row(event="x", **message)["email"] == Personal("email", "ada@shop.example")


def test_the_address_of_a_group_is_not_the_persons() -> None:
    assert row(type="group", groupId="acme", traits={"email": "info@acme.example"})["email"] is None


def test_a_group_keeps_its_id_among_its_traits() -> None:
    assert row(type="group", groupId="acme", traits={"name": "Acme"})["properties"] == {
        "name": "Acme",
        "groupId": "acme",
    }


def test_an_alias_names_the_id_that_it_replaces() -> None:
    found = row(type="alias", userId="ada", previousId="anon-1")

    assert (found["user_id"], found["previous_id"]) == ("ada", "anon-1")


def test_an_empty_id_is_none_and_a_number_is_text() -> None:
    found = row(userId="", anonymousId=17)

    assert (found["user_id"], found["anonymous_id"]) == (None, "17")


def test_the_page_of_the_event_comes_before_the_page_of_the_context() -> None:
    page = {"page": {"url": "https://a.example/2", "referrer": "https://b.example/"}}

    found = row(type="page", properties={"url": "https://a.example/1"}, context=page)

    assert (found["url"], found["referrer"]) == ("https://a.example/1", "https://b.example/")


def test_the_original_time_comes_before_the_time_that_a_server_made_of_it() -> None:
    found = row(originalTimestamp="2026-03-15T10:00:00Z", timestamp="2026-03-15T11:00:00Z")

    assert found["claimed_at"] == "2026-03-15T10:00:00Z"
    assert found["occurred_at"] == datetime.fromisoformat("2026-03-15T10:00:00")


def test_a_time_that_was_not_believed_is_marked_in_the_context() -> None:
    found = row(timestamp="2099-01-01T00:00:00Z")

    assert (found["occurred_at"], found["context"], found["claimed_at"]) == (
        NOON,
        {"$clock": "future"},
        "2099-01-01T00:00:00Z",
    )


def test_a_message_may_have_a_sending_time_of_its_own() -> None:
    body = [
        {"type": "track", "event": "x", "userId": "a", "messageId": "m", "sentAt": "2030-01-01T00:00:00Z"}
    ]

    message = posted(body).messages[0]

    found = event(message | {"timestamp": "2029-12-31T23:00:00Z"}, AROUND)
    assert found["occurred_at"] == datetime.fromisoformat("2026-03-15T11:00:00")


@pytest.mark.parametrize(
    ("message", "reason", "field"),
    [
        ({"type": "nonsense"}, Refusal.UNKNOWN_TYPE, "type"),
        ({"type": None}, Refusal.UNKNOWN_TYPE, "type"),
        ({"type": ["track"]}, Refusal.UNKNOWN_TYPE, "type"),
        ({"event": ""}, Refusal.NO_EVENT_NAME, "event"),
        ({"event": None}, Refusal.NO_EVENT_NAME, "event"),
        ({"userId": None}, Refusal.NO_IDENTITY, "anonymousId"),
        ({"userId": ""}, Refusal.NO_IDENTITY, "anonymousId"),
        ({"userId": {"id": 1}}, Refusal.INVALID_ID, "userId"),
        ({"userId": 1.5}, Refusal.INVALID_ID, "userId"),
        ({"userId": True}, Refusal.INVALID_ID, "userId"),
        ({"messageId": []}, Refusal.INVALID_ID, "messageId"),
        ({"userId": "u" * (admit.PERSON_ID_CHARS + 1)}, Refusal.ID_TOO_LONG, "userId"),
        ({"messageId": "m" * (admit.MESSAGE_ID_CHARS + 1)}, Refusal.ID_TOO_LONG, "messageId"),
        ({"properties": [1]}, Refusal.INVALID_FIELD, "properties"),
        ({"context": "web"}, Refusal.INVALID_FIELD, "context"),
        (
            {"properties": dict.fromkeys(map(str, range(admit.PROPERTIES + 1)), 1)},
            Refusal.TOO_MANY_PROPERTIES,
            "properties",
        ),
        ({"properties": {"url": "u" * (admit.URL_CHARS + 1)}}, Refusal.URL_TOO_LONG, "url"),
        ({"properties": {"long": "x" * admit.EVENT_BYTES}}, Refusal.EVENT_TOO_LARGE, None),
    ],
)
def test_a_bad_message_is_refused_with_reason_and_field(
    message: dict[str, Any], reason: Refusal, field: str | None
) -> None:
    good = {"type": "track", "event": "x", "userId": "ada", "messageId": "m"}

    assert reasons(good | message) == [(reason, field)]


@pytest.mark.parametrize(
    "message",
    [
        {"userId": "u" * admit.PERSON_ID_CHARS},
        {"messageId": "m" * admit.MESSAGE_ID_CHARS},
        {"properties": dict.fromkeys(map(str, range(admit.PROPERTIES)), 1)},
        {"properties": {"url": "u" * admit.URL_CHARS}},
        {"properties": None, "context": None, "traits": None, "anonymousId": None},
        {"type": "Track"},
        {"timestamp": "9999-99-99"},
        {"userId": None, "traits": {"email": "ada@shop.example"}},
        {"userId": None, "type": "alias", "previousId": "old"},
    ],
)
def test_what_lies_on_the_limit_is_admitted(message: dict[str, Any]) -> None:
    good = {"type": "track", "event": "x", "userId": "ada", "messageId": "m"}

    assert reasons(good | message) == []


def test_nesting_that_no_parser_follows_is_refused_alone() -> None:
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"a": deep}

    found = reasons({"type": "page", "userId": "ada"}, {"type": "page", "userId": "bo", "properties": deep})

    assert found == [(Refusal.TOO_DEEP, None)]


@pytest.mark.parametrize("context", [{"anonymous": False}, {"anonymous": "true"}, {"anonymous": 1}, {}])
def test_only_a_message_that_says_so_may_name_nobody(context: dict[str, Any]) -> None:
    nobody = {"type": "page", "messageId": "m"}

    assert reasons(nobody | {"context": {"anonymous": True}}) == []
    assert reasons(nobody | {"context": context}) == [(Refusal.NO_IDENTITY, "anonymousId")]


def test_an_event_of_nobody_has_no_id_and_says_why() -> None:
    found = row(type="page", context={"anonymous": True})

    assert [found[name] for name in ("anonymous_id", "user_id", "previous_id", "email")] == [None] * 4
    assert found["context"] == {"anonymous": True}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=10), inside, max_size=3),
    max_leaves=12,
)
KEYS = ("event", "name", "category", "userId", "anonymousId", "previousId", "groupId", "messageId", "properties",
        "traits", "context", "timestamp", "originalTimestamp", "sentAt")  # fmt: skip


@given(
    kind=st.sampled_from(TYPES),
    message=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8),
    context=st.dictionaries(
        st.sampled_from(["page", "traits", "campaign", "ip", "userAgent"]), JSON, max_size=3
    ),
)
def test_whatever_is_admitted_can_be_translated(
    kind: str, message: dict[str, Any], context: dict[str, Any]
) -> None:
    body = {"userId": "ada", "event": "x", "context": context} | message

    taken = posted([body], path=f"/v1/{kind}")

    for admitted in taken.messages:
        found = screened(event(admitted, AROUND))
        assert list(found) == EVENTS.names()
        assert all(found[name] is None or isinstance(found[name], str | Personal) for name in TEXTS)


TEXTS = (
    "event_id",
    "type",
    "event",
    "anonymous_id",
    "user_id",
    "previous_id",
    "claimed_at",
    "url",
    "referrer",
)
