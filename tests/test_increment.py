"""An incremental build equals a full one, whatever the order, lateness or repetition of its input."""

from __future__ import annotations

import itertools
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater import loading, pipeline
from headwater.collect import archive
from headwater.contract.settings import Settings
from headwater.contract.tables import (
    EVENTS,
    IMPORTED_CONVERSIONS,
    IMPORTED_PATHS,
    IMPORTED_TOUCHPOINTS,
    Table,
)
from headwater.engine.duckdb import DuckDB
from headwater.increment import increment
from headwater.warehouse import build_fully

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
ARROW = {"VARCHAR": pa.string(), "TIMESTAMP": pa.timestamp("us"), "BIGINT": pa.int64(), "DATE": pa.date32()}
MONEY = pa.decimal128(18, 6)
STEPS = list(
    pipeline.steps(Settings(medium_aliases={"paid_social": "paid"}, campaign_aliases={"may": "spring"}))
)
BY_TABLE = {step.makes.name: step for step in STEPS}
LAZY = {"credits", "removal_effects"}
MADE = [step.makes for step in STEPS if step.makes.name not in LAZY]


def schema(table: Table) -> pa.Schema:
    return pa.schema([(column.name, ARROW.get(column.type, MONEY)) for column in table.columns])


minutes = st.sampled_from([0, 5, 10, 29, 30, 31, 60, 61, 1440, 1441, 20160, 131040])
moments = st.builds(lambda first, second: NEW_YEAR + timedelta(minutes=first + second), minutes, minutes)
devices = st.sampled_from([None, "laptop", "phone", "till", "undefined"])
customers = st.sampled_from([None, None, "ada", "bo", "cy", "null"])
addresses = st.sampled_from([None, None, None, "ada-hashed", "bo-hashed"])
pages = st.sampled_from(
    [
        "https://shop.example/",
        "https://shop.example/shoes?utm_source=fb&utm_medium=paid_social&utm_campaign=May",
        "https://shop.example/?gclid=AbC",
        "https://shop.example/hats?utm_source=news&utm_medium=email",
    ]
)
referrers = st.sampled_from(
    [None, None, "https://www.google.com/", "https://shop.example/", "https://www.paypal.com/x"]
)
agents = st.sampled_from([None, None, None, "Firefox/131.0", "Googlebot/2.1"])
marks = st.sampled_from([None, None, None, None, "prefetch", "staff"])
orders = st.builds(
    lambda number, euros: f'{{"order_id":"order-{number}","revenue":{euros}.5,"currency":"EUR"}}',
    st.integers(1, 4),
    st.integers(1, 90),
)


def event(**columns: Any) -> dict[str, Any]:
    return dict.fromkeys(EVENTS.names()) | {"properties": "{}", "origin": "test"} | columns


visits = st.builds(
    lambda **columns: event(type="page", **columns),
    anonymous_id=devices,
    user_id=customers,
    email=addresses,
    occurred_at=moments,
    url=pages,
    referrer=referrers,
    user_agent=agents,
    marks=marks,
)
facts = st.builds(
    lambda name, **columns: event(type="track", event=name, **columns),
    st.sampled_from(["Order Completed", "Order Refunded", "lead", "Opportunity Created"]),
    anonymous_id=devices,
    user_id=customers,
    email=addresses,
    occurred_at=moments,
    properties=orders,
    user_agent=agents,
    marks=marks,
)
aliases = st.builds(
    lambda **columns: event(type="alias", **columns),
    previous_id=st.sampled_from(["laptop", "phone", "bo"]),
    user_id=st.sampled_from(["ada", "bo"]),
    occurred_at=moments,
)
persons = st.sampled_from(["user:ada", "user:bo", "anonymous:laptop", "user:null"])
touches = st.builds(
    lambda number, **columns: (
        dict.fromkeys(IMPORTED_TOUCHPOINTS.names())
        | {"touchpoint_id": f"call-{number}", "origin": "test"}
        | columns
    ),
    st.integers(1, 5),
    person=persons,
    occurred_at=moments,
    kind=st.sampled_from(["call", None, "email_sent", "email_click"]),
    channel=st.sampled_from(["Phone", None]),
    source=st.sampled_from(["fb", None]),
    click_id=st.sampled_from(["AbC", None]),
)
deals = st.builds(
    lambda number, **columns: (
        dict.fromkeys(IMPORTED_CONVERSIONS.names()) | {"conversion_id": number, "origin": "test"} | columns
    ),
    st.sampled_from(["deal-1", "deal-2", "order-1"]),
    person=persons,
    occurred_at=moments,
    goal=st.sampled_from(["deal_won", "lead"]),
    value=st.decimals(0, 100, places=2),
    currency=st.sampled_from(["USD", "EUR"]),
)
paths = st.builds(
    lambda name, conversions, nulls: [
        {
            "path_id": name,
            "step": step,
            "channel": channel,
            "conversions": conversions,
            "value": 3,
            "nulls": nulls,
            "origin": "test",
        }
        for step, channel in enumerate(name.split(" "), start=1)
    ],
    st.sampled_from(["search", "social search", "social social"]),
    st.integers(0, 3),
    st.integers(0, 3),
)


