"""Matomo's tracking requests as canonical messages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hearing import BROWSER, answer, message, messages, opened, request

from headwater.collect.protocols.matomo import WIRE

PATH = "/matomo.php"
URL = "https://shop.example/?utm_source=google&gclid=x"
SITE = {"idsite": "7", "rec": "1", "_id": "0123456789abcdef"}
PAGE = SITE | {"url": URL, "urlref": "https://www.google.com/", "action_name": "Home"}
ITEMS = orjson.dumps([["SKU1", "Shoe", "Shoes", 64.95, 2]]).decode()


def get(fields: dict[str, str], **more: str) -> Any:
    return request(PATH, query=fields | more)


def bulk(*events: dict[str, str], **around: Any) -> Any:
    return request(PATH, {"requests": ["?" + urlencode(event) for event in events], **around})


def said(**fields: str) -> tuple[str, str | None, dict[str, Any]]:
    found = message(WIRE, get(SITE, **fields))
    return found["type"], found.get("event"), found["properties"]


def test_a_page_view_keeps_its_ids_url_referrer_and_title() -> None:
    found = message(WIRE, get(PAGE, uid="ada", res="1280x720"))

    assert (found["type"], found["anonymousId"], found["userId"]) == ("page", "0123456789abcdef", "ada")
    assert found["properties"] == {"url": URL, "referrer": "https://www.google.com/", "title": "Home"}
    assert found["context"]["screen"] == {"width": 1280, "height": 720}
    assert found["context"]["userAgent"] == BROWSER["user-agent"]


def test_an_order_is_a_purchase_with_its_amounts_and_products() -> None:
    assert said(idgoal="0", ec_id="0815", revenue="129.9", ec_tx="20.74", ec_items=ITEMS) == (
        "track",
        "purchase",
        {
            "order_id": "0815",
            "revenue": 129.9,
            "tax": 20.74,
            "products": [{"sku": "SKU1", "name": "Shoe", "category": "Shoes", "price": 64.95, "quantity": 2}],
        },
    )


def test_an_order_without_an_id_is_a_cart() -> None:
    assert said(idgoal="0", revenue="129.9")[:2] == ("track", "cart_updated")


def test_a_goal_is_named_for_its_number() -> None:
    assert said(idgoal="3", revenue="5") == ("track", "goal_3", {"goal_id": "3", "revenue": 5})


@pytest.mark.parametrize(
    ("fields", "name", "properties"),
    [
        (
            {"e_c": "shop", "e_a": "add to cart", "e_n": "x", "e_v": "2.5"},
            "add to cart",
            {"category": "shop", "action": "add to cart", "label": "x", "value": 2.5},
        ),
        ({"search": "shoe", "search_count": "4"}, "search", {"query": "shoe", "results": 4}),
        ({"download": "https://x.example/a.pdf"}, "download", {"target": "https://x.example/a.pdf"}),
        ({"link": "https://x.example"}, "outlink", {"target": "https://x.example"}),
        ({"c_n": "ad", "c_p": "a.png"}, "content_impression", {"content": "ad", "piece": "a.png"}),
        ({"c_n": "ad", "c_i": "click"}, "content_interaction", {"content": "ad", "interaction": "click"}),
        ({"ping": "1"}, "page_ping", {}),
    ],
)
def test_what_is_no_page_view_is_named(fields: dict[str, str], name: str, properties: dict[str, Any]) -> None:
    assert said(**fields) == ("track", name, properties)


def test_what_has_no_place_is_kept_as_it_came() -> None:
    kept = message(WIRE, get(PAGE, dimension1="blue", rand="123", _cvar='{"1":["a","b"]}'))["context"][
        "matomo"
    ]

    assert kept == {"idsite": "7", "dimension1": "blue", "rand": "123", "_cvar": '{"1":["a","b"]}'}


def test_products_that_cannot_be_read_are_kept_as_they_came() -> None:
    found = message(WIRE, get(SITE, idgoal="0", ec_id="o-1", ec_items="[half"))

    assert found["context"]["matomo"]["ec_items"] == "[half"


def test_the_site_and_the_token_may_be_keys_and_the_token_is_not_kept() -> None:
    found = opened(WIRE, get(PAGE, token_auth="secret"))

    assert found.keys == ("7", "secret")
    assert "secret" not in str(found.messages)


def test_several_requests_at_once_are_as_many_events() -> None:
    events = (PAGE, PAGE | {"idsite": "8", "_id": "f" * 16})

    found = messages(WIRE, bulk(*events, token_auth="secret"))

    assert [one["anonymousId"] for one in found] == ["0123456789abcdef", "f" * 16]
    assert found[0] == message(WIRE, get(PAGE))
    assert opened(WIRE, bulk(*events, token_auth="secret")).keys == ("7", "8", "secret")


def test_a_form_says_the_same_as_a_query() -> None:
    form = request(PATH, urlencode(PAGE).encode())

    assert message(WIRE, form) == message(WIRE, get(PAGE))


@pytest.mark.parametrize(
    ("fields", "time"),
    [
        ({"cdt": "2020-01-01 00:00:00", "token_auth": "t"}, "2020-01-01 00:00:00"),
        ({"cdt": "2020-01-01 00:00:00"}, None),
        ({"cdt": "2026-11-21 09:00:00"}, "2026-11-21 09:00:00"),
        ({"cdt": "yesterday", "token_auth": "t"}, None),
    ],
)
def test_an_old_time_counts_only_with_a_token(fields: dict[str, str], time: str | None) -> None:
    found = message(WIRE, get(PAGE, **fields))

    assert found.get("timestamp") == time
    assert found["context"]["matomo"].get("cdt") == (None if time else fields["cdt"])


def test_an_address_counts_only_with_a_token() -> None:
    assert message(WIRE, get(PAGE, cip="198.51.100.7", token_auth="t"))["context"]["ip"] == "198.51.100.7"
    assert "198.51.100.7" not in str(message(WIRE, get(PAGE, cip="198.51.100.7")))


def test_without_an_id_the_event_belongs_to_nobody() -> None:
    assert message(WIRE, get({"idsite": "7", "rec": "1", "url": URL}))["context"]["anonymous"] is True


def test_what_is_not_to_be_recorded_is_not_a_page() -> None:
    (found,) = opened(WIRE, get(PAGE, rec="0")).messages

    assert found["type"] == "not to be recorded"


def test_the_client_hears_a_picture_or_nothing_or_how_many_there_were() -> None:
    assert answer(WIRE, get(PAGE)).kind == "image/gif"
    assert answer(WIRE, get(PAGE, send_image="0"))[:2] == (204, b"")
    assert answer(WIRE, request(PATH, urlencode(PAGE | {"send_image": "0"}).encode())).status == 204
    assert orjson.loads(answer(WIRE, bulk(PAGE, PAGE)).content) == {
        "status": "success",
        "tracked": 2,
        "invalid": 0,
    }
