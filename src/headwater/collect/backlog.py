"""Backlog: what waits in the journal, as the worker reads it.

Reads  journal.sqlite, while the server writes to it
Makes  plans (runs of commits of one day) and their requests, one commit in memory at a time
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from headwater.collect.frames import framed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.collect.frames import Framed, Seal


class Backlog:
    """The journal of one workspace, to be read."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self._path = path
        self._seal = seal

    def newest(self) -> int:
        """Return the number of the newest commit; 0 where nothing waits."""
        with self._reading() as connection:
            found = connection.execute("select max(number) from commits").fetchone()[0]
        return int(found or 0)

    def run(self, *, after: int, newest: int, most: int) -> int | None:
        """Return the last commit of the longest run of one day with about `most` bytes; None: nothing waits."""
        last, day, total = None, None, 0
        wanted = "select number, day, bytes from commits where number > ? and number <= ? order by number limit 5000"
        with self._reading() as connection:
            for number, on, size in connection.execute(wanted, (after, newest)):
                if last is not None and (on != day or total + size > most):
                    break
                last, day, total = number, on, total + size
        return last

    def requests(self, first: int, last: int) -> Iterator[Framed]:
        """Yield the requests of commits in order."""
        with self._reading() as connection:
            wanted = "select number from commits where number between ? and ? order by number"
            numbers = [number for (number,) in connection.execute(wanted, (first, last)).fetchall()]
            for number in numbers:
                wanted = "select content from commits where number = ?"
                content = connection.execute(wanted, (number,)).fetchone()[0]
                yield from framed(unpacked(self._seal.opened(content, number)))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            connection.execute("pragma query_only = on")
            yield connection
        finally:
            connection.close()
