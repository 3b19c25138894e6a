"""What one visit makes the shop send: tags on the landing page, orders from the server, truth left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from headwater.sandbox.market import GATEWAYS
from headwater.sandbox.messages import Message, messages
from headwater.sandbox.people import Visit, history

END = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def month() -> list[Visit]:
    return history(seed=7, persons=2500, since=END - timedelta(days=30), until=END)


def first(month: list[Visit], **wanted: Any) -> Visit:
    return next(
        visit
        for visit in month
        if all(
            getattr(visit, name, getattr(visit.arrival, name, None)) == value
            for name, value in wanted.items()
        )
    )


def landing_tags(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(messages(visit)[0].body["context"]["page"]["url"]).query)


def events(sent: list[Message]) -> list[str]:
    return [one.body.get("event", one.body["type"]) for one in sent]


def test_same_visit_sends_the_same_bytes(month: list[Visit]) -> None:
    assert messages(month[10]) == messages(month[10])


def test_message_ids_are_all_different(month: list[Visit]) -> None:
    ids = [one.body["messageId"] for visit in month for one in messages(visit)]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("click_id", ["gclid", "dclid", "fbclid", "ttclid", "li_fat_id"])
def test_platforms_append_their_click_id_to_the_landing_page(month: list[Visit], click_id: str) -> None:
    assert len(landing_tags(first(month, click_id=click_id))[click_id][0]) == 40


def test_organic_search_is_known_by_its_referrer_alone(month: list[Visit]) -> None:
    visit = first(month, channel="organic_search")

    assert landing_tags(visit) == {}
    assert messages(visit)[0].body["context"]["page"]["referrer"].startswith("https://")


def test_direct_visits_have_neither_tags_nor_referrer(month: list[Visit]) -> None:
    visit = first(month, channel="direct")

    assert landing_tags(visit) == {}
    assert messages(visit)[0].body["context"]["page"]["referrer"] == ""


def test_only_the_landing_page_carries_tags(month: list[Visit]) -> None:
    pages = [
        one.body
        for one in messages(first(month, click_id="gclid", deed="order"))
        if one.body["type"] == "page"
    ]

    assert [bool(urlsplit(page["properties"]["url"]).query) for page in pages[:-1]] == [True] + [False] * (
        len(pages) - 2
    )


def test_an_order_is_reported_once_by_the_order_server(month: list[Visit]) -> None:
    sent = messages(first(month, deed="order"))

    orders = [one for one in sent if one.body.get("event") == "Order Completed"]

    assert [one.sender for one in orders] == ["server"]
    assert orders[0].body["properties"]["revenue"] == sum(
        item["price"] for item in orders[0].body["properties"]["products"]
    )


def test_shoppers_log_in_before_they_order(month: list[Visit]) -> None:
    said = events(messages(first(month, deed="order")))

    assert said.index("identify") < said.index("Order Completed")


def test_shoppers_come_back_from_a_payment_gateway(month: list[Visit]) -> None:
    last = [one for one in messages(first(month, deed="order")) if one.body["type"] == "page"][-1]

    assert last.body["properties"]["referrer"] in GATEWAYS
    assert "/thank-you" in last.body["properties"]["url"]


def test_refunds_come_days_later_with_the_same_order_id(month: list[Visit]) -> None:
    visit = next(visit for visit in month if visit.deed == "order" and visit.refunded)
    by_name = {one.body.get("event"): one for one in messages(visit)}

    order, refund = by_name["Order Completed"], by_name["Order Refunded"]

    assert refund.body["properties"]["order_id"] == order.body["properties"]["order_id"]
    assert timedelta(days=1) <= refund.at - order.at <= timedelta(days=6)
    assert refund.body["properties"]["revenue"] <= order.body["properties"]["revenue"]


def test_true_channels_are_never_sent(month: list[Visit]) -> None:
    sent = b"".join(orjson.dumps(one.body) for visit in month[:400] for one in messages(visit))

    assert b"organic_search" not in sent
    assert b"ai_assistant" not in sent


def test_addresses_are_on_domains_that_cannot_exist(month: list[Visit]) -> None:
    assert {visit.person.email.rsplit(".", 1)[1] for visit in month} == {"example"}
