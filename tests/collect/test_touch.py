"""Touch: what servers, call trackers and surveys report becomes facts; wrong items are refused alone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from collecting import KEY, Running, running
from hearing import message, messages, opened, request

from headwater import loading, pipeline
from headwater.collect.admit import Refused
from headwater.collect.protocols.touch import WIRE, answer
from headwater.contract.settings import Settings
from headwater.engine.duckdb import DuckDB
from headwater.workspace import build_fully

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALL = {"touchpoint_id": "call-1", "email": "ada@example.com", "kind": "Inbound Call", "campaign": "spring"}
SALE = {"order_id": "1001", "user_id": 7, "value": "19.90", "currency": "EUR", "goal": "purchase"}


def touch(body: Any, **how: Any) -> Any:
    return message(WIRE, request("/v1/touch", body, **how))


def sale(body: Any, **how: Any) -> Any:
    return message(WIRE, request("/v1/conversion", body, **how))


def refused(path: str, body: Any) -> list[tuple[str, str | None]]:
    found = opened(WIRE, request(path, body)).messages
    return [(item.reason.value, item.field) for item in found if isinstance(item, Refused)]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


# -- messages --------------------------------------------------------------------------------------


def test_a_touch_keeps_everything_that_was_said_of_it() -> None:
    found = touch(
        CALL | {"occurred_at": "2026-03-15T09:30:00Z", "agent": "Bo", "url": "https://shop.example/a"}
    )

    assert found == {
        "type": "touch",
        "name": "inbound_call",
        "messageId": "touch:call-1",
        "timestamp": "2026-03-15T09:30:00Z",
        "traits": {"email": "ada@example.com"},
        "context": {},
        "properties": {
            "touchpoint_id": "call-1",
            "kind": "inbound_call",
            "campaign": "spring",
            "agent": "Bo",
            "page_url": "https://shop.example/a",
        },
    }


def test_a_conversion_bears_its_money_as_text_so_that_no_digit_is_lost() -> None:
    found = sale({"conversion_id": "c1", "order_id": "1001", "user_id": 7, "value": 0.1, "currency": "eur"})

    assert (found["type"], found["userId"], found["properties"]["value"]) == ("conversion", "7", "0.1")
    assert (found["properties"]["order_id"], found["properties"]["conversion_id"]) == ("1001", "c1")


@pytest.mark.parametrize("batch", [[CALL, CALL], {"batch": [CALL, CALL]}])
def test_one_item_a_list_and_a_batch_are_taken_alike(batch: Any) -> None:
    assert messages(WIRE, request("/v1/touch", batch)) == [touch(CALL), touch(CALL)]


def test_a_form_is_one_item() -> None:
    assert touch(b"kind=call&user_id=ada&touchpoint_id=t1")["userId"] == "ada"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"person": "ada"}, {"userId": "ada"}),
        ({"person": "user:ada"}, {"userId": "ada"}),
        ({"person": "ada@example.com"}, {"traits": {"email": "ada@example.com"}}),
        ({"person": "email:ada@example.com"}, {"traits": {"email": "ada@example.com"}}),
        ({"person": "phone:+491701234567"}, {"traits": {"phone": "+491701234567"}}),
        ({"person": "anonymous:laptop"}, {"anonymousId": "laptop"}),
        ({"external_id": "crm-7"}, {"userId": "crm-7"}),
        ({"anonymousId": "laptop", "userId": "ada"}, {"anonymousId": "laptop", "userId": "ada"}),
    ],
)
def test_the_person_may_be_given_in_any_of_its_forms(said: dict[str, Any], found: dict[str, Any]) -> None:
    read = touch(said | {"kind": "call"})

    assert {name: read[name] for name in ("userId", "anonymousId", "traits") if name in read} == found


@pytest.mark.parametrize("said", [{"click_id": "AbC"}, {"gclid": "AbC"}, {"person": "click:AbC"}])
def test_a_click_id_alone_names_a_person(said: dict[str, Any]) -> None:
    found = sale(said | {"value": 5})

    assert (found["properties"]["click_id"], found["context"]) == ("AbC", {"anonymous": True})


def test_a_negative_value_is_a_refund_of_its_order() -> None:
    found = sale({"order_id": "1001", "value": "-19.90", "currency": "EUR"})

    assert (found["type"], found["event"]) == ("track", "Order Refunded")
    assert found["properties"]["order_id"] == "1001"
    assert found["properties"]["refund_value"] == "19.90"


# -- ids -------------------------------------------------------------------------------------------


def ids(path: str, body: Any, **headers: str) -> list[Any]:
    return [item.get("messageId") for item in opened(WIRE, request(path, body, headers=headers)).messages]


def test_a_touch_is_known_by_its_own_id_then_by_the_key() -> None:
    assert ids("/v1/touch", [CALL, CALL | {"campaign": "other"}]) == ["touch:call-1", "touch:call-1"]
    assert ids("/v1/touch", {"kind": "call", "user_id": "ada"}, **{"idempotency-key": "k"}) == ["touch:k"]
    assert ids("/v1/touch", [{"user_id": "a"}, {"user_id": "b"}], **{"idempotency-key": "k"}) == [
        "touch:k:0",
        "touch:k:1",
    ]
    assert ids("/v1/touch", {"user_id": "ada"}) == [None]


def test_the_same_version_of_a_conversion_is_a_retry_and_another_is_a_correction() -> None:
    first, again, corrected = ids(
        "/v1/conversion", [SALE, dict(reversed(SALE.items())), SALE | {"value": "25"}]
    )

    assert first == again
    assert first != corrected


def test_an_id_of_any_length_fits() -> None:
    [found] = ids("/v1/touch", CALL | {"touchpoint_id": "x" * 500})

    assert len(found) < 100


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "said", "found"),
    [
        ("/v1/touch", {"occurred_at": "15/03/2026"}, ("invalid_field", "occurred_at")),
        ("/v1/touch", {"timestamp": True}, ("invalid_field", "timestamp")),
        ("/v1/touch", {"cost": "-1"}, ("invalid_field", "cost")),
        ("/v1/touch", {"cost": "1.234,56"}, ("invalid_field", "cost")),
        ("/v1/conversion", {"value": "NaN"}, ("invalid_field", "value")),
        ("/v1/conversion", {"value": "1e40"}, ("invalid_field", "value")),
        ("/v1/conversion", {"value": True}, ("invalid_field", "value")),
        ("/v1/conversion", {"value": {"amount": 3}}, ("invalid_field", "value")),
        ("/v1/conversion", {"value": 1, "currency": "euro"}, ("invalid_field", "currency")),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(
    path: str, said: dict[str, Any], found: tuple[str, str]
) -> None:
    assert refused(path, {"user_id": "ada"} | said) == [found]


def test_nobody_is_no_person_and_a_refund_needs_its_order() -> None:
    assert refused("/v1/touch", {"kind": "call", "user_id": ""}) == [("no_identity", "person")]
    assert refused("/v1/conversion", {"value": -5}) == [("invalid_field", "order_id")]


def test_the_answer_says_which_items_are_wrong_and_why() -> None:
    asked = request("/v1/touch", [CALL, {"kind": "call"}, CALL | {"cost": "x"}])
    said = answer(asked, opened(WIRE, asked))

    told = json.loads(said.content)
    assert (said.status, told["accepted"]) == (200, 1)
    assert [(item["index"], item["field"]) for item in told["refused"]] == [(1, "person"), (2, "cost")]


def test_nothing_but_wrong_items_is_told_by_the_status() -> None:
    asked = request("/v1/touch", {"kind": "call"})

    assert answer(asked, opened(WIRE, asked)).status == 422


@pytest.mark.parametrize(
    "body", [None, [], 5, "x", [None, 3], {"batch": 7}, {"batch": [[]]}, {"person": {"a": 1}}]
)
def test_no_body_breaks_it(body: Any) -> None:
    asked = request("/v1/conversion", orjson.dumps(body))

    assert answer(asked, opened(WIRE, asked)).status in (200, 422)


# -- over a socket ---------------------------------------------------------------------------------


def test_what_is_posted_becomes_a_journey(collector: Running) -> None:
    page = {"type": "page", "anonymousId": "laptop", "messageId": "p1", "timestamp": "2026-03-01T08:00:00Z",
            "context": {"page": {"url": "https://shop.example/?gclid=AbC"}}}  # fmt: skip
    collector.post(page)
    collector.send("/v1/touch", orjson.dumps(CALL | {"occurred_at": "2026-03-02T08:00:00Z", "gclid": "AbC"}))
    collector.send("/v1/touch", orjson.dumps(CALL))
    collector.send("/v1/touch", orjson.dumps({"kind": "survey", "answer": "A podcast!", "email": "ada@example.com",
                                              "occurred_at": "2026-03-03T08:00:00Z"}))  # fmt: skip
    ordered = {"order_id": "1001", "email": "ADA@example.com", "occurred_at": "2026-03-04T08:00:00Z"}
    for value in ("19.90", "19.90", "25", "-5"):
        said = collector.send("/v1/conversion", orjson.dumps(ordered | {"value": value, "currency": "USD"}))
        assert said.status == 200
    wrong = collector.send(
        "/v1/conversion", orjson.dumps({"value": 3, "email": "ada@example.com", "currency": "?"})
    )

    assert wrong.status == 422
    collector.publisher.publish()
    engine = DuckDB(threads=1)
    loading.load(engine, collector.folder)
    build_fully(engine, list(pipeline.steps(Settings())))
    assert engine.rows(
        "select kind, channel, content, is_uncredited from touchpoints order by occurred_at"
    ) == [
        ("visit", "paid_search", None, False),
        ("inbound_call", "offline", None, False),
        ("survey", "audio", "A podcast!", True),
    ]
    assert engine.rows("select channel from journey_steps order by step") == [("paid_search",), ("offline",)]
    assert engine.rows("select conversion_id, value, net_value from conversions") == [
        ("1001", Decimal("25.000000"), Decimal("20.000000"))
    ]
    assert engine.rows("select stored, duplicate, refused from intake where origin = 'touch'") == [(5, 2, 1)]
    assert "ada@" not in str(engine.rows("select * from events")) + str(engine.rows("select * from refused"))
    engine.close()


def test_a_request_without_a_known_key_is_refused_and_one_in_the_body_is_known(collector: Running) -> None:
    assert collector.send("/v1/touch", orjson.dumps(CALL), key=None).status == 401
    assert collector.send("/v1/touch", orjson.dumps(CALL | {"write_key": KEY}), key=None).status == 200
    assert (
        collector.send("/v1/touch", orjson.dumps({"batch": [CALL], "writeKey": KEY}), key=None).status == 200
    )
    assert len(collector.rows("events")) == 1
