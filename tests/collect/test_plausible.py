"""Plausible events as canonical messages."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hearing import answer, message, opened, request

from headwater.collect.protocols.plausible import WIRE

URL = "https://shop.example/?utm_source=google&gclid=x"
PAGE = {"n": "pageview", "v": 36, "u": URL, "d": "shop.example", "r": "https://www.google.com/"}
BOUGHT = PAGE | {"n": "Purchase", "p": {"plan": "pro"}, "$": {"currency": "EUR", "amount": 129.9}}


def post(event: Any) -> Any:
    return request("/api/event", event)


def test_a_page_view_keeps_its_url_and_referrer_and_belongs_to_nobody() -> None:
    found = message(WIRE, post(PAGE))

    assert found["type"] == "page"
    assert found["properties"] == {"url": URL, "referrer": "https://www.google.com/"}
    assert found["context"]["anonymous"] is True
    assert not {"userId", "anonymousId", "messageId"} & found.keys()


def test_the_domains_are_the_write_keys() -> None:
    assert opened(WIRE, post(PAGE | {"d": "shop.example, all.example"})).keys == (
        "shop.example",
        "all.example",
    )


@pytest.mark.parametrize("own", [{"plan": "pro"}, '{"plan":"pro"}'])
def test_properties_come_as_an_object_or_as_its_json(own: Any) -> None:
    assert message(WIRE, post(PAGE | {"n": "Signup", "p": own}))["properties"]["plan"] == "pro"


def test_properties_that_cannot_be_read_are_kept_as_they_came() -> None:
    found = message(WIRE, post(PAGE | {"p": "{half"}))

    assert found["context"]["plausible"]["p"] == "{half"


@pytest.mark.parametrize("revenue", [BOUGHT["$"], orjson.dumps(BOUGHT["$"]).decode()])
def test_revenue_is_an_amount_and_a_currency(revenue: Any) -> None:
    found = message(WIRE, post(BOUGHT | {"$": revenue}))

    assert (found["type"], found["event"]) == ("track", "Purchase")
    assert (found["properties"]["revenue"], found["properties"]["currency"]) == (129.9, "EUR")


def test_engagement_tells_time_and_depth() -> None:
    properties = message(WIRE, post(PAGE | {"n": "engagement", "e": 1432, "sd": 100}))["properties"]

    assert (properties["engagement_time_msec"], properties["scroll_depth"]) == (1432, 100)


def test_the_long_names_of_the_events_api_say_the_same() -> None:
    long = {
        "name": "Purchase",
        "v": 36,
        "url": URL,
        "domain": "shop.example",
        "referrer": "https://www.google.com/",
        "props": {"plan": "pro"},
        "revenue": {"currency": "EUR", "amount": 129.9},
    }

    assert opened(WIRE, post(long)) == opened(WIRE, post(BOUGHT))


def test_a_site_that_knows_the_person_says_so_in_the_properties() -> None:
    found = message(WIRE, post(PAGE | {"p": {"user_id": "ada", "anonymous_id": "device-1"}}))

    assert (found["userId"], found["anonymousId"]) == ("ada", "device-1")
    assert "anonymous" not in found["context"]


def test_what_has_no_place_is_kept_as_it_came() -> None:
    found = message(WIRE, post(PAGE | {"h": 1, "i": False, "new": "x"}))

    assert found["context"]["plausible"] == {"v": 36, "d": "shop.example", "h": 1, "i": False, "new": "x"}


def test_the_client_hears_202_ok() -> None:
    assert answer(WIRE, post(PAGE))[:3] == (202, b"ok", "text/plain")


def test_what_is_no_event_is_handed_on_to_be_refused() -> None:
    assert opened(WIRE, post("nothing")).messages == ["nothing"]
