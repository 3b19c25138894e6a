"""Publisher: move what the journal holds into the archive, exactly once.

Reads  requests of the journal
Makes  archive files of the kinds events, refused and intake; ids and counts in the register

What a file holds is fixed in the register before it is written, and its name comes from the numbers of
its commits. After a crash at any point the same files are written again over themselves.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from headwater.collect import archive, earlier, intake, message, personal
from headwater.collect.admit import Refusal, Refused
from headwater.collect.aside import Aside
from headwater.collect.backlog import Backlog, Loss
from headwater.collect.clock import EPOCH
from headwater.collect.frames import Seal
from headwater.collect.gate import Gate
from headwater.collect.receipts import glimpse
from headwater.collect.register import COUNTED, LATEST, Register
from headwater.collect.salts import Salts
from headwater.collect.suspects import Suspects
from headwater.contract.errors import HeadwaterError
from headwater.contract.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from headwater.collect.frames import Framed
    from headwater.collect.ids import Kept
    from headwater.collect.receipts import Receipt
    from headwater.contract.ports import PersonalStore

PLAN_BYTES = 8 * 1024 * 1024
"""Requests that go into one set of files, unpacked, about: what a worker that dies has to do again."""
AT_ONCE = 1000
"""Messages that are rows at the same time; the rest of a plan is in Arrow's compact form."""
FAULTS_OF_THE_MACHINE = (OSError, sqlite3.Error, MemoryError, HeadwaterError)
"""What stops a plan without saying anything of the request in hand."""
NO_CONSENT = Refused(
    Refusal.NO_CONSENT, None, "its sender may not be recognised, and the workspace keeps no such events"
)


