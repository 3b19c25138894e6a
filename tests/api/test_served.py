"""Served: counts that are taken once after each change, and add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from headwater.api.served import Served
from headwater.contract.errors import UsageError
from tests.api.fake import FakeWorkspace


class Counted(FakeWorkspace):
    def sql(self, query: str) -> pa.Table:
        self.asked.append(("sql", query))
        if "from events" in query:
            return pa.table(
                {"events": [7], "conversions": [2], "persons": [3], "touchpoints": [4], "complete_to": [None]}
            )
        return pa.table({"received": [10], "stored": [6], "duplicate": [3], "refused": [1]})


class Unbuilt(FakeWorkspace):
    def sql(self, query: str) -> pa.Table:
        raise UsageError("There is no table conversions.", hint="build first.")


def served(door: FakeWorkspace, **more: Any) -> Served:
    return Served(door=door, control=None, folder=Path(), version="1", pid=1, **more)  # type: ignore[arg-type]


def test_what_was_imported_and_what_was_collected_add_up() -> None:
    collected = {"received": 5, "stored": 3, "duplicate": 1, "refused": 1, "conflicting": 1}

    assert served(Counted(), collected=lambda: collected).intake() == {
        "received": 15,
        "stored": 9,
        "duplicate": 4,
        "refused": 2,
    }


def test_the_tables_are_counted_once_until_a_build_changes_them() -> None:
    door = Counted()
    there = served(door)

    there.tables()
    there.tables()
    once = len(door.asked)
    there.build()
    there.tables()

    assert (once, len(door.asked)) == (2, 5)


def test_a_workspace_without_tables_counts_nothing() -> None:
    assert served(Unbuilt()).intake() == {"received": 0, "stored": 0, "duplicate": 0, "refused": 0}
