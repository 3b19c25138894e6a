"""Journal: every request is on stable storage here before its client hears that it arrived.

Reads  requests as they came
Makes  journal.sqlite: one packed and sealed blob for the requests that share a commit

Nothing is understood here: the worker takes requests apart, and what it has archived is deleted. When
more waits than the disk should hold, or the disk is nearly full, requests are refused until there is
room again; a client that hears 503 sends once more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from headwater.collect import archive, earlier
from headwater.collect.aside import Aside
from headwater.collect.clock import DAY
from headwater.collect.frames import Seal, frame, packed
from headwater.collect.register import NAME, Reading
from headwater.collect.writer import JournalUnavailableError, Writer
from headwater.contract.errors import WorkspaceBusyError

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from headwater.collect.aside import Kept
    from headwater.collect.request import Request

SCHEMA = """
create table if not exists commits (
    number integer primary key,
    day integer not null,
    requests integer not null,
    upto integer not null,
    bytes integer not null,
    content blob not null
);
"""
PRAGMAS = """
pragma journal_mode = wal; pragma synchronous = full;
pragma cache_size = -8192; pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 67108864;
"""
LEAST_FREE = 512 * 1024 * 1024
"""Bytes that stay free on the disk, for the worker and the tables."""
MOST_WAITING = 16 * 1024 * 1024 * 1024
"""Largest journal, in bytes."""
AT_ONCE = 500
"""Commits that are deleted in one transaction, so that no request waits for many."""


class Entry(NamedTuple):
    """A request on its way into the journal."""

    content: bytes
    received_at: int


class Journal:
    """The journal of one workspace; one process holds it at a time."""

    def __init__(
        self,
        path: Path,
        *,
        key: bytes | None = None,
        least_free: int = LEAST_FREE,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Open or make the journal at `path`; `key` (32 bytes) seals what lies in it.

        Raises WorkspaceBusyError when another process holds it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._seal = Seal(key)
        self._held = _held(path)
        try:
            earlier.taken_over(path, path.with_name(NAME))
        except BaseException:
            self._held.close()
            raise
        self._register = Reading(path.parent)
        self._least_free = least_free
        self._most_waiting = most_waiting
        self._problem: str | None = None
        self._size = 0
        self._next = max(self._register.highest(), archive.highest(path.parent)) + 1
        self._used = self._upto = self._used_upto = 0
        connection = self.opened()
        self._writer = Writer(self, connection)
        self.tidy()

    # -- for the collector --------------------------------------------------------------------------

    def append(self, request: Request, *, is_cut: bool = False) -> asyncio.Future[None]:
        """Store a request; what is returned ends once it is on stable storage.

        `is_cut`: only the beginning of its body is there. Raises JournalUnavailableError, or ends with
        it, when the request could not be stored; then nothing of it was.
        """
        self._refuse_if_full()
        entry = Entry(frame(request, is_cut=is_cut), request.received_at)
        return self._writer.submit(entry, size=len(entry.content))

    def store(self, request: Request, *, is_cut: bool = False, again: tuple[int, int] | None = None) -> None:
        """Store a request from a thread, as `append` does from an event loop.

        `again` says where a request was set aside that is to be put through once more.
        """
        self._refuse_if_full()
        content = frame(request, is_cut=is_cut, again=again)
        self._writer.perform(Entry(content, request.received_at))

    def aside(self) -> list[Kept]:
        """Return the requests that were set aside, whole (see `suspects`)."""
        with contextlib.closing(Aside(self.path.parent, self._seal)) as aside:
            return list(aside.kept())

    async def ready(self) -> None:
        """Return when a commit went through; raises JournalUnavailableError when none can."""
        self._refuse_if_full()
        await self._writer.submit(_checked, size=0)

    # -- for the metrics and the live page ----------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Return the totals of all messages that were taken apart since the workspace was made.

        Names are received, stored, duplicate, conflicting (of the duplicates), refused, and
        `refused:<reason>` for each reason that occurred. Messages of requests that wait are in none.
        """
        return self._register.counts()

    def tail(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the latest events in the archive, oldest first.

        Each has number, received_at (microseconds), type, event, url, anonymous_id and user_id; `since`
        is the number of the last event already seen. Numbers count the stored events from 1.
        """
        return self._register.latest(since)

    def waiting(self) -> int:
        """Return how many requests are not yet in the archive."""
        published = self._register.published()
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=10)) as connection:
            wanted = "select upto - requests from commits where number > ? order by number limit 1"
            first = connection.execute(wanted, (published,)).fetchone()
            return 0 if first is None else _counted(connection) - int(first[0])

    def stored(self) -> int:
        """Return how many requests were stored since the journal was last empty when it was opened."""
        return self._upto

    def is_filling(self) -> bool:
        """Return whether more than half of what may wait does."""
        return 2 * self._size > self._most_waiting

    def published(self) -> int:
        """Return the number of the last commit that is in the archive."""
        return self._register.published()

    # -- for whoever keeps house --------------------------------------------------------------------

    def tidy(self) -> None:
        """Delete what is archived, and look how much room is left; call it about every second."""
        published = self._register.published()
        with contextlib.suppress(JournalUnavailableError):
            while self._writer.perform(lambda connection: _trimmed(connection, published)) == AT_ONCE:
                pass
        free = shutil.disk_usage(self.path.parent).free
        used = self._size = self._writer.perform(_size)
        self._problem = None
        if free < self._least_free:
            self._problem = f"Only {free} bytes are free on the disk; {self._least_free} are kept."
        elif used > self._most_waiting:
            self._problem = f"{used} bytes wait to be archived; at most {self._most_waiting} may."

    def close(self) -> None:
        """Finish what is queued and let the journal go."""
        self._writer.close()
        self._held.close()

    # -- what the writer thread calls ---------------------------------------------------------------

    def opened(self) -> sqlite3.Connection:
        """Return a new connection for the writer, with the tables made."""
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        connection.executescript(PRAGMAS + SCHEMA)
        connection.execute(f"pragma secure_delete = {'off' if self._seal.is_tight else 'on'}")
        self._go_on(connection)
        return connection

    def _go_on(self, connection: sqlite3.Connection) -> None:
        """Begin behind whatever is there: a commit whose sync failed may be on the disk all the same.

        Its number must not be used again: the worker may have archived it, and what followed under the
        same number would be taken for archived too.
        """
        highest = connection.execute("select coalesce(max(number), 0) from commits").fetchone()[0]
        self._next = max(self._next, int(highest) + 1, self._register.reached() + 1)
        self._upto = max(self._upto, _counted(connection))

    def applied(self, connection: sqlite3.Connection, items: list[Any]) -> list[Any]:
        """Do what one transaction holds: store the entries among `items`, call the others."""
        entries = [item for item in items if isinstance(item, Entry)]
        self._used, self._used_upto = self._next - 1, self._upto
        if entries:
            self._stored(connection, entries)
        return [None if isinstance(item, Entry) else item(connection) for item in items]

    def committed(self) -> None:
        """Take over what the transaction added up to."""
        self._next, self._upto = self._used + 1, self._used_upto

    def _stored(self, connection: sqlite3.Connection, entries: list[Entry]) -> None:
        number = self._used = self._next
        self._used_upto = self._upto + len(entries)
        content = self._seal.closed(packed([entry.content for entry in entries]), number)
        size = sum(len(entry.content) for entry in entries)
        day = entries[0].received_at // DAY
        row = (number, day, len(entries), self._used_upto, size, content)
        connection.execute("insert into commits values (?, ?, ?, ?, ?, ?)", row)

    def _refuse_if_full(self) -> None:
        if self._problem is not None:
            raise JournalUnavailableError(self._problem, hint="free space on its disk, or wait.")


def _counted(connection: sqlite3.Connection) -> int:
    """Return how many requests were counted up to the newest commit."""
    found = connection.execute("select upto from commits order by number desc limit 1").fetchone()
    return 0 if found is None else int(found[0])


def _trimmed(connection: sqlite3.Connection, published: int) -> int:
    """Delete some of the commits that are archived, never the newest; return how many."""
    wanted = "delete from commits where number in (select number from commits where number <= ? limit ?)"
    return connection.execute(wanted, (published, AT_ONCE)).rowcount


def _size(connection: sqlite3.Connection) -> int:
    """Return the bytes of the database that are in use."""
    asked = ("page_count", "freelist_count", "page_size")
    pages, free, size = (connection.execute(f"pragma {name}").fetchone()[0] for name in asked)
    return int((pages - free) * size)


def _checked(connection: sqlite3.Connection) -> None:
    """Write something that changes nothing."""
    version = connection.execute("pragma user_version").fetchone()[0]
    connection.execute(f"pragma user_version = {1 - version % 2}")


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