class Publisher:
    """Publishes one journal into the archive of its folder; one at a time."""

    def __init__(
        self,
        folder: Path,
        personal: PersonalStore,
        *,
        key: bytes | None = None,
        settings: Callable[[], Settings] = Settings,
    ) -> None:
        """Open the journal in `folder` and the register beside it; `key` is the journal's.

        `settings` are asked for with every batch: what may be kept of an event is decided by them.
        """
        self._settings = settings
        self._salts = Salts(folder)
        self._folder = folder
        self._personal = personal
        self._seal = Seal(key)
        self._register = Register(folder)
        self._backlog = Backlog(folder / "journal.sqlite", self._seal)
        self._aside = Aside(folder, self._seal, connection=self._register.connection())
        self.suspects = Suspects(folder, self._aside)
        self.pause: Callable[[], None] = lambda: None
        """Called between portions of messages: whoever runs the publisher may hold it up there."""

    def publish(self, *, until: float | None = None) -> list[Path]:
        """Publish everything that was in the journal when this began; return the files written.

        With `until` (of time.monotonic) no plan is begun after then: what is left waits in the journal.
        """
        written = self._publish_earlier()
        newest = self._backlog.newest()
        while (until is None or time.monotonic() < until) and (plan := self._plan(newest)):
            is_careful = self.suspects.begin(*plan)
            try:
                with self._register.publishing():
                    batch = self._batch(*plan, self._one_by_one(plan) if is_careful else self._portions(plan))
                    written += self._written(batch)
                    self._register.published(plan[1], batch.counted(), batch.latest)
            except FAULTS_OF_THE_MACHINE:
                self.suspects.let_go()
                raise
            self.suspects.finish()
            pa.default_memory_pool().release_unused()
        return written

    def close(self) -> None:
        """Let go of the register."""
        self.suspects.close()
        self._register.close()

    def _plan(self, newest: int) -> tuple[int, int] | None:
        """Return the first and last commit to publish next; it stays the same until they are."""
        published, planned = self._register.plan()
        if planned == published:
            last = self._backlog.run(after=published, newest=newest, most=PLAN_BYTES)
            if last is None:
                return None
            self._register.planned(last)
            planned = last
        return published + 1, planned

    def _portions(self, plan: tuple[int, int]) -> Iterator[list[Receipt]]:
        """Yield the receipts of a plan in portions."""
        found = (self._opened(one) for one in self._backlog.requests(*plan))
        yield from portions(receipt for some in found for receipt in some)

    def _one_by_one(self, plan: tuple[int, int]) -> Iterator[list[Receipt]]:
        """Yield the receipts of a plan whose requests may be the end of the worker."""
        for place, found in enumerate(self._backlog.requests(*plan), start=1):
            refused = None if isinstance(found, Loss) else self.suspects.refused(place, found)
            for receipt in self._opened(found, refused):
                yield [receipt]
        self.suspects.let_go()

    def _opened(self, found: Framed | Loss, refused: Refused | None = None) -> Iterator[Receipt]:
        """Yield what a request of the journal brought; `refused`: it must not be touched.

        One that was set aside is put through again once, however often that was asked for.
        """
        if isinstance(found, Loss):
            self._aside.lost(found)
            yield intake.lost(found)
        elif found.again is None or self._aside.let_go(found.again):
            yield from intake.receipts(found) if refused is None else [intake.untouched(found, refused)]

    def _batch(
        self, first: int, last: int, receipts: Iterable[list[Receipt]], *, is_new: bool = True
    ) -> Batch:
        """Make the tables of a plan; unless `is_new`, its ids are claimed and counted already."""
        batch = Batch(first, last, self._personal, Gate(self._settings(), salts=self._salts))
        taken = 0
        for some in receipts:
            batch.take(some, self._register.claimed(some) if is_new else [(one.messages, 0) for one in some])
            self.suspects.alive()
            taken += sum(map(len, some))
            if taken >= AT_ONCE:
                taken = 0
                self.pause()
        return batch

    def _written(self, batch: Batch) -> list[Path]:
        return [
            archive.publish(self._folder, kind, rows, name=batch.name, received_on=batch.received_on)
            for kind, rows in batch.tables().items()
            if len(rows)
        ]

    def _publish_earlier(self) -> list[Path]:
        """Publish what waits in a journal of the old form: it was admitted and counted when it came."""
        connection, written = self._register.connection(), []
        while earlier.last_commit(connection):
            published, planned = self._register.plan()
            if planned == published:
                planned = earlier.last_of_day(connection)
                self._register.planned(planned)
            with self._register.publishing():
                found = earlier.receipts(connection, self._seal, published + 1, planned)
                batch = self._batch(published + 1, planned, portions(found), is_new=False)
                written += self._written(batch)
                self._register.published(planned, batch.parked(), batch.latest)
                earlier.forget(connection, planned)
            self.suspects.finish()
        return written


