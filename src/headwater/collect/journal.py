"""Journal: every hit is on stable storage here before its client hears that it arrived.

Reads  receipts of the collector
Makes  journal.sqlite: receipts not yet published, the ids of every event ever stored, and counts

The ids and the counts are written in the transaction of the receipt itself, so that
received = stored + duplicate + refused holds after any crash. Ids stay for ever: the second message
with an id is a duplicate, whenever it comes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect.receipts import Admitted, Outcome, Receipt, Seal, Stored, glimpse, stored
from headwater.collect.writer import Writer
from headwater.contract.errors import WorkspaceBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
create table if not exists receipts (
    number integer primary key, origin text not null, received_at integer not null,
    received integer not null, stored integer not null, duplicate integer not null,
    conflicting integer not null, refused integer not null, content blob not null
);
create table if not exists ids (
    id blob primary key, receipt integer not null, digest integer not null
) without rowid;
create table if not exists counts (name text primary key, n integer not null) without rowid;
create table if not exists state (name text primary key, n integer not null) without rowid;
insert or ignore into state values ('planned', 0), ('published', 0);
"""
PRAGMAS = """
pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;
pragma cache_size = -65536; pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 67108864;
"""
DAY = 86_400_000_000
"""Microseconds."""
RECENT_RECEIPTS, RECENT_EACH = 100, 10


class Journal:
    """The journal of one workspace; one process holds it at a time."""

    def __init__(self, path: Path, *, key: bytes | None = None) -> None:
        """Open or make the journal at `path`; `key` (32 bytes) seals what lies in it.

        Raises WorkspaceBusyError when another process holds it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._seal = Seal(key)
        self._held = _held(path)
        connection = self.opened()
        self._totals: Counter[str] = Counter(dict(connection.execute("select name, n from counts")))
        self._next = _first_free(connection)
        self._recent: deque[tuple[int, int, list[bytes]]] = deque(maxlen=RECENT_RECEIPTS)
        self.begin()
        self._writer = Writer(self, connection)

    async def append(self, receipt: Receipt) -> Outcome:
        """Store a receipt and return once it is on stable storage.

        Raises JournalUnavailableError when it could not be stored; then nothing of it was.
        """
        size = sum(len(message.raw) for message in receipt.admitted)
        return await self._writer.submit(lambda connection: self._store(connection, receipt), size=size)

    def store(self, receipt: Receipt) -> Outcome:
        """Store a receipt from a thread, as `append` does from an event loop."""
        return self._writer.perform(lambda connection: self._store(connection, receipt))

    async def ready(self) -> None:
        """Return when a commit went through; raises JournalUnavailableError when none can."""
        await self._writer.submit(lambda connection: _set(connection, "checked", 0), size=0)

    def counts(self) -> dict[str, int]:
        """Return the totals since the journal was made.

        Names are received, stored, duplicate, conflicting (of the duplicates), refused, and
        `refused:<reason>` for each reason that occurred.
        """
        return dict.fromkeys(Outcome._fields, 0) | dict(self._totals)

    def tail(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the latest events (up to ten of each of the last hundred requests), oldest first.

        Each has number, received_at (microseconds), type, event, url, anonymous_id and user_id; `since`
        is the number of the last event already seen. Numbers count the stored events from 1.
        """
        return [
            {"number": number, "received_at": received_at} | glimpse(orjson.loads(raw))
            for last, received_at, raws in list(self._recent)
            for number, raw in enumerate(raws, start=last - len(raws) + 1)
            if number > since
        ]

    def newest(self) -> int:
        """Return the number of the newest receipt."""
        return self._next - 1

    def plan(self, *, most: int, newest: int) -> tuple[int, int] | None:
        """Fix the receipts that are published next, of one day, and return their first and last number.

        About `most` messages at most, and nothing that came after receipt `newest`. The plan is stored: after a crash it is the same, until
        `published` says that it is done. None means that nothing waits.
        """
        with self._reading() as connection:
            state: dict[str, int] = dict(connection.execute("select name, n from state"))
            first = state["published"] + 1
            if state["planned"] >= first:
                return first, state["planned"]
            last = _last_of_run(connection, first=first, newest=newest, most=most)
        if last is None:
            return None
        self._writer.perform(lambda writing: _set(writing, "planned", last))
        return first, last

    def receipts(self, first: int, last: int) -> Iterator[Stored]:
        """Yield the receipts of a plan in order."""
        with self._reading() as connection:
            wanted = "select * from receipts where number between ? and ? order by number"
            for row in connection.execute(wanted, (first, last)):
                yield stored(row, self._seal)

    def published(self, last: int, *, parked: int = 0) -> None:
        """Say that the archive holds everything up to `last`; the receipts go, the ids stay.

        `parked` events that counted as stored could not be translated and count as refused instead.
        """

        def mark(connection: sqlite3.Connection) -> None:
            _set(connection, "published", last)
            connection.execute("delete from receipts where number <= ?", (last,))
            if parked:
                self._count({"stored": -parked, "refused": parked, "refused:untranslatable": parked})

        self._writer.perform(mark)

    def waiting(self) -> int:
        """Return how many receipts are not yet published."""
        with self._reading() as connection:
            return int(connection.execute("select count(*) from receipts").fetchone()[0])

    def close(self) -> None:
        """Finish what is queued and let the journal go."""
        self._writer.close()
        self._held.close()

    # -- the ledger: what the writer thread calls ---------------------------------------------------

    def opened(self) -> sqlite3.Connection:
        """Return a new connection for the writer, with the tables made."""
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        connection.executescript(PRAGMAS + SCHEMA)
        return connection

    def begin(self) -> None:
        """Start to count a group."""
        self._number = self._next
        self._counted: Counter[str] = Counter()
        self._new: list[tuple[int, int, list[bytes]]] = []

    def finish(self, connection: sqlite3.Connection) -> None:
        """Add the group's counts to the stored ones."""
        connection.executemany(
            "insert into counts values (?, ?) on conflict do update set n = n + excluded.n",
            list(self._counted.items()),
        )

    def committed(self) -> None:
        """Take over the group's counts and its latest events."""
        last = self._totals["stored"]
        totals = Counter(self._totals)
        totals.update(self._counted)
        self._totals, self._next = totals, self._number
        for received_at, stored_count, raws in self._new:
            last += stored_count
            self._recent.append((last, received_at, raws))

    def _store(self, connection: sqlite3.Connection, receipt: Receipt) -> Outcome:
        number, self._number = self._number, self._number + 1
        kept, conflicting = _claimed(connection, receipt.admitted, number)
        outcome = Outcome(
            received=len(receipt.admitted) + len(receipt.refused),
            stored=len(kept),
            duplicate=len(receipt.admitted) - len(kept),
            conflicting=conflicting,
            refused=len(receipt.refused),
        )
        connection.execute(
            "insert into receipts values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, receipt.origin, receipt.received_at, *outcome, self._seal.closed(receipt, kept, number)),
        )
        self._count(outcome._asdict())
        self._count(Counter(f"refused:{refused.reason}" for refused in receipt.refused))
        if kept:
            self._new.append(
                (receipt.received_at, len(kept), [message.raw for message in kept[-RECENT_EACH:]])
            )
        return outcome

    def _count(self, more: dict[str, int]) -> None:
        for name, n in more.items():
            self._counted[name] += n

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            connection.execute("pragma query_only = on")
            yield connection
        finally:
            connection.close()


