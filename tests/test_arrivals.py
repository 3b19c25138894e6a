"""Arrivals: each is shown once, with what it said and why it was refused; nothing is missed on the way."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from headwater import arrivals
from headwater.arrivals import Follower, Wanted, latest, line, rows_of, since
from headwater.contract import tables
from headwater.contract.errors import NotFoundError, UsageError
from headwater.engine.duckdb import DuckDB
from tests.worlds import DAY, at, event

if TYPE_CHECKING:
    from collections.abc import Iterator


class Desk:
    """A workspace's tables to which rows are added."""

    def __init__(self) -> None:
        self.engine = DuckDB(threads=1)
        for table in (tables.EVENTS, tables.REFUSED, tables.INTAKE):
            self.engine.create(table)

    def rows(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.engine.query(query).to_pylist()
        return found

    def add(self, table: str, **columns: Any) -> None:
        self.engine.insert(table, pa.Table.from_pylist([columns]))

    def event(self, name: str, clock: str = "09:00", **columns: Any) -> None:
        self.add("events", **event(name, clock, **({"context": {}, "origin": "segment"} | columns)))

    def refuse(self, name: str, clock: str = "09:00", **columns: Any) -> None:
        self.add("refused", refused_id=name, kind="events", origin="segment", known_at=at(clock), reason="no_identity",
                 detail="nobody", **({"field": "userId", "raw": "{}"} | columns))  # fmt: skip


@pytest.fixture
def desk() -> Iterator[Desk]:
    found = Desk()
    yield found
    found.engine.close()


def names(found: list[dict[str, Any]]) -> list[str]:
    return [row["id"].rpartition("|")[2] for row in found]


def test_an_event_shows_all_that_it_said_and_its_flags(desk: Desk) -> None:
    desk.event(
        "e1", "09:30", anonymous_id="laptop", email="hash", url="https://shop.example/?a=b",
        properties={"order_id": "7"}, context={"test": True, "$clock": "future", "library": {"name": "x"}},
    )  # fmt: skip

    [found] = latest(desk.rows, Wanted())

    assert (found["outcome"], found["event_id"], found["known_at"]) == (
        "accepted",
        "e1",
        "2026-03-02T09:30:00.000000Z",
    )
    assert found["properties"] == {"order_id": "7"}
    assert found["flags"] == ["clock: future", "test"]
    assert found["context"]["library"] == {"name": "x"}


def test_what_was_refused_says_why_and_duplicates_are_counted(desk: Desk) -> None:
    desk.refuse("r1", raw='{"type": "track"}')
    desk.add("intake", receipt_id="c1", origin="segment", kind="events", received=5, stored=2, duplicate=3, refused=0,
             known_at=at("09:01"))  # fmt: skip

    refused, duplicate = latest(desk.rows, Wanted())

    assert (refused["reason"], refused["field"], refused["raw"]) == (
        "no_identity",
        "userId",
        '{"type": "track"}',
    )
    assert (duplicate["outcome"], duplicate["count"]) == ("duplicate", 3)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["e1", "e2", "r1"]),
        ({"outcome": "refused"}, ["r1"]),
        ({"outcome": "accepted"}, ["e1", "e2"]),
        ({"type": "page"}, ["e1"]),
        ({"type": "Order Completed"}, ["e2"]),
        ({"person": "laptop"}, ["e1"]),
        ({"person": "o'neill"}, ["e2"]),
        ({"origin": "ga4"}, ["e2"]),
        ({"outcome": "refused", "person": "laptop"}, []),
    ],
)
def test_only_what_is_wanted_is_shown(wanted: dict[str, str], found: list[str], desk: Desk) -> None:
    desk.event("e1", "09:00", anonymous_id="laptop")
    desk.event("e2", "09:01", type="track", event="Order Completed", user_id="o'neill", origin="ga4")
    desk.refuse("r1", "09:02")

    assert names(latest(desk.rows, Wanted(**wanted))) == found


def test_an_outcome_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="lost"):
        Wanted(outcome="lost")


def test_the_latest_are_the_newest_oldest_first(desk: Desk) -> None:
    for number in range(5):
        desk.event(f"e{number}", f"09:0{number}")

    assert names(latest(desk.rows, Wanted(), limit=2)) == ["e3", "e4"]
    assert names(since(desk.rows, Wanted(), at("09:02"))) == ["e2", "e3", "e4"]


def test_a_follower_shows_each_arrival_once_and_what_comes_late_too(desk: Desk) -> None:
    desk.event("e1", "09:00:00")
    desk.event("e2", "09:00:09")
    follower = Follower(rows=desk.rows)

    assert names(follower.begin(last=1)) == ["e2"]
    assert follower.more() == []
    desk.event("e3", "09:00:20")
    assert names(follower.more()) == ["e3"]
    desk.event("late", "09:00:12")
    assert names(follower.more()) == ["late"]
    assert follower.more() == []


def test_a_follower_goes_on_after_the_last_arrival_that_was_seen(desk: Desk) -> None:
    desk.event("e1", "09:00")
    desk.event("e2", "09:01")
    desk.refuse("r1", "09:01")
    desk.event("e3", "09:02")
    seen = latest(desk.rows, Wanted())[1]["id"]

    assert names(Follower(rows=desk.rows).begin(last_id=seen)) == ["r1", "e3"]


def test_a_place_that_is_none_is_refused(desk: Desk) -> None:
    with pytest.raises(UsageError, match="go on"):
        Follower(rows=desk.rows).begin(last_id="yesterday")


def test_a_follower_may_begin_at_a_moment(desk: Desk) -> None:
    desk.event("e1", "09:00")
    desk.event("e2", "09:01")

    assert names(Follower(rows=desk.rows).begin(moment=at("09:01"))) == ["e2"]


def test_a_flood_never_holds_a_follower_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST", 3)
    monkeypatch.setattr(since, "__kwdefaults__", {"limit": 3})
    for number in range(7):
        desk.event(f"e{number}", "09:00")
    follower = Follower(rows=desk.rows)

    shown = names(follower.begin(moment=DAY))
    for _ in range(3):
        shown += names(follower.more())
    desk.event("after", "09:01")
    shown += names(follower.more())

    assert shown[:3] == ["e0", "e1", "e2"]
    assert shown[-1] == "after"


def test_a_line_says_the_essential() -> None:
    desk = Desk()
    desk.event("e1", "09:30", anonymous_id="laptop", url="https://shop.example/", context={"test": True})
    desk.refuse("r1", "09:31", raw="{" + "x" * 500)

    page, refused = (line(found) for found in latest(desk.rows, Wanted()))

    assert page == "09:30:00  accepted   segment     page  laptop  https://shop.example/  [test]"
    assert refused.startswith("09:31:00  refused    segment     no_identity (userId): nobody  {xxx")
    assert len(refused) < 250
    desk.engine.close()


def test_broken_json_and_missing_tables_stop_nothing(desk: Desk) -> None:
    desk.event("e1", properties="not json", context="[1]")

    assert latest(desk.rows, Wanted())[0]["properties"] == {}

    def none(_: str) -> Any:
        raise NotFoundError("no table", hint="")

    assert rows_of(none)("select 1") == []


def test_an_id_survives_json() -> None:
    row = {"outcome": "duplicate", "id": "x|y", "known_at": DAY + timedelta(microseconds=1), "origin": "o", "type": "t",
           "event": None, "count": 1}  # fmt: skip

    assert json.loads(json.dumps(arrivals.shown(row)))["id"] == "2026-03-02T00:00:00.000001|duplicate|x|y"