@st.composite
def batches(draw: st.DrawFn) -> list[dict[Table, list[dict[str, Any]]]]:
    """Draw a few batches in order of arrival; some events arrive again in a later one."""
    numbered = [
        {**fact, "event_id": f"event-{number}"}
        for number, fact in enumerate(
            draw(st.lists(st.one_of(visits, visits, facts, aliases), min_size=2, max_size=25))
        )
    ]
    count = draw(st.integers(2, 4))
    drawn: list[dict[Table, list[dict[str, Any]]]] = []
    for place in range(count):
        known = {"known_at": NEW_YEAR + timedelta(days=200 + place)}
        fresh = numbered[place::count]
        again = draw(st.lists(st.sampled_from(numbered), max_size=2))
        once = {fact["event_id"]: fact for fact in [*again, *fresh]}
        drawn.append(
            {
                EVENTS: [fact | known for fact in once.values()],
                IMPORTED_TOUCHPOINTS: _by(draw(st.lists(touches, max_size=2)), "touchpoint_id", known),
                IMPORTED_CONVERSIONS: _by(draw(st.lists(deals, max_size=2)), "conversion_id", known),
                IMPORTED_PATHS: [row | known for path in draw(st.lists(paths, max_size=1)) for row in path],
            }
        )
    _leave_first_touches(drawn)
    return drawn


def _by(rows: list[dict[str, Any]], key: str, known: dict[str, Any]) -> list[dict[str, Any]]:
    return [row | known for row in {row[key]: row for row in rows}.values()]


def _leave_first_touches(drawn: list[dict[Table, list[dict[str, Any]]]]) -> None:
    """Keep each touchpoint once, as imports do: an id that is there already is a duplicate."""
    seen: set[str] = set()
    for batch in drawn:
        batch[IMPORTED_TOUCHPOINTS] = [
            row for row in batch[IMPORTED_TOUCHPOINTS] if row["touchpoint_id"] not in seen
        ]
        seen |= {row["touchpoint_id"] for row in batch[IMPORTED_TOUCHPOINTS]}


def arrive(root: Path, batch: dict[Table, list[dict[str, Any]]], *, name: str) -> None:
    for table, rows in batch.items():
        if rows:
            kind = next(kind for kind, raw in loading.ARCHIVE_KINDS.items() if raw is table)
            content = pa.Table.from_pylist(rows, schema=schema(table))
            archive.publish(root, kind, content, name=name, received_on=date(2026, 7, 1))


def contents(engine: DuckDB) -> dict[str, list[str]]:
    return {
        table.name: sorted(map(repr, engine.rows(f"select {', '.join(table.names())} from {table.name}")))
        for table in MADE
    }


def incrementally(root: Path, drawn: list[dict[Table, list[dict[str, Any]]]]) -> dict[str, list[str]]:
    engine = DuckDB()
    for place, batch in enumerate(drawn):
        arrive(root, batch, name=f"batch-{place}")
        loaded = loading.load(engine, root)
        if loaded.is_first or loaded.restated:
            build_fully(engine, STEPS)
            loading.forget_batch(engine)
        elif loaded:
            increment(engine, BY_TABLE, loaded)
    try:
        return contents(engine)
    finally:
        engine.close()


def in_full(root: Path) -> dict[str, list[str]]:
    engine = DuckDB()
    loading.load(engine, root)
    build_fully(engine, STEPS)
    try:
        return contents(engine)
    finally:
        engine.close()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(batches())