def _claimed(
    connection: sqlite3.Connection, admitted: list[Admitted], number: int
) -> tuple[list[Admitted], int]:
    """Return the messages whose ids are new, and how many of the others differ from the first."""
    cursor = connection.executemany(
        "insert or ignore into ids values (?, ?, ?)",
        [(message.key, number, message.digest) for message in admitted],
    )
    if not admitted or cursor.rowcount == len(admitted):
        return admitted, 0
    kept: dict[bytes, Admitted] = {}
    conflicting = 0
    for message in admitted:
        known = connection.execute("select receipt, digest from ids where id = ?", (message.key,))
        owner, digest = known.fetchone()
        if owner == number and message.key not in kept:
            kept[message.key] = message
        else:
            conflicting += digest != message.digest
    return list(kept.values()), conflicting


def _last_of_run(connection: sqlite3.Connection, *, first: int, newest: int, most: int) -> int | None:
    """Return the last receipt of the longest run of one day with about `most` messages."""
    last, day, total = None, None, 0
    rows = connection.execute(
        "select number, received_at / ?, stored + refused from receipts "
        "where number between ? and ? order by number",
        (DAY, first, newest),
    )
    for number, on, size in rows:
        if last is not None and (on != day or total + size > most):
            break
        last, day, total = number, on, total + size
    return last


def _first_free(connection: sqlite3.Connection) -> int:
    highest = connection.execute("select coalesce(max(number), 0) from receipts").fetchone()[0]
    published = connection.execute("select max(n) from state").fetchone()[0]
    return int(max(highest, published)) + 1


def _set(connection: sqlite3.Connection, name: str, value: int) -> None:
    connection.execute("update state set n = ? where name = ?", (value, name))


def _held(path: Path) -> Any:
    """Lock the journal for this process; the lock falls with the process, whatever ends it."""
    handle = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise WorkspaceBusyError(
            f"Another process is writing the journal {path}.",
            hint="stop the server that runs on this workspace, or choose another --dir.",
        ) from error
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
