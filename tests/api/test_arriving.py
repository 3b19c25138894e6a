"""Arriving: the latest arrivals, and a stream that goes on where it was left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from headwater.contract import tables
from headwater.engine.duckdb import DuckDB
from tests.api.conftest import problem
from tests.worlds import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tests.api.conftest import Api


class Tables:
    """A door that only answers SQL."""

    def __init__(self, engine: DuckDB) -> None:
        self.engine = engine

    def sql(self, query: str) -> pa.Table:
        return self.engine.query(query)


@pytest.fixture
def engine(api: Api) -> Iterator[DuckDB]:
    import pyarrow as pa

    engine = DuckDB(threads=1)
    for table in (tables.EVENTS, tables.REFUSED, tables.INTAKE):
        engine.create(table)
    rows = [event(f"e{number}", f"09:0{number}", context={}, origin="segment") for number in range(3)]
    engine.insert("events", pa.Table.from_pylist(rows))
    api.served.door = Tables(engine)  # type: ignore[assignment]
    return engine


def streamed(
    api: Api, *, count: int, path: str = "/api/v1/live/arrivals", **headers: str
) -> list[dict[str, Any]]:
    """Return the data of the first events of a stream."""
    with api.http.stream("GET", path, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        found = []
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(orjson.loads(line.removeprefix("data: ")))
            if len(found) == count:
                return found
    return found


@pytest.mark.usefixtures("engine")
def test_the_latest_are_listed_oldest_first(api: Api) -> None:
    found = api.http.get("/api/v1/arrivals", params={"limit": 2}).json()["arrivals"]

    assert [row["event_id"] for row in found] == ["e1", "e2"]


@pytest.mark.usefixtures("engine")
def test_a_list_may_begin_at_a_moment_and_be_narrowed(api: Api) -> None:
    params = {"since": "2026-03-02T09:01:00Z", "type": "page"}

    assert len(api.http.get("/api/v1/arrivals", params=params).json()["arrivals"]) == 2
    assert api.http.get("/api/v1/arrivals", params={"outcome": "refused"}).json() == {"arrivals": []}


@pytest.mark.usefixtures("engine")
def test_an_outcome_that_there_is_not_says_which_there_are(api: Api) -> None:
    assert "accepted" in problem(api.http.get("/api/v1/arrivals", params={"outcome": "lost"}))["hint"]


@pytest.mark.usefixtures("engine")
def test_a_stream_begins_with_the_latest_and_goes_on_after_the_last_id(api: Api) -> None:
    first = streamed(api, count=3)
    again = streamed(api, count=1, **{"last-event-id": first[1]["id"]})

    assert [row["event_id"] for row in first] == ["e0", "e1", "e2"]
    assert again[0]["event_id"] == "e2"


def test_a_stream_shows_what_comes_while_it_runs(api: Api, engine: DuckDB) -> None:
    import pyarrow as pa

    with api.http.stream("GET", "/api/v1/live/arrivals") as stream:
        lines = stream.iter_lines()
        told = [next(lines) for _ in range(12)]
        engine.insert("events", pa.Table.from_pylist([event("new", "09:30", context={}, origin="ga4")]))
        line = next(line for line in lines if line.startswith("data: "))

    assert [line for line in told if line.startswith("event: ")] == ["event: accepted"] * 3
    assert orjson.loads(line.removeprefix("data: "))["event_id"] == "new"
