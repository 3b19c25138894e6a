"""Earlier: journals that were made when messages were admitted before they were journalled.

Reads  journal.sqlite of the old form (it holds ids and counts beside the commits)
Makes  ids.sqlite of it, whole: its ids and counts go on to count, its commits are published first

Nothing is copied: the file changes its name. What it holds was admitted and counted already.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect.admit import Refusal, Refused
from headwater.collect.archive import sync
from headwater.collect.receipts import Receipt
from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.collect.frames import Seal


def taken_over(journal: Path, register: Path) -> None:
    """Make the register of a journal of the old form; leave every other journal as it is.

    Raises HeadwaterError where there is a register already: one of the two is not of this workspace.
    """
    if not journal.exists():
        return
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None, timeout=10)) as connection:
        if not _has(connection, "ids"):
            return
        if register.exists():
            raise HeadwaterError(
                f"{journal} is of an earlier version, and yet there is {register}.",
                hint="put back the two files of one backup, or take the journal out of the folder.",
            )
        connection.execute("pragma journal_mode = delete").fetchall()  # everything in the one file
    journal.rename(register)
    sync(journal.parent)


def last_commit(connection: sqlite3.Connection) -> int:
    """Return the number of the last commit of the old form; 0 where there is none."""
    if not _has(connection, "commits"):
        return 0
    return int(connection.execute("select coalesce(max(number), 0) from commits").fetchone()[0])


def last_of_day(connection: sqlite3.Connection) -> int:
    """Return the last commit of the old form that is of the same day as the first."""
    return int(
        connection.execute(
            "select max(number) from commits where day = (select day from commits order by number limit 1)"
        ).fetchone()[0]
    )


def receipts(connection: sqlite3.Connection, seal: Seal, first: int, last: int) -> Iterator[Receipt]:
    """Yield the receipts of commits of the old form."""
    wanted = "select number, content from commits where number between ? and ? order by number"
    for number, content in connection.execute(wanted, (first, last)).fetchall():
        for line in seal.opened(content, number).split(b"\n"):
            yield _receipt(orjson.loads(line))


def forget(connection: sqlite3.Connection, last: int) -> None:
    """Delete the commits of the old form up to `last`."""
    connection.execute("delete from commits where number <= ?", (last,))


def _receipt(content: dict[str, Any]) -> Receipt:
    refused = [Refused(Refusal(reason), *rest) for reason, *rest in content.pop("refused")]
    return Receipt(refused=refused, **content)


def _has(connection: sqlite3.Connection, table: str) -> bool:
    wanted = "select count(*) from sqlite_master where type = 'table' and name = ?"
    return bool(connection.execute(wanted, (table,)).fetchone()[0])
