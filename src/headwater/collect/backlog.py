"""Backlog: what waits in the journal, as the worker reads it.

Reads  journal.sqlite, while the server writes to it
Makes  plans (runs of commits of one day) and their requests, one commit in memory at a time

A commit that the disk has damaged is handed on as what is left of it; the others are read all the same.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from headwater.collect.clock import DAY
from headwater.collect.frames import Damaged, framed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.collect.frames import Framed, Seal


UNREADABLE = (Damaged, pa.ArrowException, struct.error, OSError, ValueError, TypeError)
"""What reading a damaged blob may raise; without a checksum (of earlier versions) anything may be in it."""


class Loss(NamedTuple):
    """Requests that were acknowledged, and that the disk has not kept as they were."""

    number: int
    """Of their commit."""
    requests: int
    received_at: int
    """The beginning of the day on which they came, in microseconds since 1970, UTC."""
    why: str
    content: bytes | None
    """The blob as it is; None where the database cannot give it."""


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

    def requests(self, first: int, last: int) -> Iterator[Framed | Loss]:
        """Yield the requests of commits in order."""
        with self._reading() as connection:
            wanted = "select number, day, requests from commits where number between ? and ? order by number"
            for number, day, count in connection.execute(wanted, (first, last)).fetchall():
                content, given = None, 0
                try:
                    content = _content(connection, number)
                    for found in framed(unpacked(self._seal.opened(content, number))):
                        given += 1
                        yield found
                except UNREADABLE as error:
                    yield Loss(number, count - given, day * DAY, str(error), content)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            connection.execute("pragma query_only = on")
            yield connection
        finally:
            connection.close()


def _content(connection: sqlite3.Connection, number: int) -> bytes:
    """Return the blob of a commit. Raises Damaged where the database itself is damaged there."""
    try:
        found = connection.execute("select content from commits where number = ?", (number,)).fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        raise Damaged(str(error)) from error
    return bytes(found[0])
