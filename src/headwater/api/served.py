"""Served: what the API answers from: one workspace, its control database and the intake's counts."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from headwater.checkup import CONSERVED
from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from headwater.doors import Door
    from headwater.held import Held
    from headwater.store.control import Control

INTAKE = ("received", "stored", "duplicate", "refused")
COUNTS = """
select
    (select count(*) from events) as events,
    (select count(*) from touchpoints) as touchpoints,
    (select count(*) from conversions) as conversions,
    (select count(distinct person_id) from persons) as persons,
    (select max(known_at) from intake) as complete_to
"""
IMPORTED = f"{CONSERVED} where receipt_id not like 'collect%'"
"""What imports brought; the collector counts for itself, up to this second."""


@dataclass(kw_only=True)
class Served:
    """One running workspace.

    `writing` is held by whoever imports or builds: one at a time. Reads need no lock, each has a
    reader of its own.
    """

    door: Door
    control: Control
    folder: Path
    version: str
    pid: int
    collected: Callable[[], Mapping[str, int]] = dict
    """The collector's own counts since the workspace was made."""
    latest: Callable[[int], list[dict[str, Any]]] = lambda _since: []
    """The latest events after a number, oldest first, without anything personal."""
    held: Held | None = None
    """A moment of the tables, for whoever can do with answers that are a little old."""
    waiting: Callable[[], int] = lambda: 0
    """Receipts of the collector that are not in the tables yet."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_build: dict[str, Any] = field(default_factory=dict)
    writing: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)
    _counted: dict[str, Any] | None = None

    def build(self, *, full: bool = False, as_of: str | None = None) -> dict[str, Any]:
        """Bring the tables up to date and remember what it did."""
        with self.writing:
            done = self.door.build(full=full, as_of=as_of).to_dict()
        self.last_build = done | {"at": datetime.now(UTC)}
        self.changed()
        return done

    def changed(self) -> None:
        """Forget what was counted: the tables are not what they were."""
        self._counted = None

    def tables(self) -> dict[str, Any]:
        """Return counts of the tables, taken once after each change."""
        if self._counted is None:
            self._counted = _row(self.door, COUNTS) | {"imported": _row(self.door, IMPORTED)}
        return self._counted

    def intake(self) -> dict[str, int]:
        """Return what came in by every way: received = stored + duplicate + refused."""
        imported, collected = self.tables()["imported"], self.collected()
        return {name: imported.get(name, 0) + collected.get(name, 0) for name in INTAKE}


def _row(door: Door, query: str) -> dict[str, Any]:
    """Return the first row of a query; nothing where the tables are not built yet."""
    try:
        rows: list[dict[str, Any]] = door.sql(query).to_pylist()
    except HeadwaterError:
        return {}
    return rows[0]
