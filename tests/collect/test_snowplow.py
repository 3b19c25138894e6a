"""Snowplow events, of every kind, as canonical messages."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from collecting import KEY, running
from hearing import BROWSER, answer, message, messages, opened, request
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.protocols.snowplow import OWN_PATH, WIRE

if TYPE_CHECKING:
    from pathlib import Path

TP2 = "/com.snowplowanalytics.snowplow/tp2"
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
URL = "https://shop.example/?utm_source=google&gclid=x"
PAGE = {
    "e": "pv", "eid": "e1", "aid": "shop", "p": "web", "tv": "js-4.10.1", "duid": "device-1", "uid": "ada",
    "url": URL, "refr": "https://www.google.com/", "page": "Home", "lang": "de-DE", "res": "1280x720",
    "tz": "Europe/Berlin", "vid": "1", "dtm": "1795286191863", "stm": "1795286191919",
}  # fmt: skip


def post(*events: Any, headers: dict[str, str] | None = None) -> Any:
    return request(TP2, {"schema": PAYLOAD, "data": list(events)}, headers=headers)


def schema(name: str, vendor: str = "com.snowplowanalytics.snowplow") -> str:
    return f"iglu:{vendor}/{name}/jsonschema/1-0-0"


def described(name: str, data: dict[str, Any], *entities: tuple[str, dict[str, Any]], **fields: Any) -> Any:
    """Return a self-describing event with entities beside it, in plain JSON."""
    itself = {"schema": schema("unstruct_event"), "data": {"schema": schema(name), "data": data}}
    beside = {
        "schema": schema("contexts"),
        "data": [{"schema": schema(kind), "data": inside} for kind, inside in entities],
    }
    plain = {"ue_pr": orjson.dumps(itself).decode(), "co": orjson.dumps(beside).decode()}
    return {"e": "ue", "eid": "e1", "aid": "shop", "duid": "device-1", **plain, **fields}


def said(event: Any) -> tuple[str, str | None, dict[str, Any]]:
    found = message(WIRE, post(event))
    return found["type"], found.get("event") or found.get("name"), found["properties"]


def test_a_page_view_keeps_its_ids_times_url_and_referrer() -> None:
    found = message(WIRE, post(PAGE))

    assert {name: found[name] for name in ("type", "messageId", "userId", "anonymousId")} == {
        "type": "page",
        "messageId": "e1",
        "userId": "ada",
        "anonymousId": "device-1",
    }
    assert (found["timestamp"], found["sentAt"]) == ("1795286191863", "1795286191919")
    assert found["properties"] == {"url": URL, "referrer": "https://www.google.com/", "title": "Home"}
    assert found["context"]["screen"] == {"width": 1280, "height": 720}
    assert found["context"]["locale"] == "de-DE"
    assert found["context"]["userAgent"] == BROWSER["user-agent"]
    assert found["context"]["ip"] == "203.0.113.9"


def test_what_has_no_place_is_kept_as_it_came() -> None:
    kept = message(WIRE, post(PAGE | {"f_pdf": "1", "unheard_of": "x"}))["context"]["snowplow"]

    assert kept == {
        "e": "pv", "aid": "shop", "p": "web", "tv": "js-4.10.1", "res": "1280x720", "tz": "Europe/Berlin",
        "vid": "1", "f_pdf": "1", "unheard_of": "x",
    }  # fmt: skip


def test_a_retry_differs_in_nothing_but_its_sending_time() -> None:
    first, again = message(WIRE, post(PAGE)), message(WIRE, post(PAGE | {"stm": "1795286199999"}))

    assert first.pop("sentAt") != again.pop("sentAt")
    assert first == again


def test_the_application_id_may_be_the_write_key() -> None:
    assert opened(WIRE, post(PAGE, PAGE | {"aid": "blog"})).keys == ("shop", "blog")


def test_a_get_says_the_same_as_a_post() -> None:
    assert message(WIRE, request("/i", query=PAGE)) == message(WIRE, post(PAGE))


def test_a_get_hears_a_picture_that_is_not_stored_and_a_post_hears_ok() -> None:
    picture = answer(WIRE, request("/i", query=PAGE))

    assert (picture.kind, len(picture.content)) == ("image/gif", 43)
    assert "no-store" in dict(picture.headers)["cache-control"]
    assert answer(WIRE, post(PAGE))[:2] == (200, b"ok")


def test_a_structured_event_is_named_for_its_action() -> None:
    fields = {"se_ca": "shop", "se_ac": "add-to-basket", "se_la": "x", "se_pr": "pcs", "se_va": "2.5"}

    assert said({"e": "se", "duid": "d", **fields}) == (
        "track",
        "add-to-basket",
        {"category": "shop", "action": "add-to-basket", "label": "x", "property": "pcs", "value": 2.5},
    )


def test_a_transaction_is_a_purchase_and_its_items_are_none() -> None:
    order = {"tr_id": "o-1", "tr_tt": "129.90", "tr_cu": "EUR", "tr_tx": "20.74", "tr_af": "web"}
    item = {"ti_id": "o-1", "ti_sk": "SKU1", "ti_nm": "Shoe", "ti_pr": "64.95", "ti_qu": "2"}

    assert said({"e": "tr", "duid": "d", **order}) == (
        "track",
        "purchase",
        {"order_id": "o-1", "revenue": 129.9, "currency": "EUR", "tax": 20.74, "affiliation": "web"},
    )
    assert said({"e": "ti", "duid": "d", **item})[:2] == ("track", "transaction_item")


def test_a_transaction_of_the_shop_events_takes_its_order_from_the_entity() -> None:
    bought = described(
        "snowplow_ecommerce_action",
        {"type": "transaction"},
        ("transaction", {"transaction_id": "o-1", "revenue": 129.9, "currency": "EUR"}),
        ("product", {"id": "SKU1"}),
    )

    assert said(bought) == (
        "track",
        "purchase",
        {
            "order_id": "o-1",
            "revenue": 129.9,
            "currency": "EUR",
            "products": [{"id": "SKU1"}],
            "type": "transaction",
        },
    )


def test_a_refund_takes_its_amount_from_the_entity() -> None:
    back = described(
        "snowplow_ecommerce_action",
        {"type": "refund"},
        ("refund", {"transaction_id": "o-1", "refund_amount": 10, "currency": "EUR"}),
    )

    _, name, properties = said(back)
    assert (name, properties["order_id"], properties["refund_amount"]) == ("refund", "o-1", 10)


@pytest.mark.parametrize(("step", "name"), [(1, "begin_checkout"), (2, "checkout_step")])
def test_only_the_first_step_begins_a_checkout(step: int, name: str) -> None:
    event = described(
        "snowplow_ecommerce_action", {"type": "checkout_step"}, ("checkout_step", {"step": step})
    )

    assert said(event)[1] == name


def test_a_self_describing_event_is_named_for_its_schema() -> None:
    event = described("link_click", {"targetUrl": "https://x.example"})

    assert said(event) == ("track", "link_click", {"targetUrl": "https://x.example"})


def test_a_form_keeps_its_email_address_and_nothing_else_that_was_typed() -> None:
    typed = [
        {"name": "email", "value": "ada@shop.example", "nodeName": "INPUT", "type": "email"},
        {"name": "surname", "value": "Lovelace", "nodeName": "INPUT"},
    ]

    _, name, properties = said(described("submit_form", {"formId": "quote", "elements": typed}))

    assert (name, properties["formId"], properties["email"]) == ("submit_form", "quote", "ada@shop.example")
    assert "Lovelace" not in str(properties)


def test_a_view_in_an_app_is_a_screen_and_its_device_is_in_the_session() -> None:
    event = described("screen_view", {"name": "Cart"}, ("client_session", {"userId": "phone-1"}))
    del event["duid"]

    found = message(WIRE, post(event))

    assert (found["type"], found["name"], found["anonymousId"]) == ("screen", "Cart", "phone-1")


@pytest.mark.parametrize("encoded", [b64encode, urlsafe_b64encode])
@given(text=st.text(max_size=40))
def test_base64_is_read_with_and_without_padding_in_both_alphabets(encoded: Any, text: str) -> None:
    plain = described("link_click", {"text": text})
    packed = encoded(plain["ue_pr"].encode()).decode()
    rest = {name: value for name, value in plain.items() if name != "ue_pr"}

    for given_as in (packed, packed.rstrip("=")):
        assert said(rest | {"ue_px": given_as})[2] == {"text": text}


def test_a_self_describing_event_that_cannot_be_read_is_kept_to_be_refused() -> None:
    (found,) = opened(WIRE, post({"e": "ue", "duid": "d", "ue_px": "%%%"})).messages

    assert "event" not in found
    assert found["context"]["snowplow"]["ue_px"] == "%%%"


def test_an_entity_that_cannot_be_read_costs_only_itself() -> None:
    found = message(WIRE, post(PAGE | {"cx": "%%%"}))

    assert found["context"]["snowplow"]["cx"] == "%%%"


def test_one_bad_event_stops_none_beside_it() -> None:
    found = opened(WIRE, post("nothing", PAGE)).messages

    assert found[0] == "nothing"
    assert found[1]["messageId"] == "e1"


def test_an_anonymous_request_leaves_no_address_and_no_id() -> None:
    session = ("client_session", {"userId": "device-1", "sessionId": "s1"})
    event = described("link_click", {}, session, uid="ada", nuid="network-1", ip="203.0.113.9")

    found = message(WIRE, post(event, headers={"sp-anonymous": "*", "cookie": "sp=network-2"}))

    assert found["context"]["anonymous"] is True
    for name in ("device-1", "ada", "network-1", "network-2", "203.0.113.9"):
        assert name not in str(found)


def test_a_tracker_that_must_not_know_the_device_is_nobody() -> None:
    nobody = ("client_session", {"userId": "00000000-0000-0000-0000-000000000000"})
    event = described("link_click", {}, nobody)
    del event["duid"]

    found = message(WIRE, post(event))

    assert found["context"]["anonymous"] is True
    assert "anonymousId" not in found


def test_an_id_that_an_earlier_collector_set_names_the_browser() -> None:
    event = {name: value for name, value in PAGE.items() if name != "duid"}

    assert message(WIRE, post(event, headers={"cookie": "a=b; sp=network-1"}))["anonymousId"] == "network-1"
    assert message(WIRE, post(event | {"nuid": "network-2"}))["anonymousId"] == "network-2"


def test_a_true_timestamp_is_not_corrected_by_the_clock() -> None:
    found = message(WIRE, post(PAGE | {"ttm": "1795000000000"}))

    assert found["timestamp"] == "1795000000000"
    assert "sentAt" not in found


def test_a_server_gives_its_own_agent_and_address_to_nobody() -> None:
    context = message(WIRE, post(PAGE | {"p": "srv"}))["context"]

    assert "ip" not in context
    assert "userAgent" not in context


def test_a_webhook_of_iglu_is_a_self_describing_event() -> None:
    query = {"schema": schema("signed_up", "com.acme"), "aid": "shop", "plan": "pro"}

    (found,) = opened(WIRE, request("/com.snowplowanalytics.iglu/v1", query=query)).messages

    assert (found["event"], found["properties"]) == ("signed_up", {"plan": "pro"})


def test_events_after_the_first_follow_in_order() -> None:
    assert [found["messageId"] for found in messages(WIRE, post(PAGE, PAGE | {"eid": "e2"}))] == ["e1", "e2"]


def test_events_are_taken_on_a_path_that_a_shop_chose(tmp_path: Path) -> None:
    body = orjson.dumps({"schema": PAYLOAD, "data": [PAGE | {"aid": KEY}]})

    with running(tmp_path) as collector:
        heard = collector.send("/com.acme/track", body, key=None)

        assert (heard.status, heard.body) == (200, b"ok")
        assert [row["origin"] for row in collector.rows("events")] == ["snowplow"]


def test_a_path_of_its_own_names_a_vendor_and_a_version() -> None:
    assert OWN_PATH.fullmatch("/com.acme/track")
    assert not OWN_PATH.fullmatch("/assets/index.js")
    assert not OWN_PATH.fullmatch("/api/reports")


# -- the cookie of the network ---------------------------------------------------------------------

SHOP = {"origin": "https://shop.example"}


def new_cookie(asked: Any) -> str | None:
    return dict(answer(WIRE, asked).headers).get("set-cookie")


def test_a_browser_without_the_networks_cookie_gets_one_and_brings_it_back() -> None:
    given = new_cookie(post(PAGE, headers=SHOP))

    assert given is not None
    name, _, rest = given.partition("; ")
    assert rest == "Path=/; Max-Age=34128000; HttpOnly; Secure; SameSite=None"
    later = {key: value for key, value in PAGE.items() if key not in ("duid", "uid")}
    back = post(later, headers=SHOP | {"cookie": name})
    assert message(WIRE, back)["anonymousId"] == name.removeprefix("sp=")
    assert new_cookie(back) is None


def test_each_browser_gets_its_own_id_and_a_picture_brings_it_too() -> None:
    one, other = post(PAGE), post(PAGE | {"eid": "e2"})
    asked = request("/i", query=PAGE)

    assert len({new_cookie(one), new_cookie(other), new_cookie(asked)} - {None}) == 3
    assert str(new_cookie(asked)).endswith("HttpOnly; SameSite=Lax")


@pytest.mark.parametrize(
    ("event", "headers"),
    [
        (PAGE, {"sp-anonymous": "*"}),
        (PAGE, {"cookie": "sp=network-1"}),
        (
            described(
                "link_click",
                {},
                ("consent_document", {}),
                gdprApplies="1",
                us_privacy="1YNN",
                consent="denied",
            ),
            {},
        ),
    ],
    ids=["who must not be known", "who has one", "who refused"],
)
def test_no_cookie_is_set_for(event: Any, headers: dict[str, str]) -> None:
    assert new_cookie(post(event, headers=SHOP | headers)) is None
