"""Transitions: the steps that builds keep are those of the journeys, counted one by one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.attribution.transitions import transitions, walk_of
from headwater.contract.tables import JOURNEYS, PERSONS, TOUCHPOINTS
from headwater.engine.duckdb import DuckDB
from headwater.journey.numbering import channel_codes, person_paths

Row = dict[str, Any]
Counted = Counter[tuple[str, ...]]

NEW_YEAR = datetime(2026, 1, 1)
PATHS = st.lists(st.lists(st.sampled_from(["email", "direct", "ads"]), max_size=9), min_size=1, max_size=4)
ENDS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 9),
        st.integers(0, 9),
        st.sampled_from(["order", "lead"]),
        st.integers(0, 2),
        st.integers(0, 1),
        st.decimals(-900_000_000_000, 900_000_000_000, places=6),
    ),
    max_size=6,
)


def journeys(paths: list[list[str]], ends: list[Any]) -> list[Row]:
    rows = []
    for number, (person, last, wanted, goal, conversions, nulls, value) in enumerate(ends):
        last_no = min(last, len(paths[person % len(paths)]))
        length = min(wanted, last_no)
        rows.append(
            {
                "conversion_id": f"c{number}",
                "person_id": person % len(paths),
                "goal": goal,
                "is_macro": goal == "order",
                "net_value": Decimal(value),
                "conversion_count": conversions,
                "null_count": nulls,
                "step_count": length,
                "last_no": last_no if length else None,
            }
        )
    return rows


def by_definition(paths: list[list[str]], ends: list[Row]) -> Counted:
    """Count steps and ends, each under (part, goal, origin, channel, what is counted)."""
    counted: Counted = Counter()
    many = {row["person_id"] for row in ends if (row["conversion_count"], row["null_count"]) != (1, 0)}
    for person, path in enumerate(paths):
        if person not in many and path:
            add(counted, ("persons", ""), path, (0, 1, Decimal(0)))
    for part, goal in (("macro", ""), ("goal", "order"), ("goal", "lead")):
        mine = [row for row in ends if row["goal"] == goal or (part == "macro" and row["is_macro"])]
        for row in mine:
            path = (
                paths[row["person_id"]][: row["last_no"] or 0][-row["step_count"] :]
                if row["step_count"]
                else []
            )
            weights = (row["conversion_count"], row["null_count"], row["net_value"])
            if path:
                add(counted, (part, goal), path, weights)
        for person in {row["person_id"] for row in mine} - many:
            if paths[person]:
                add(counted, (part, goal), paths[person], (0, -1, Decimal(0)))
    return Counter({key: count for key, count in counted.items() if count})


def add(counted: Counted, part: tuple[str, str], path: list[str], weights: tuple[Any, ...]) -> None:
    for origin, channel in zip(["", *path], path, strict=False):
        counted[(*part, origin, channel, "step_count")] += weights[0] + weights[1]
    for name, weight in zip(("conversion_count", "null_count", "net_value"), weights, strict=True):
        counted[(*part, path[-1], "", name)] += weight


@settings(max_examples=50, deadline=None)
@given(paths=PATHS, told=ENDS)
def test_steps_are_those_of_the_definition(paths: list[list[str]], told: list[Any]) -> None:
    touches = [
        {
            "touchpoint_id": f"{person}-{place}",
            "person_id": person,
            "occurred_at": NEW_YEAR + timedelta(hours=place),
            "channel": channel,
        }
        for person, path in enumerate(paths)
        for place, channel in enumerate(path)
    ]
    ends = journeys(paths, told)
    engine = DuckDB(threads=2)
    for table, rows in ((TOUCHPOINTS, touches), (JOURNEYS, ends), (PERSONS, [])):
        engine.create(table)
        if rows:
            engine.insert(table.name, pa.Table.from_pylist(rows))
    for step in (channel_codes(), person_paths(), transitions()):
        engine.run(step)

    found = engine.query("select * from transitions").to_pylist()

    keys = ("part", "goal", "origin", "channel")
    counts = ("step_count", "conversion_count", "null_count", "net_value")
    cells = {(*(row[key] for key in keys), name): row[name] for row in found for name in counts}
    assert {key: count for key, count in cells.items() if count} == by_definition(paths, ends)
    assert len({tuple(row[key] for key in keys) for row in found}) == len(found)


def test_an_end_at_a_channel_whose_steps_cancelled_out_is_read() -> None:
    nothing = {"step_count": 0, "conversion_count": 0, "null_count": 0, "net_value": Decimal(0)}
    rows = [
        nothing | {"origin": "", "channel": "email", "step_count": 2},
        nothing | {"origin": "email", "channel": "", "conversion_count": 1, "null_count": 1},
        nothing | {"origin": "ads", "channel": "", "conversion_count": 1, "null_count": -1},
    ]
    walk = walk_of(pa.Table.from_pylist(rows))

    assert walk.channels == ("ads", "email")
    assert walk.total_conversions == 2
