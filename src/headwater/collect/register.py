"""Register: what the worker knows for ever: every message id, the counts, how far it has published.

Reads  the stamps of receipts, the numbers of commits
Makes  ids.sqlite: ids, counts, the plan that is being published, the latest events

The worker alone writes here. Ids, counts and the end of a plan are one transaction: a plan that was not
finished has left nothing, and is done again from the same requests with the same result.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect import earlier, ids

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.collect.receipts import Receipt

NAME = "ids.sqlite"
COUNTED = ("received", "stored", "duplicate", "conflicting", "refused")
SCHEMA = f"""
{ids.SCHEMA}
create table if not exists counts (name text primary key, n integer not null) without rowid;
create table if not exists state (name text primary key, n integer not null) without rowid;
create table if not exists latest (number integer primary key, event text not null);
insert or ignore into state values ('planned', 0), ('published', 0);
insert or ignore into state select 'claims', max(n) from state;
"""
PRAGMAS = """
pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;
pragma cache_size = -32768; pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 67108864;
"""
LATEST = 200
"""Events that a live page can look back on."""


class Register:
    """The register of one workspace, as its worker holds it."""

    def __init__(self, folder: Path) -> None:
        self._connection = prepared(folder)

    def plan(self) -> tuple[int, int]:
        """Return the last commit that is published, and the last of the plan (the same: there is none)."""
        state = dict(self._connection.execute("select name, n from state"))
        return state["published"], max(state["planned"], state["published"])

    def planned(self, last: int) -> None:
        """Fix the end of the plan, durably."""
        self._connection.execute("update state set n = ? where name = 'planned'", (last,))

    @contextlib.contextmanager
    def publishing(self) -> Iterator[None]:
        """Hold one transaction for the block; nothing of it is left when the block fails."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def claimed(self, receipts: list[Receipt]) -> list[ids.Kept]:
        """Claim the ids of receipts and return what is new in each."""
        self._connection.execute("update state set n = n + 1 where name = 'claims'")
        number = self._connection.execute("select n from state where name = 'claims'").fetchone()[0]
        return ids.claimed(self._connection, receipts, number)

    def published(self, last: int, counted: Counter[str], latest: list[dict[str, Any]]) -> None:
        """Add up the counts of a plan, show its latest events, and say that commit `last` is archived."""
        running = self._connection
        running.execute("update state set n = ? where name = 'published'", (last,))
        running.executemany(
            "insert into counts values (?, ?) on conflict do update set n = n + excluded.n",
            list(counted.items()),
        )
        if not latest:
            return
        newest = running.execute("select n from counts where name = 'stored'").fetchone()[0]
        shown = latest[-LATEST:]
        running.executemany(
            "insert or replace into latest values (?, ?)",
            [
                (number, orjson.dumps(event).decode())
                for number, event in enumerate(shown, start=newest - len(shown) + 1)
            ],
        )
        running.execute("delete from latest where number <= ?", (newest - LATEST,))

    def connection(self) -> sqlite3.Connection:
        """Return the connection, for the receipts of a journal of the old form."""
        return self._connection

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Reading:
    """What others may know of the register while the worker writes."""

    def __init__(self, folder: Path) -> None:
        prepared(folder).close()
        self._path = folder / NAME

    def counts(self) -> dict[str, int]:
        """Return the totals since the workspace was made."""
        return dict.fromkeys(COUNTED, 0) | dict(self._rows("select name, n from counts"))

    def published(self) -> int:
        """Return the number of the last commit that is in the archive."""
        return int(self._rows("select n from state where name = 'published'")[0][0])

    def reached(self) -> int:
        """Return the number of the last commit that is in the archive, or is being brought there."""
        return int(self._rows("select max(n) from state where name in ('planned', 'published')")[0][0])

    def highest(self) -> int:
        """Return the highest number of a commit that was published, planned or waits in the old form."""
        with contextlib.closing(prepared(self._path.parent)) as connection:
            state = connection.execute("select max(n) from state where name in ('planned', 'published')")
            return max(int(state.fetchone()[0]), earlier.last_commit(connection))

    def latest(self, since: int) -> list[dict[str, Any]]:
        """Return the latest events after number `since`, oldest first."""
        wanted = "select number, event from latest where number > ? order by number"
        return [{"number": number} | orjson.loads(event) for number, event in self._rows(wanted, since)]

    def _rows(self, query: str, *values: Any) -> list[Any]:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        with contextlib.closing(connection):
            connection.execute("pragma query_only = on")
            return connection.execute(query, values).fetchall()


def prepared(folder: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode, with the tables made."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / NAME, isolation_level=None, check_same_thread=False, timeout=30)
    connection.executescript(PRAGMAS + SCHEMA)
    if last := earlier.last_commit(connection):  # its ids bear the number of their commit
        connection.execute("update state set n = max(n, ?) where name = 'claims'", (last,))
    return connection
