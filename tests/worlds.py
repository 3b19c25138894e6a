"""Small worlds: events, visits and touches in a line each, and the steps that run on them.

A step gets the tables that it says it reads and nothing else; what a test leaves out is empty.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from headwater import pipeline
from headwater.contract.settings import Settings
from headwater.engine.duckdb import DuckDB

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.contract.steps import AnyStep

Row = dict[str, Any]
DAY = datetime(2026, 3, 2)
STEPS = {step.makes.name: step for step in pipeline.steps(Settings())}
IDENTITY = tuple(
    STEPS[name]
    for name in (
        "identifiers", "links", "components", "persons", "device_owners", "hosts", "person_events",
    )
)  # fmt: skip
VECTORS = Path(__file__).parents[1].parent / "shared" / "data" / "vectors"


def vectors(name: str) -> Any:
    """Return one of the public test vectors; the test is skipped where they are missing."""
    if not VECTORS.is_dir():
        pytest.skip(f"the public test vectors are not at {VECTORS}")
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def at(clock: str) -> datetime:
    """Return a time in March 2026: `09:30` is on the second, `5 09:30` on the fifth."""
    day, _, time = clock.rpartition(" ")
    parts = [int(part) for part in time.split(":")]
    hours, minutes, seconds = (*parts, 0, 0)[:3]
    return DAY.replace(day=int(day or 2)) + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def hashed(identifier: str) -> int:
    """Return the hash that seeds person ids: the first 60 bits of MD5."""
    return int(hashlib.md5(identifier.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def person(name: str) -> int:
    """Return the person whose only identifier is the customer id `name`."""
    return hashed(f"user:{name}")


def event(event_id: str = "e1", clock: str = "09:00", **columns: Any) -> Row:
    """Return one event; properties and context are given as Python values."""
    told = {"type": "page", "properties": {}, "known_at": at(clock), "origin": "test"} | columns
    for name in ("properties", "context"):
        if isinstance(told.get(name), dict):
            told[name] = json.dumps(told[name])
    return {"event_id": event_id, "occurred_at": at(clock), **told}


def told(line: str) -> list[Row]:
    """Return the events of a line, one an hour from nine on, named e1, e2, ...

    `laptop page | laptop identify ada | - track ada Lead | laptop alias bo tablet`: the device, what
    happened, the customer id (alias: and the id that it replaces); `-` stands for none. A word with an
    @ is an e-mail address (already hashed), one with a + a phone number.
    """
    return [_told(number, *words.split()) for number, words in enumerate(line.split("|"), start=1)]


def _told(number: int, device: str, kind: str, *words: str) -> Row:
    email = next((word for word in words if "@" in word), None)
    phone = next((word for word in words if "+" in word), None)
    others = [word for word in words if word not in (email, phone)]
    user, second = (*(None if word == "-" else word for word in others), None, None)[:2]
    return event(
        f"e{number}",
        f"{8 + number}:00",
        type=kind,
        anonymous_id=None if device == "-" else device,
        user_id=user,
        previous_id=second if kind == "alias" else None,
        event=second if kind == "track" else None,
        email=email,
        phone=phone,
        url="https://shop.example/" if kind == "page" else None,
    )


def visits(*lines: str, site: str = "https://shop.example/") -> list[Row]:
    """Return rows of `person_events`: `ada: 09:00 09:10 | 11:00`; a bar only helps the eye.

    After a clock may stand a page, its query and, behind `<`, the outside host that it came from:
    `09:00hats?utm_source=news<google.com`. Ids are ada-01, ada-02, ...
    """
    rows = []
    for line in lines:
        name, _, rest = line.partition(":")
        for number, word in enumerate(rest.replace("|", " ").split(), start=1):
            page, _, referrer = word.partition("<")
            rows.append(
                {
                    "event_id": f"{name}-{number:02d}",
                    "person_id": person(name),
                    "occurred_at": at(page[:5]),
                    "is_visit": True,
                    "has_tags": "utm_" in page or "clid=" in page,
                    "referrer_host": referrer or None,
                    "url": site + page[5:],
                }
            )
    return rows


def made(step: AnyStep, **given: list[Row]) -> list[Row]:
    """Run one step on the tables given and return its rows in the order of its key."""
    return built(step, **given)[step.makes.name]


def built(*steps: AnyStep, **given: list[Row]) -> dict[str, list[Row]]:
    """Run steps one after another on the tables given; return the rows of every table they made."""
    engine = DuckDB(threads=1)
    try:
        ours = {step.makes.name for step in steps}
        for table in {table.name: table for step in steps for table in step.reads}.values():
            if table.name not in ours:
                engine.create(table)
        for name, rows in given.items():
            _insert(engine, name, rows)
        found = {}
        for step in steps:
            engine.run(step)
            key = ", ".join(f'"{name}"' for name in step.makes.key)
            found[step.makes.name] = engine.query(
                f"select * from {step.makes.name} order by {key}"
            ).to_pylist()
        return found
    finally:
        engine.close()


def _insert(engine: DuckDB, name: str, rows: Iterable[Row]) -> None:
    listed = list(rows)
    columns = list(dict.fromkeys(column for row in listed for column in row))
    if listed:
        engine.insert(name, pa.Table.from_pylist([{c: row.get(c) for c in columns} for row in listed]))


def owners(events: list[Row], *steps: AnyStep) -> dict[str, int]:
    """Return the person of every event; `steps` default to those of the pipeline."""
    rows = built(*(steps or IDENTITY), events=events)["person_events"]
    return {row["event_id"]: row["person_id"] for row in rows}


def parties(events: list[Row], *steps: AnyStep) -> list[list[str]]:
    """Return the events of each person, as lists of event ids."""
    found: dict[int, list[str]] = {}
    for event_id, owner in owners(events, *steps).items():
        found.setdefault(owner, []).append(event_id)
    return sorted(found.values())
