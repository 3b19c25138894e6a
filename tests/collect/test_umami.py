"""From Umami's messages to canonical ones."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hearing import answer, message, messages, opened, request
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.bodies import decoded
from headwater.collect.protocols.umami import WIRE

VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


def asked(kind: str = "event", **payload: Any) -> Any:
    return request("/api/send", {"type": kind, "payload": {"website": "site-1"} | payload})


def seen(kind: str = "event", **payload: Any) -> Any:
    return message(WIRE, asked(kind, **payload))


def test_the_website_is_the_key() -> None:
    assert opened(WIRE, asked(name="x")).keys == ("site-1",)


def test_a_message_without_a_name_is_a_page_view() -> None:
    found = seen(hostname="shop.example", url="/?gclid=Abc", title="Shop", screen="1280x720", language="de")

    assert found["type"] == "page"
    assert found["context"]["page"] == {"url": "https://shop.example/?gclid=Abc", "title": "Shop"}
    assert found["context"]["screen"] == {"width": 1280, "height": 720}
    assert found["context"]["locale"] == "de"


@pytest.mark.parametrize(
    ("given_url", "whole"),
    [
        ("/cart?a=1", "https://shop.example/cart?a=1"),
        ("https://other.example/", "https://other.example/"),
        ("//cdn.example/x", "https://cdn.example/x"),
    ],
)
def test_a_path_gets_its_host(given_url: str, whole: str) -> None:
    assert seen(hostname="shop.example", url=given_url)["context"]["page"]["url"] == whole


def test_an_event_has_its_name_data_and_person() -> None:
    found = seen(name="Purchase", id="ada", data={"revenue": 49.9, "currency": "EUR"}, tag="b")

    assert (found["type"], found["event"], found["userId"]) == ("track", "Purchase", "ada")
    assert found["properties"] == {"revenue": 49.9, "currency": "EUR"}
    assert found["context"]["umami"] == {"tag": "b"}


def test_an_event_without_an_id_is_nobodys() -> None:
    assert seen(name="x")["context"]["anonymous"] is True


def test_an_identify_has_its_data_as_traits() -> None:
    found = seen("identify", id="ada", data={"email": "ada@shop.example"})

    assert (found["type"], found["userId"]) == ("identify", "ada")
    assert found["traits"] == {"email": "ada@shop.example"}


def test_a_server_may_speak_for_a_visitor() -> None:
    found = seen(name="x", ip="198.51.100.7", userAgent="Mozilla/5.0 (theirs)", timestamp=1795262399)

    assert found["context"]["ip"] == "198.51.100.7"
    assert found["context"]["userAgent"] == "Mozilla/5.0 (theirs)"
    assert found["timestamp"] == 1795262399


def test_a_list_gives_an_event_for_each_and_an_answer_that_counts_them() -> None:
    one = {"type": "event", "payload": {"website": "site-1", "name": "x"}}
    sent = request("/api/batch", [one, one])

    assert len(messages(WIRE, sent)) == 2
    assert orjson.loads(answer(WIRE, sent).content)["processed"] == 2


def test_a_type_that_is_not_known_is_left_to_be_refused() -> None:
    assert opened(WIRE, asked("performance", lcp=3)).messages[0]["type"] == "performance"


@given(st.dictionaries(st.sampled_from(["name", "data", "url", "hostname", "screen", "id"]), VALUES))
def test_no_payload_breaks_the_translation(payload: dict[str, Any]) -> None:
    sent = request("/api/send", json.dumps([{"payload": payload}, 7]).encode())

    assert WIRE.opened(sent, decoded(sent), "").messages[1] == 7