def test_an_incremental_build_equals_a_full_one(drawn: list[dict[Table, list[dict[str, Any]]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grown = incrementally(Path(folder), drawn)

        assert grown == in_full(Path(folder))


def arrivals(
    batches: list[list[dict[str, Any]]],
) -> list[dict[Table, list[dict[str, Any]]]]:
    """Return the batches as events an hour apart; each opens a page but for what it says."""
    clock = itertools.count()
    return [
        {
            EVENTS: [
                event(
                    **{"event_id": f"event-{hour}", "type": "page", "url": "https://shop.example/?gclid=AbC"}
                    | {"occurred_at": NEW_YEAR + timedelta(hours=hour), "known_at": NEW_YEAR}
                    | row
                )
                for row, hour in zip(rows, clock, strict=False)
            ]
        }
        for rows in batches
    ]


DEVICES = [{"anonymous_id": name} for name in ("laptop", "phone", "tablet")]
MERGES: dict[str, list[list[dict[str, Any]]]] = {
    "a device becomes a customer's": [DEVICES, [{"anonymous_id": "phone", "user_id": "ada"}]],
    "two persons become one over links of three kinds": [
        [*DEVICES, {"anonymous_id": "laptop", "user_id": "ada"}, {"anonymous_id": "tablet", "user_id": "bo"}],
        [{"anonymous_id": "phone", "email": "bo-hashed"}, {"user_id": "bo", "email": "bo-hashed"}],
        [{"type": "alias", "previous_id": "bo", "user_id": "ada"}],
    ],
    "a second customer takes a device away from the first": [
        [*DEVICES, {"anonymous_id": "laptop", "user_id": "ada"}, {"anonymous_id": "phone", "user_id": "ada"}],
        [{"anonymous_id": "laptop", "user_id": "bo"}, {"anonymous_id": "laptop"}],
    ],
    "one of the own people is told by a device that others know": [
        [*DEVICES, {"anonymous_id": "phone", "user_id": "ada"}],
        [{"anonymous_id": "phone", "marks": "staff"}],
        [{"anonymous_id": "tablet", "user_id": "ada"}],
    ],
}


@pytest.mark.parametrize("batches", MERGES.values(), ids=MERGES)
def test_events_follow_their_person_as_in_a_full_build(
    batches: list[list[dict[str, Any]]], tmp_path: Path
) -> None:
    grown = incrementally(tmp_path, arrivals(batches))

    assert grown == in_full(tmp_path)
    assert len(grown["person_events"]) == sum(map(len, batches))


def test_the_order_in_which_files_are_loaded_changes_nothing(tmp_path: Path) -> None:
    late = event(
        event_id="1", type="page", anonymous_id="laptop", url="https://shop.example/", occurred_at=NEW_YEAR
    )
    first = {EVENTS: [late | {"known_at": NEW_YEAR + timedelta(days=2), "url": "https://shop.example/late"}]}
    second = {EVENTS: [late | {"known_at": NEW_YEAR + timedelta(days=1)}]}

    grown = incrementally(tmp_path, [first, second])

    assert grown == in_full(tmp_path)
    assert "https://shop.example/'" in grown["sessions"][0]


@pytest.mark.parametrize("table", [EVENTS])
def test_an_event_that_two_files_bring_is_stored_once_and_counted(table: Table, tmp_path: Path) -> None:
    known = {"known_at": NEW_YEAR}
    fact = event(
        event_id="1", type="page", anonymous_id="laptop", url="https://shop.example/", occurred_at=NEW_YEAR
    )
    engine = DuckDB()

    for name in ("one", "two"):
        arrive(tmp_path, {table: [fact | known | {"origin": name}]}, name=name)
        loading.load(engine, tmp_path)

    assert engine.rows("select count(*) from events") == [(1,)]
    assert engine.rows("select sum(received), sum(stored), sum(duplicate) from intake") == [(0, -1, 1)]
    engine.close()


def test_a_file_from_before_a_column_was_there_is_loaded_and_its_user_agent_read(tmp_path: Path) -> None:
    agent = "Googlebot/2.1"
    old = event(event_id="1", type="page", anonymous_id="laptop", occurred_at=NEW_YEAR, known_at=NEW_YEAR)
    old["context"] = f'{{"userAgent": "{agent}"}}'
    added = {"user_agent", "marks", "consent", "may_sync"}
    columns = pa.schema([field for field in schema(EVENTS) if field.name not in added])
    rows = pa.Table.from_pylist([{name: old[name] for name in columns.names}], schema=columns)
    archive.publish(tmp_path, "events", rows, name="old", received_on=date(2026, 7, 1))
    engine = DuckDB()

    loading.load(engine, tmp_path)

    assert engine.rows("select user_agent, marks, may_sync from events") == [(agent, None, None)]
    engine.close()
