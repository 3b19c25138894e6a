"""Journal: every hit is on stable storage here before its client hears that it arrived.

Reads  receipts of the collector
Makes  journal.sqlite: commits not yet published, the ids of every event ever stored, and counts

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

from headwater.collect import ids
from headwater.collect.receipts import Outcome, Receipt, Seal, Stored, glimpse, line, parsed
from headwater.collect.writer import Writer
from headwater.contract.errors import WorkspaceBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
create table if not exists commits (
    number integer primary key, day integer not null, messages integer not null, content blob not null
);
create table if not exists counts (name text primary key, n integer not null) without rowid;
create table if not exists state (name text primary key, n integer not null) without rowid;
insert or ignore into state values ('planned', 0), ('published', 0);
"""
PRAGMAS = """
pragma journal_mode = wal; pragma synchronous = full;
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
        self._used = 0
        self._recent: deque[tuple[int, int, list[bytes]]] = deque(maxlen=RECENT_RECEIPTS)
        self._counted: Counter[str] = Counter()
        self._new: list[tuple[int, int, list[bytes]]] = []
        self._writer = Writer(self, connection)

    # -- for the collector --------------------------------------------------------------------------

    async def append(self, receipt: Receipt) -> Outcome:
        """Store a receipt and return once it is on stable storage.

        Raises JournalUnavailableError when it could not be stored; then nothing of it was.
        """
        outcome: Outcome = await self._writer.submit(receipt, size=sum(map(len, receipt.messages)))
        return outcome

    def store(self, receipt: Receipt) -> Outcome:
        """Store a receipt from a thread, as `append` does from an event loop."""
        outcome: Outcome = self._writer.perform(receipt)
        return outcome

    async def ready(self) -> None:
        """Return when a commit went through; raises JournalUnavailableError when none can."""
        await self._writer.submit(_checked, size=0)

    # -- for the metrics and the live page ----------------------------------------------------------

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

    def waiting(self) -> int:
        """Return how many messages are not yet published."""
        with self._reading() as connection:
            return int(connection.execute("select coalesce(sum(messages), 0) from commits").fetchone()[0])

    # -- for the publisher --------------------------------------------------------------------------

    def newest(self) -> int:
        """Return the number of the newest commit."""
        return self._next - 1

    def plan(self, *, most: int, newest: int) -> tuple[int, int] | None:
        """Fix the commits that are published next, of one day, and return their first and last number.

        About `most` messages at most, and nothing that came after commit `newest`. The plan is stored:
        after a crash it is the same, until `published` says that it is done. None: nothing waits.
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
            wanted = "select number, content from commits where number between ? and ? order by number"
            for number, content in connection.execute(wanted, (first, last)):
                yield from parsed(self._seal.opened(content, number))

    def published(self, last: int, *, parked: int = 0) -> None:
        """Say that the archive holds everything up to commit `last`; it goes, the ids stay.

        `parked` events that counted as stored could not be translated and count as refused instead.
        """

        def mark(connection: sqlite3.Connection) -> None:
            _set(connection, "published", last)
            connection.execute("delete from commits where number <= ?", (last,))
            if parked:
                self._counted.update({"stored": -parked, "refused": parked, "refused:untranslatable": parked})

        self._writer.perform(mark)

    def close(self) -> None:
        """Finish what is queued and let the journal go."""
        self._writer.close()
        self._held.close()

    # -- what the writer thread calls ---------------------------------------------------------------

    def opened(self) -> sqlite3.Connection:
        """Return a new connection for the writer, with the tables made."""
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        connection.executescript(PRAGMAS + SCHEMA + ids.SCHEMA)
        connection.execute(f"pragma secure_delete = {'off' if self._seal.is_tight else 'on'}")
        return connection

    def applied(self, connection: sqlite3.Connection, items: list[Any]) -> list[Any]:
        """Do what one transaction holds: store the receipts among `items`, call the others."""
        self._counted, self._new = Counter(), []
        receipts = [item for item in items if isinstance(item, Receipt)]
        outcomes = iter(self._stored(connection, receipts) if receipts else ())
        results = [next(outcomes) if isinstance(item, Receipt) else item(connection) for item in items]
        connection.executemany(
            "insert into counts values (?, ?) on conflict do update set n = n + excluded.n",
            list(self._counted.items()),
        )
        return results

    def committed(self) -> None:
        """Take over what the transaction added up to."""
        last = self._totals["stored"]
        totals = Counter(self._totals)
        totals.update(self._counted)
        self._totals = totals
        self._next = max(self._next, self._used + 1)
        for received_at, stored, raws in self._new:
            last += stored
            self._recent.append((last, received_at, raws))

    def _stored(self, connection: sqlite3.Connection, receipts: list[Receipt]) -> list[Outcome]:
        number = self._used = self._next
        kept = ids.claimed(connection, receipts, number)
        outcomes, lines = [], []
        for receipt, (messages, conflicting) in zip(receipts, kept, strict=True):
            refused, stored = len(receipt.refused), len(messages)
            duplicate = len(receipt.messages) - stored
            outcomes.append(Outcome(stored + duplicate + refused, stored, duplicate, conflicting, refused))
            lines.append(line(receipt, messages, duplicate=duplicate))
            if messages:
                self._new.append((receipt.received_at, stored, messages[-RECENT_EACH:]))
            if refused:
                self._counted.update(f"refused:{found.reason}" for found in receipt.refused)
        totals = [sum(column) for column in zip(*outcomes, strict=True)]
        self._counted.update(dict(zip(Outcome._fields, totals, strict=True)))
        total = Outcome(*totals)
        content = self._seal.closed(b"\n".join(lines), number)
        row = (number, receipts[0].received_at // DAY, total.stored + total.refused, content)
        connection.execute("insert into commits values (?, ?, ?, ?)", row)
        return outcomes

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            connection.execute("pragma query_only = on")
            yield connection
        finally:
            connection.close()


def _last_of_run(connection: sqlite3.Connection, *, first: int, newest: int, most: int) -> int | None:
    """Return the last commit of the longest run of one day with about `most` messages."""
    last, day, total = None, None, 0
    wanted = "select number, day, messages from commits where number between ? and ? order by number"
    for number, on, messages in connection.execute(wanted, (first, newest)):
        if last is not None and (on != day or total + messages > most):
            break
        last, day, total = number, on, total + messages
    return last


def _first_free(connection: sqlite3.Connection) -> int:
    highest = connection.execute("select coalesce(max(number), 0) from commits").fetchone()[0]
    published = connection.execute("select max(n) from state where name != 'checked'").fetchone()[0]
    return int(max(highest, published)) + 1


def _set(connection: sqlite3.Connection, name: str, value: int) -> None:
    connection.execute("update state set n = ? where name = ?", (value, name))


def _checked(connection: sqlite3.Connection) -> None:
    """Write something that changes nothing."""
    connection.execute("insert into state values ('checked', 0) on conflict do update set n = 1 - n")


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
