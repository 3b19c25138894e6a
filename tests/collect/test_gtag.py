"""What Google's tag sends, as canonical messages."""

from __future__ import annotations

from typing import Any

from hearing import BROWSER, answer, message, messages, opened, request

from headwater.collect.protocols.gtag import WIRE

SHARED = {
    "v": "2", "tid": "G-TEST", "cid": "123.456", "ul": "de-de", "sr": "1280x720", "_p": "99", "_s": "1",
    "dl": "https://shop.example/?gclid=x", "dr": "https://www.google.com/", "dt": "Home",
}  # fmt: skip


def get(**fields: str) -> Any:
    return request("/g/collect", query=SHARED | fields)


def post(*lines: str) -> Any:
    return request("/g/collect", "\r\n".join(lines).encode(), query=SHARED)


def test_a_page_view_is_a_page_with_url_referrer_and_title() -> None:
    found = message(WIRE, get(en="page_view"))

    assert (found["type"], found["anonymousId"]) == ("page", "123.456")
    assert found["context"]["page"] == {
        "url": "https://shop.example/?gclid=x",
        "referrer": "https://www.google.com/",
        "title": "Home",
    }
    assert found["context"]["locale"] == "de-de"
    assert found["context"]["userAgent"] == BROWSER["user-agent"]


def test_a_purchase_has_its_order_value_currency_and_items() -> None:
    bought = {
        "en": "purchase",
        "ep.transaction_id": "0815",
        "epn.value": "129.9",
        "cu": "EUR",
        "pr2": "idSKU2~pr1~qt1",
        "pr1": "idSKU1~nmShoe~pr64.95~qt2~k0colour",
    }

    found = message(WIRE, get(**bought))

    assert (found["type"], found["event"]) == ("track", "purchase")
    said = found["properties"]
    assert (said["transaction_id"], said["value"], said["currency"]) == ("0815", 129.9, "EUR")
    assert said["items"] == [
        {"item_id": "SKU1", "item_name": "Shoe", "price": 64.95, "quantity": 2, "k0": "colour"},
        {"item_id": "SKU2", "price": 1, "quantity": 1},
    ]


def test_each_line_of_the_body_is_an_event_that_shares_the_query() -> None:
    first, second = messages(WIRE, post("en=page_view&_ee=1", "en=scroll&epn.percent_scrolled=90"))

    assert (first["type"], second["event"]) == ("page", "scroll")
    assert second["properties"]["percent_scrolled"] == 90
    assert first["properties"]["url"] == second["properties"]["url"]


def test_user_properties_are_traits_and_consent_is_kept() -> None:
    found = message(
        WIRE, get(**{"en": "login", "up.plan": "pro", "upn.age": "3", "uid": "ada", "gcs": "G101"})
    )

    assert found["userId"] == "ada"
    assert found["context"]["traits"] == {"plan": "pro", "age": 3}
    assert found["context"]["consent"] == {"gcs": "G101"}


def test_what_has_no_place_is_kept_as_it_came() -> None:
    assert message(WIRE, get(en="login", sid="7", new="x"))["context"]["ga4"] == {
        "tid": "G-TEST", "_p": "99", "_s": "1", "sr": "1280x720", "sid": "7", "new": "x",
    }  # fmt: skip


def test_the_measurement_id_is_the_key_and_the_client_hears_204() -> None:
    assert opened(WIRE, get(en="login")).keys == ("G-TEST",)
    assert answer(WIRE, get(en="login"))[:2] == (204, b"")


def test_without_a_client_id_the_event_belongs_to_nobody() -> None:
    found = message(WIRE, get(en="login", cid=""))

    assert found["context"]["anonymous"] is True
