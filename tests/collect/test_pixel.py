"""Our own picture, and beacons that pages write themselves."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from collecting import KEY, running
from hearing import answer, message, opened, request

from headwater.collect.protocols.pixel import WIRE

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://shop.example/?utm_source=google&gclid=x"
SEEN = {"k": "wk", "e": "pv", "u": URL, "r": "https://www.google.com/", "a": "device-1"}


def get(fields: dict[str, str], **headers: str) -> Any:
    return request("/p.gif", query=fields, headers=headers)


def test_a_picture_is_a_page_view_with_url_referrer_and_person() -> None:
    found = message(WIRE, get(SEEN | {"uid": "ada"}))

    assert (found["type"], found["anonymousId"], found["userId"]) == ("page", "device-1", "ada")
    assert found["properties"] == {"url": URL, "referrer": "https://www.google.com/"}
    assert found["context"]["locale"] == "de-DE"


def test_other_parameters_are_properties() -> None:
    found = message(WIRE, get(SEEN | {"e": "purchase", "revenue": "129.90", "p": '{"order_id":"o-1"}'}))

    assert (found["type"], found["event"]) == ("track", "purchase")
    assert (found["properties"]["revenue"], found["properties"]["order_id"]) == ("129.90", "o-1")


def test_the_page_is_the_referer_where_no_parameter_says_it() -> None:
    assert message(WIRE, get({"e": "pv"}, referer=URL))["properties"]["url"] == URL
    assert message(WIRE, get(SEEN, referer="https://other.example/"))["properties"]["url"] == URL


def test_a_picture_without_an_id_belongs_to_nobody() -> None:
    assert message(WIRE, get({"e": "pv"}))["context"]["anonymous"] is True
    assert "anonymous" not in message(WIRE, get(SEEN))["context"]


def test_what_makes_an_address_new_is_no_property() -> None:
    found = message(WIRE, get(SEEN | {"z": "123"}))

    assert "z" not in found["properties"]
    assert found["context"]["pixel"] == {"z": "123"}


@pytest.mark.parametrize("name", ["writeKey", "k", "key"])
def test_the_key_is_a_parameter(name: str) -> None:
    assert opened(WIRE, get({name: "wk"})).keys == ("wk",)


def test_a_form_says_the_same_as_a_query() -> None:
    form = request("/b", b"k=wk&e=pv&u=https%3A%2F%2Fshop.example%2F&a=device-1")

    assert opened(WIRE, form).keys == ("wk",)
    assert message(WIRE, form)["properties"]["url"] == "https://shop.example/"


@pytest.mark.parametrize("packed", [orjson.dumps, lambda said: gzip.compress(orjson.dumps(said))])
def test_a_beacon_of_json_is_a_message_of_the_browser(packed: Any) -> None:
    body = packed({"type": "track", "event": "Signup", "anonymousId": "device-1", "writeKey": "wk"})

    found = message(WIRE, request("/b/leave", body))

    assert (found["event"], found["anonymousId"], found["context"]["ip"]) == (
        "Signup",
        "device-1",
        "203.0.113.9",
    )
    assert opened(WIRE, request("/b/leave", body)).keys == ("wk",)


def test_the_key_may_stand_in_the_address_of_a_beacon() -> None:
    asked = request("/b", [{"type": "track", "event": "Signup"}], query={"k": "wk"})

    assert opened(WIRE, asked).keys == ("wk",)
    assert message(WIRE, asked)["context"]["anonymous"] is True


def test_json_that_is_no_message_is_handed_on_to_be_refused() -> None:
    (found,) = opened(WIRE, request("/f", {"a": 1})).messages

    assert "type" not in found


def test_a_picture_is_not_kept_by_any_cache_and_a_beacon_hears_json() -> None:
    assert "no-store" in dict(answer(WIRE, get(SEEN)).headers)["cache-control"]
    assert orjson.loads(answer(WIRE, request("/b", {"a": 1})).content) == {"success": True}


def test_a_picture_without_a_known_key_is_counted_and_nothing_is_stored(tmp_path: Path) -> None:
    with running(tmp_path) as collector:
        heard = collector.send("/p.gif?e=pv&k=unknown", None, key=None, method="GET")

        assert (heard.status, heard.headers["content-type"]) == (200, "image/gif")
        assert collector.metrics()["headwater_requests_unauthorized_total"] == 1
        assert collector.rows("events") == []


def test_pictures_of_any_name_and_beacons_with_a_label_are_stored(tmp_path: Path) -> None:
    with running(tmp_path) as collector:
        collector.send(f"/noscript.gif?k={KEY}&e=pv", None, key=None, method="GET")
        collector.send(
            "/b/leave", orjson.dumps({"type": "track", "event": "Left", "writeKey": KEY}), key=None
        )
        collector.send("/b/no/such/path", b"{}", key=KEY)

        assert sorted(row["type"] for row in collector.rows("events")) == ["page", "track"]
