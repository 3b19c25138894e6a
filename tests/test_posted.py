"""Posted: a touch or conversion that came over HTTP counts as an imported one does."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from headwater import loading
from headwater.contract.tables import EVENTS, IMPORTED_CONVERSIONS, IMPORTED_TOUCHPOINTS
from headwater.engine.duckdb import DuckDB
from headwater.workspace import build_fully
from tests.test_increment import NEW_YEAR, STEPS, arrive, event, in_full, incrementally

if TYPE_CHECKING:
    from pathlib import Path

CLICK = "https://shop.example/?gclid=AbC"


def known(day: int) -> dict[str, Any]:
    return {"known_at": NEW_YEAR + timedelta(days=100 + day)}


def at(hour: int) -> dict[str, Any]:
    return {"occurred_at": NEW_YEAR + timedelta(hours=hour)}


def posted(event_id: str, kind: str, said: dict[str, Any], **columns: Any) -> dict[str, Any]:
    return event(event_id=event_id, type=kind, properties=json.dumps(said), origin="touch", **columns)


def visit(device: str, hour: int, url: str = "https://shop.example/", **columns: Any) -> dict[str, Any]:
    return event(
        event_id=f"{device}-{hour}", type="page", anonymous_id=device, url=url, **at(hour), **columns
    )


CALL = posted(
    "touch-1", "touch", {"touchpoint_id": "call-1", "kind": "call", "cost": "2.50"}, user_id="ada", **at(5)
)
SALE = posted(
    "sale-1", "conversion", {"conversion_id": "c1", "order_id": "1001", "value": "19.90", "currency": "eur"},
    user_id="ada", **at(9),
)  # fmt: skip


def built(root: Path, *batches: dict[Any, list[dict[str, Any]]]) -> DuckDB:
    engine = DuckDB(threads=1)
    for place, batch in enumerate(batches):
        arrive(root, {t: [row | known(place) for row in rows] for t, rows in batch.items()}, name=f"b{place}")
    loading.load(engine, root)
    build_fully(engine, STEPS)
    return engine


def test_a_posted_touch_is_a_touchpoint_of_its_person_and_no_visit(tmp_path: Path) -> None:
    engine = built(tmp_path, {EVENTS: [CALL, SALE]})

    assert engine.rows("select touchpoint_id, kind, channel, cost from touchpoints") == [
        ("call-1", "call", "offline", Decimal("2.50"))
    ]
    assert engine.rows("select count(*) from sessions") == [(0,)]
    assert engine.rows("select conversion_id, value, currency, goal, is_macro from conversions") == [
        ("1001", Decimal("19.90"), "EUR", "conversion", True)
    ]
    assert engine.rows("select touchpoint_id, conversion_id from journey_steps") == [("call-1", "1001")]
    engine.close()


def test_an_order_that_the_browser_and_the_server_report_is_one_conversion(tmp_path: Path) -> None:
    browser = event(
        event_id="b1", type="track", event="Order Completed", anonymous_id="laptop", user_id="ada",
        properties='{"order_id": "1001", "revenue": 10, "currency": "EUR"}', **at(9),
    )  # fmt: skip
    engine = built(tmp_path, {EVENTS: [browser, SALE]})

    assert engine.rows("select conversion_id, value from conversions") == [("1001", Decimal("19.90"))]
    engine.close()


@pytest.mark.parametrize(
    ("columns", "person"),
    [
        ({"user_id": "ada", "anonymous_id": "laptop"}, "user:ada"),
        ({"user_id": "undefined", "anonymous_id": "laptop"}, "anonymous:laptop"),
        ({"email": "hash", "phone": "other"}, "email:hash"),
        ({"phone": "other"}, "phone:other"),
        ({}, "click:AbC"),
    ],
)
def test_the_person_is_the_first_identifier_that_names_somebody(
    columns: dict[str, Any], person: str, tmp_path: Path
) -> None:
    fact = posted("t1", "touch", {"kind": "call", "click_id": "AbC"}, **columns, **at(5))
    engine = built(tmp_path, {EVENTS: [fact]})

    assert engine.rows("select person, touchpoint_id, click_id from imported_touchpoints") == [
        (person, "t1", "AbC")
    ]
    engine.close()


@pytest.mark.parametrize("kind", ["touch", "conversion"])
def test_a_click_id_alone_leads_to_the_device_that_landed_with_it(kind: str, tmp_path: Path) -> None:
    fact = posted("f1", kind, {"click_id": "AbC"}, **at(8))
    engine = built(tmp_path, {EVENTS: [visit("laptop", 1, CLICK), fact, visit("phone", 2)]})
    table = {"touch": "touchpoints where touchpoint_id = 'f1'", "conversion": "conversions"}[kind]

    assert engine.rows(f"select person_id from {table}") == engine.rows(
        "select person_id from persons where identifier = 'anonymous:laptop'"
    )
    engine.close()


def test_a_conversion_that_names_person_and_click_joins_the_two(tmp_path: Path) -> None:
    sale = posted("f1", "conversion", {"click_id": "AbC", "value": 5}, email="hash", **at(8))
    engine = built(tmp_path, {EVENTS: [visit("laptop", 1, CLICK), sale]})

    assert engine.rows("select channel from journey_steps") == [("paid_search",)]
    engine.close()


def test_a_touchpoint_that_is_posted_and_imported_counts_once(tmp_path: Path) -> None:
    imported = dict.fromkeys(IMPORTED_TOUCHPOINTS.names()) | {
        "touchpoint_id": "call-1", "person": "user:ada", "kind": "meeting", "origin": "calls.csv", **at(5)
    }  # fmt: skip
    engine = built(tmp_path, {EVENTS: [CALL]}, {IMPORTED_TOUCHPOINTS: [imported]})

    assert engine.rows("select touchpoint_id, kind from touchpoints") == [("call-1", "call")]
    assert engine.rows("select kind, stored, duplicate from intake") == [("touchpoints", -1, 1)]
    engine.close()


def test_an_incremental_build_of_posted_facts_equals_a_full_one(tmp_path: Path) -> None:
    survey = posted(
        "s1", "touch", {"kind": "survey", "answer": "a podcast"}, user_id="ada", email="hash", **at(7)
    )
    late = posted("touch-2", "touch", {"kind": "meeting"}, email="hash", **at(4))
    corrected = SALE | {"event_id": "sale-2", "properties": json.dumps({"order_id": "1001", "value": 7})}
    imported = dict.fromkeys(IMPORTED_TOUCHPOINTS.names()) | {
        "touchpoint_id": "call-1", "person": "user:bo", "origin": "calls.csv", **at(5)
    }  # fmt: skip
    deal = dict.fromkeys(IMPORTED_CONVERSIONS.names()) | {
        "conversion_id": "d1", "person": "click:AbC", "goal": "lead", "origin": "deals.csv", **at(9)
    }  # fmt: skip
    batches = [
        {EVENTS: [visit("laptop", 1, CLICK), CALL]},
        {EVENTS: [SALE, survey]},
        {EVENTS: [late, visit("laptop", 3)], IMPORTED_CONVERSIONS: [deal]},
        {EVENTS: [corrected, CALL], IMPORTED_TOUCHPOINTS: [imported]},
    ]
    drawn = [
        {t: [row | known(n) for row in rows] for t, rows in batch.items()} for n, batch in enumerate(batches)
    ]

    grown = incrementally(tmp_path, drawn)

    assert grown == in_full(tmp_path)
    assert len(grown["journey_steps"]) == 4


def test_a_posted_touchpoint_that_was_known_earlier_than_the_imported_one_takes_its_place(
    tmp_path: Path,
) -> None:
    imported = dict.fromkeys(IMPORTED_TOUCHPOINTS.names()) | {
        "touchpoint_id": "call-1", "person": "user:bo", "origin": "calls.csv", **at(5), **known(9)
    }  # fmt: skip
    drawn = [{IMPORTED_TOUCHPOINTS: [imported]}, {EVENTS: [CALL | known(1), SALE | known(1)]}]

    grown = incrementally(tmp_path, drawn)

    assert grown == in_full(tmp_path)
    assert len(grown["touchpoints"]) == 1
    assert "call'" in grown["touchpoints"][0]


def test_what_says_that_it_is_a_test_becomes_no_fact(tmp_path: Path) -> None:
    engine = built(
        tmp_path, {EVENTS: [CALL | {"context": '{"test": true}'}, SALE | {"context": '{"test": 1}'}]}
    )

    assert engine.rows("select count(*) from events") == [(2,)]
    assert engine.rows("select count(*) from touchpoints union all select count(*) from conversions") == [
        (0,),
        (0,),
    ]
    engine.close()
