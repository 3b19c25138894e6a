"""Copies: everything that cannot be made again, while the workspace is in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from headwater.contract.errors import NotFoundError
from headwater.copies import OccupiedError, backup, restore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    day = folder / "archive" / "events" / "received=2026-03-01"
    day.mkdir(parents=True)
    (day / "a.parquet").write_bytes(b"rows")
    (day / ".b.parquet.writing").write_bytes(b"half")
    (folder / "warehouse.duckdb").write_bytes(b"made from the rest")
    for name in ("control.sqlite", "journal.sqlite"):
        with closing(sqlite3.connect(folder / name)) as database, database:
            database.execute("create table t as select 'kept' as x")
    return folder


def test_a_copy_holds_databases_and_archive_and_nothing_else(place: Path, tmp_path: Path) -> None:
    done = backup(place, tmp_path / "copy")

    files = {path.name for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert files == {"a.parquet", "control.sqlite", "journal.sqlite"}
    assert done["files"] == 3


def test_what_a_writer_has_not_committed_is_not_in_the_copy(place: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(place / "journal.sqlite")) as writer:
        writer.execute("pragma journal_mode = wal")
        writer.execute("begin")
        writer.execute("insert into t values ('half')")
        backup(place, tmp_path / "copy")

    with closing(sqlite3.connect(tmp_path / "copy" / "journal.sqlite")) as copy:
        assert copy.execute("select x from t").fetchall() == [("kept",)]


def test_a_copy_never_writes_over_anything(place: Path, tmp_path: Path) -> None:
    backup(place, tmp_path / "copy")

    with pytest.raises(OccupiedError):
        backup(place, tmp_path / "copy")
    with pytest.raises(OccupiedError):
        restore(tmp_path / "copy", place)


def test_a_folder_without_a_workspace_is_neither_copied_nor_restored(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        backup(tmp_path, tmp_path / "copy")
    with pytest.raises(NotFoundError):
        restore(tmp_path, tmp_path / "shop")
