"""Archive: immutable Parquet files by day received, the record of what came in.

Reads  rows that were admitted, as Arrow tables with the columns of `contract.tables`
Makes  archive/<kind>/received=YYYY-MM-DD/<name>.parquet

A file appears whole or not at all: it is written aside, synced, renamed, and its folder is synced.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.contract.tables import ARCHIVE_KINDS, MONEY

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

ARROW = {
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
    "DATE": pa.date32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    MONEY: pa.decimal128(18, 6),
}
"""Declared types of `contract.tables` as Arrow types."""


def publish(root: Path, kind: str, rows: pa.Table, *, name: str, received_on: date) -> Path:
    """Write `rows` as one file of the archive and return its path.

    `kind` is a key of `ARCHIVE_KINDS`; `name` must be the same for the same content, so that a
    publication repeated after a crash replaces itself.
    """
    folder = root / "archive" / kind / f"received={received_on.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.parquet"
    aside = folder / f".{name}.parquet.writing"
    pq.write_table(rows, aside, compression="zstd")
    sync(aside)
    aside.rename(target)
    sync(folder)
    sync(folder.parent)
    return target


def schema(kind: str) -> pa.Schema:
    """Return the columns of a kind of file, as its table declares them."""
    return pa.schema([(column.name, ARROW[column.type]) for column in ARCHIVE_KINDS[kind].columns])


def sync(path: Path) -> None:
    """Force a file or folder to stable storage."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def files(root: Path, kind: str) -> list[Path]:
    """Return the published files of a kind, in the order of their names."""
    return sorted((root / "archive" / kind).glob("received=*/*.parquet"))


def highest(root: Path) -> int:
    """Return the highest number of a commit of the journal that a published file holds; 0: none.

    A folder that was restored from a copy may have files of commits that its journal does not know.
    """
    names = (
        path.stem.rpartition("-")[2] for path in (root / "archive").glob("*/received=*/collected-*.parquet")
    )
    return max((int(number) for number in names if number.isdecimal()), default=0)
