"""Events of Google's Measurement Protocol as canonical messages."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hearing import answer, message, messages, opened, request

from headwater.collect.clock import moment
from headwater.collect.protocols.ga4 import WIRE

SITE = {"measurement_id": "G-TEST", "api_secret": "secret"}
PAGE = {
    "name": "page_view",
    "params": {
        "page_location": "https://shop.example/?gclid=x",
        "page_referrer": "https://www.google.com/",
        "session_id": 1795288984,
    },
}
BOUGHT = {
    "name": "purchase",
    "params": {"transaction_id": "o-1", "currency": "EUR", "value": 129.9, "items": [{"item_id": "SKU1"}]},
}


def post(*events: Any, path: str = "/mp/collect", **around: Any) -> Any:
    return request(path, {"client_id": "123.456", "events": list(events), **around}, query=SITE)


def findings(body: Any) -> list[tuple[str, str]]:
    heard = answer(WIRE, request("/debug/mp/collect", body, query=SITE))
    assert heard.status == 200
    return [
        (found["fieldPath"], found["validationCode"])
        for found in orjson.loads(heard.content)["validationMessages"]
    ]


def test_a_page_view_is_a_page_with_url_and_referrer() -> None:
    found = message(WIRE, post(PAGE))

    assert (found["type"], found["anonymousId"]) == ("page", "123.456")
    assert found["properties"]["url"] == "https://shop.example/?gclid=x"
    assert found["properties"]["referrer"] == "https://www.google.com/"
    assert found["properties"]["session_id"] == 1795288984


def test_a_purchase_keeps_googles_names() -> None:
    found = message(WIRE, post(BOUGHT, user_id="ada"))

    assert (found["type"], found["event"], found["userId"]) == ("track", "purchase", "ada")
    assert found["properties"] == BOUGHT["params"]


def test_the_time_of_an_event_goes_before_that_of_the_request() -> None:
    first, second = messages(
        WIRE, post(PAGE | {"timestamp_micros": 1795262400000000}, PAGE, timestamp_micros="1795262300000000")
    )

    assert str(moment(first["timestamp"])) == "2026-11-21 12:00:00"
    assert str(moment(second["timestamp"])) == "2026-11-21 11:58:20"


def test_an_early_time_is_not_taken_for_seconds() -> None:
    assert str(moment(message(WIRE, post(PAGE, timestamp_micros=1795262400))["timestamp"])) < "1970-01-02"


def test_the_measurement_id_and_the_secret_may_be_keys_and_the_secret_is_not_kept() -> None:
    found = opened(WIRE, post(PAGE))

    assert found.keys == ("G-TEST", "secret")
    assert "secret" not in str(found.messages)


def test_user_properties_are_traits_and_consent_is_kept() -> None:
    found = message(
        WIRE, post(PAGE, user_properties={"plan": {"value": "pro"}}, consent={"ad_user_data": "DENIED"})
    )

    assert found["context"]["traits"] == {"plan": "pro"}
    assert found["context"]["consent"] == {"ad_user_data": "DENIED"}


def test_what_has_no_place_is_kept_as_it_came() -> None:
    found = message(WIRE, post(PAGE, user_data={"sha256_email_address": ["ab"]}, new="x"))

    assert found["context"]["ga4"] == {"user_data": {"sha256_email_address": ["ab"]}, "new": "x"}


def test_the_agent_and_address_of_a_server_are_not_those_of_a_person() -> None:
    assert not {"ip", "userAgent"} & message(WIRE, post(PAGE))["context"].keys()
    named = message(WIRE, post(PAGE, ip_override="203.0.113.9", user_agent="Firefox"))["context"]
    assert (named["ip"], named["userAgent"]) == ("203.0.113.9", "Firefox")


def test_an_app_names_its_instance_and_its_screens() -> None:
    body = {"app_instance_id": "a1", "events": [{"name": "screen_view", "params": {"screen_name": "Cart"}}]}

    found = message(WIRE, request("/mp/collect", body, query={"firebase_app_id": "1:2:android:3"}))

    assert (found["type"], found["name"], found["anonymousId"]) == ("screen", "Cart", "a1")


def test_the_client_hears_nothing_but_204() -> None:
    assert answer(WIRE, post(PAGE))[:2] == (204, b"")


def test_validation_finds_nothing_in_a_good_request_and_stores_nothing() -> None:
    assert findings({"client_id": "1.2", "events": [BOUGHT]}) == []
    assert opened(WIRE, post(PAGE, path="/debug/mp/collect")).messages == []


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ({"events": [BOUGHT]}, ("client_id", "VALUE_REQUIRED")),
        ({"client_id": "1.2"}, ("events", "VALUE_REQUIRED")),
        ({"client_id": "1.2", "events": [BOUGHT, {}]}, ("events[1].name", "VALUE_REQUIRED")),
        ({"client_id": "1.2", "events": [{"name": "1st"}]}, ("events[0].name", "NAME_INVALID")),
        ({"client_id": "1.2", "events": [BOUGHT] * 26}, ("events", "EXCEEDED_MAX_ENTITIES")),
        (
            {"client_id": "1.2", "events": [{"name": "a", "params": {str(n): n for n in range(26)}}]},
            ("events[0].params", "EXCEEDED_MAX_ENTITIES"),
        ),
        ([], ("", "VALUE_INVALID")),
    ],
)
def test_validation_names_what_is_wrong(body: Any, finding: tuple[str, str]) -> None:
    assert findings(body) == [finding]


def test_a_body_without_events_is_kept_to_be_refused() -> None:
    (found,) = opened(WIRE, request("/mp/collect", {"client_id": "1.2"}, query=SITE)).messages

    assert found["type"] is None
    assert found["context"]["ga4"] == {"client_id": "1.2"}
