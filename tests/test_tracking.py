"""Tracking: what is missing for attribution is said, with the way out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from headwater.contract import tables
from headwater.contract.settings import parsed
from headwater.engine.duckdb import DuckDB
from headwater.tracking import Watched, tracking
from tests.worlds import DAY, at, event

if TYPE_CHECKING:
    from headwater.findings import Finding

USED = (tables.EVENTS, tables.INTAKE, tables.CONVERSIONS, tables.JOURNEYS)
Rows = list[dict[str, Any]]


def signs(settings: dict[str, Any] | None = None, *, keys: int = 1, **given: Rows) -> dict[str, Finding]:
    engine = DuckDB(threads=1)
    for table in USED:
        engine.create(table)
    for name, rows in given.items():
        engine.insert(name, pa.Table.from_pylist(rows))
    watched = Watched(
        rows=lambda query: engine.query(query).to_pylist(),
        settings=parsed(settings or {}),
        keys=keys,
        now=DAY + timedelta(days=1),
    )
    try:
        return {found.check: found for found in tracking(watched)}
    finally:
        engine.close()


def pages(*urls: str) -> Rows:
    return [event(f"e{number}", url=url, context={}) for number, url in enumerate(urls)]


def test_a_new_workspace_is_well_and_hears_what_comes_next() -> None:
    found = signs(keys=0)

    assert all(one.is_well for one in found.values())
    assert "headwater key add" in found["write key"].hint
    assert "/hw.js" in found["tracker"].hint


def test_sites_that_send_and_are_not_ours_are_named() -> None:
    own = {"own_domains": ["shop.example"]}

    found = signs(own, events=pages("https://www.shop.example/", "https://copy.example:8080/a"))[
        "own domains"
    ]

    assert found.found == "shop.example"
    assert "copy.example" in found.hint
    assert "www" not in found.hint


def test_several_sites_without_own_domains_are_a_hint() -> None:
    assert (
        "own_domains" in signs(events=pages("https://a.example/", "https://b.example/"))["own domains"].hint
    )
    assert signs(events=pages("https://a.example/"))["own domains"].hint == ""


def test_events_that_fulfil_no_goal_are_named() -> None:
    found = signs(events=[event("e1", type="track", event="Bought It", context={})])["goals"]

    assert found.found == "no conversion yet"
    assert "Bought It" in found.hint


def test_each_protocol_is_named_with_its_last_event() -> None:
    rows = [
        event("e1", "09:00", context={}, origin="segment"),
        event("e2", "10:30", context={}, origin="ga4"),
    ]

    found = signs(events=rows)["tracker"]

    assert found.found == "ga4: 1, last 2026-03-02 10:30; segment: 1, last 2026-03-02 09:00"
    assert found.hint == ""


def test_a_silence_of_a_week_is_told() -> None:
    found = signs(events=[event("e1", context={}, known_at=DAY - timedelta(days=8))])["tracker"]

    assert "a week" in found.hint


def intake(received: int, refused: int, *, days: float = 0.5) -> Rows:
    return [
        {
            "receipt_id": "r1",
            "origin": "segment",
            "kind": "events",
            "received": received,
            "stored": received - refused,
            "duplicate": 0,
            "refused": refused,
            "known_at": DAY + timedelta(days=1 - days),
        }
    ]


def test_many_refusals_of_late_are_wrong_and_few_or_old_ones_are_not() -> None:
    assert not signs(intake=intake(100, 11))["refused"].is_well
    assert signs(intake=intake(100, 10))["refused"].is_well
    assert signs(intake=intake(100, 90, days=8))["refused"].is_well
    assert signs(intake=intake(10, 9))["refused"].is_well


def journeys(*step_counts: int) -> Rows:
    plain = {"is_macro": True, "conversion_count": 1, "null_count": 0, "occurred_at": at("09:00")}
    return [plain | {"conversion_id": str(n), "step_count": count} for n, count in enumerate(step_counts)]


def test_orders_that_meet_no_landing_are_told() -> None:
    found = signs(journeys=journeys(*[0] * 15, *[2] * 5))["landings"]

    assert found.found == "5 of 20 macro conversions have a touchpoint before them"
    assert "anonymousId" in found.hint
    assert signs(journeys=journeys(*[2] * 20))["landings"].hint == ""


def test_choices_of_consent_are_counted() -> None:
    said = event("e1", context={"consent": {"analytics": "granted"}})

    assert "1 of 1 events" in signs(events=[said])["consent"].found
    assert "banner" in signs(events=pages(*["https://a.example/"] * 20))["consent"].hint
