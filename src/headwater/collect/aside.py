"""Aside: what could not be taken apart, kept until somebody looks at it.

Reads  requests that the worker died of (see `suspects`), commits that the disk has damaged (see `backlog`)
Makes  the tables `aside` and `damaged` of the register; requests to be put through again (see `replay`)

What is here is counted as refused already, under the reasons `set_aside` and `damaged`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from headwater.collect.backlog import Loss
from headwater.collect.frames import Damaged, frame, framed, packed, unpacked
from headwater.collect.register import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.collect.frames import Framed, Seal

SCHEMA = """
create table if not exists aside (
    first integer not null, place integer not null, content blob, primary key (first, place)
) without rowid;
create table if not exists damaged (
    number integer primary key, received_at integer not null, requests integer not null,
    why text not null, content blob
);
"""


class Kept(NamedTuple):
    """A request that was set aside."""

    first: int
    """First commit of the plan it was in, and its place there from 1: together they name it."""
    place: int
    found: Framed

    @property
    def name(self) -> tuple[int, int]:
        """What names it."""
        return self.first, self.place


class Counted(NamedTuple):
    """How much is kept."""

    requests: int = 0
    """Set aside, to be put through again."""
    damaged: int = 0
    """Requests whose commits were damaged."""
    newest_damage: int = 0
    """When the latest of them came, in microseconds since 1970; 0 where there is none."""


class Aside:
    """What is kept in one workspace."""

    def __init__(self, folder: Path, seal: Seal, *, connection: sqlite3.Connection | None = None) -> None:
        """Open it to be read; with the worker's `connection`, to be written in its transactions."""
        self._connection = connection or _reading(folder)
        self._is_own = connection is None
        self._seal = seal
        if connection:
            connection.executescript(SCHEMA)

    def places(self, first: int) -> set[int]:
        """Return the places of a plan whose requests must not be touched."""
        wanted = "select place from aside where first = ?"
        return {place for (place,) in self._connection.execute(wanted, (first,))}

    def name(self, first: int, place: int) -> None:
        """Note, durably, that the request at a place must not be touched any more."""
        self._connection.execute("insert or ignore into aside values (?, ?, null)", (first, place))

    def keep(self, first: int, place: int, found: Framed) -> None:
        """Keep the request of a place, sealed."""
        content = self._seal.closed(packed([frame(found.request, is_cut=found.is_cut)]), first)
        keep = "update aside set content = ? where first = ? and place = ?"
        self._connection.execute(keep, (content, first, place))

    def let_go(self, name: tuple[int, int]) -> bool:
        """Keep a request no longer, since it is put through again; False where it was already."""
        gone = "delete from aside where first = ? and place = ? and content is not null"
        return self._connection.execute(gone, name).rowcount > 0

    def lost(self, loss: Loss) -> None:
        """Keep what the disk has left of a commit."""
        row = (loss.number, loss.received_at, loss.requests, loss.why, loss.content)
        self._connection.execute("insert or replace into damaged values (?, ?, ?, ?, ?)", row)

    def kept(self) -> Iterator[Kept]:
        """Yield the requests that were set aside, whole; one that the disk has damaged since is left out."""
        wanted = "select first, place, content from aside where content is not null order by first, place"
        for first, place, content in self._connection.execute(wanted).fetchall():
            with contextlib.suppress(Damaged):
                blob = unpacked(self._seal.opened(content, first))
                yield from (Kept(first, place, found) for found in framed(blob))

    def close(self) -> None:
        """Let go of a connection of its own."""
        if self._is_own:
            self._connection.close()


def names(folder: Path) -> set[tuple[int, int]]:
    """Return what names the requests that are set aside."""
    if not (folder / NAME).exists():
        return set()
    with contextlib.closing(_reading(folder)) as connection:
        return set(connection.execute("select first, place from aside where content is not null"))


def losses(folder: Path) -> list[Loss]:
    """Return what the disk has left of damaged commits."""
    if not (folder / NAME).exists():
        return []
    with contextlib.closing(_reading(folder)) as connection:
        wanted = "select number, requests, received_at, why, content from damaged order by number"
        return [Loss(*row) for row in connection.execute(wanted)]


def counted(folder: Path) -> Counted:
    """Return how much is kept in a workspace; nothing is opened, so no key is needed."""
    lost = losses(folder)
    newest = max((loss.received_at for loss in lost), default=0)
    return Counted(len(names(folder)), sum(loss.requests for loss in lost), newest)


def _reading(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / NAME, isolation_level=None, timeout=10)
    connection.executescript(SCHEMA)
    connection.execute("pragma query_only = on")
    return connection
