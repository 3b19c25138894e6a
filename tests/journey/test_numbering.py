"""Numbering: packed paths hold the channels of everybody's touchpoints in order, however many there are."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.tables import TOUCHPOINTS
from headwater.engine.duckdb import DuckDB
from headwater.journey.numbering import channel_codes, numbered_sql, person_paths

Row = dict[str, Any]
Touches = list[tuple[int, int, str | None]]

NEW_YEAR = datetime(2026, 1, 1)
TOUCHES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 9), st.sampled_from(["email", "", None, "sms", "ärzte"])),
    max_size=60,
)


def numbered_visits(rows: list[Row]) -> list[Row]:
    """Give each touchpoint the place among its person's that sessions give to visits."""
    places: defaultdict[int, int] = defaultdict(int)
    for row in sorted(rows, key=lambda row: (row["occurred_at"], row["touchpoint_id"])):
        places[row["person_id"]] += 1
        row["visit_no"] = places[row["person_id"]]
    return rows


def touchpoints(told: Touches) -> list[Row]:
    return [
        {
            "touchpoint_id": f"t{number:03d}",
            "person_id": person,
            "occurred_at": NEW_YEAR + timedelta(hours=hour),
            "channel": channel,
            "visit_no": None,
            "is_uncredited": False,
        }
        for number, (person, hour, channel) in enumerate(told)
    ]


def filled(rows: list[Row]) -> DuckDB:
    engine = DuckDB(threads=2)
    engine.create(TOUCHPOINTS)
    if rows:
        engine.insert("touchpoints", pa.Table.from_pylist(rows))
    for step in (channel_codes(), person_paths()):
        engine.run(step)
    return engine


def unpacked(engine: DuckDB, *, bits: int = 8) -> dict[int, list[str]]:
    names = dict(engine.rows("select code, channel from channel_codes"))
    paths: defaultdict[int, list[str]] = defaultdict(list)
    for person, pack in engine.rows("select person_id, pack from person_paths order by person_id, piece"):
        digits = [pack >> low & (1 << bits) - 1 for low in range(0, 63, bits)]
        paths[person] += [names[code] for code in digits if code]
    return dict(paths)


def by_definition(rows: list[Row]) -> dict[int, list[str]]:
    paths: defaultdict[int, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["occurred_at"], row["touchpoint_id"])):
        if not row["is_uncredited"]:
            paths[row["person_id"]].append(row["channel"] or "(none)")
    return dict(paths)


@settings(max_examples=25, deadline=None)
@given(told=TOUCHES)
def test_a_packed_path_is_the_channels_in_order(told: Touches) -> None:
    rows = touchpoints(told)

    assert unpacked(filled(rows)) == by_definition(rows)


@settings(max_examples=25, deadline=None)
@given(told=TOUCHES, called=st.integers(0, 3))
def test_visits_keep_the_place_that_they_were_given(told: Touches, called: int) -> None:
    visits = numbered_visits(touchpoints(told))
    call = {"touchpoint_id": "call", "person_id": called, "visit_no": None, "is_uncredited": False}
    rows = [*visits, call | {"occurred_at": NEW_YEAR + timedelta(hours=5), "channel": "phone"}]

    engine = filled(rows)

    assert unpacked(engine) == by_definition(rows)
    found = engine.rows(f"select person_id, touch_no, touchpoint_id from ({numbered_sql()}) order by all")
    for person in {row["person_id"] for row in rows}:
        mine = [row for row in rows if row["person_id"] == person]
        mine.sort(key=lambda row: (row["occurred_at"], row["touchpoint_id"]))
        meant = [(person, place, row["touchpoint_id"]) for place, row in enumerate(mine, start=1)]
        assert [row for row in found if row[0] == person] == meant


def test_a_touchpoint_that_counts_in_no_journey_has_no_place() -> None:
    rows = touchpoints([(1, 0, "email"), (1, 1, "audio"), (1, 2, "sms")])
    rows[1]["is_uncredited"] = True

    engine = filled(rows)

    assert unpacked(engine) == {1: ["email", "sms"]}
    assert engine.rows("select channel from channel_codes order by code") == [("email",), ("sms",)]


@pytest.mark.parametrize(("channels", "bits"), [(255, 8), (256, 16), (65_536, 32)])
def test_more_channels_take_wider_codes(channels: int, bits: int) -> None:
    rows = touchpoints([(1, place, f"channel {place:06d}") for place in range(channels)])

    path = unpacked(filled(rows), bits=bits)[1]

    assert path == [f"channel {place:06d}" for place in range(channels)]