class Batch:
    """The tables of one plan: the same whenever they are made from the same receipts."""

    def __init__(self, first: int, last: int, personal: PersonalStore, gate: Gate) -> None:
        self._gate = gate
        self.name = f"collected-{first:012d}-{last:012d}"
        self.received_on: date = EPOCH.date()
        self.latest: list[dict[str, Any]] = []
        self._personal = personal
        self._tables: dict[str, list[pa.Table]] = {"events": [], "refused": []}
        self._by_origin: dict[str, Counter[str]] = {}
        self._reasons: Counter[str] = Counter()
        self._parked = 0
        self._refusals = 0
        self._known_at = EPOCH

    def take(self, receipts: list[Receipt], kept: list[Kept]) -> None:
        """Add the rows of some receipts; `kept` says what is new in each."""
        events: list[dict[str, Any]] = []
        refused: list[dict[str, Any]] = []
        for receipt, (messages, conflicting) in zip(receipts, kept, strict=True):
            self._known_at = EPOCH + timedelta(microseconds=receipt.received_at)
            self.received_on = self._known_at.date()
            counts = self._by_origin.setdefault(receipt.origin, Counter())
            counts["duplicate"] += len(receipt.messages) - len(messages) + receipt.duplicate
            counts["conflicting"] += conflicting
            around = message.Circumstances(self._known_at, receipt.sent_at, receipt.origin)
            for admitted in messages:
                try:
                    row = self._gate.passed(message.event(admitted, around), receipt.seen)
                    if row is None:
                        refused.append(self._refused(NO_CONSENT, receipt.origin))
                        continue
                    events.append(personal.screened(row, self._gate.rules))
                    counts["stored"] += 1
                except Exception as error:  # noqa: BLE001 (one message must never stop the others)
                    self._parked += 1
                    detail = f"the message could not be translated: {error!r}"
                    raw = orjson.dumps(admitted).decode()
                    found = Refused(Refusal.UNTRANSLATABLE, None, detail, raw)
                    refused.append(self._refused(found, receipt.origin))
            refused += [self._refused(found, receipt.origin) for found in receipt.refused]
        known = personal.hashes(events, self._personal)
        rows = [personal.resolved(row, known) for row in events]
        self._tables["events"].append(_arrow("events", rows))
        self._tables["refused"].append(_arrow("refused", refused))
        self._remember(rows[-LATEST:])

    def tables(self) -> dict[str, pa.Table]:
        """Return the rows by kind of file."""
        found = {kind: pa.concat_tables(parts) for kind, parts in self._tables.items() if parts}
        return found | {"intake": _arrow("intake", [self._intake(origin) for origin in self._by_origin])}

    def counted(self) -> Counter[str]:
        """Return what the plan adds to the totals."""
        found = Counter(dict.fromkeys(COUNTED, 0))
        for counts in self._by_origin.values():
            found.update(counts)
            found["received"] += counts["stored"] + counts["duplicate"] + counts["refused"]
        found.update(self._reasons)
        return found

    def parked(self) -> Counter[str]:
        """Return the correction of totals that held everything as stored that was admitted."""
        moved = self._parked
        return Counter({"stored": -moved, "refused": moved, "refused:untranslatable": moved})

    def _intake(self, origin: str) -> dict[str, Any]:
        """Return the row of `intake` for a protocol."""
        counts = self._by_origin[origin]
        return {
            "receipt_id": f"{self.name}-{origin}",
            "origin": origin,
            "kind": "events",
            "received": counts["stored"] + counts["duplicate"] + counts["refused"],
            "stored": counts["stored"],
            "duplicate": counts["duplicate"],
            "refused": counts["refused"],
            "known_at": self._known_at,
        }

    def _refused(self, found: Refused, origin: str) -> dict[str, Any]:
        """Count a refused message and return its row."""
        seen = f"{origin} {self.name} {self._refusals} {found.raw}"
        self._refusals += 1
        self._by_origin[origin]["refused"] += 1
        self._reasons[f"refused:{found.reason}"] += 1
        return {
            "refused_id": blake2b(seen.encode(errors="replace"), digest_size=16).hexdigest(),
            "kind": "events",
            "origin": origin,
            "row": None,
            "field": found.field,
            "reason": found.reason.value,
            "detail": personal.refused_text(found.detail),
            "raw": personal.refused_text(found.raw),
            "known_at": self._known_at,
        }

    def _remember(self, rows: list[dict[str, Any]]) -> None:
        """Keep what a live page shows of the latest events."""
        for row in rows:
            received_at = (row["known_at"] - EPOCH) // timedelta(microseconds=1)
            self.latest.append({"received_at": received_at} | glimpse(row))
        del self.latest[:-LATEST]


def portions(receipts: Iterable[Receipt]) -> Iterator[list[Receipt]]:
    """Yield the receipts in lists of about AT_ONCE messages."""
    some: list[Receipt] = []
    size = 0
    for receipt in receipts:
        some.append(receipt)
        size += len(receipt)
        if size >= AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _arrow(kind: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as the Arrow table that the archive keeps for the kind."""
    schema = archive.schema(kind)
    columns = [pa.array([row.get(name) for row in rows], schema.field(name).type) for name in schema.names]
    return pa.Table.from_arrays(columns, schema=schema)
