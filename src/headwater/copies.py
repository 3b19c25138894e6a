"""Copies: back a workspace up while it is in use, and restore it.

Reads  journal, register, archive, control database and encrypted store
Makes  a folder with the same files; the warehouse is left out, since it is made from them

The journal is copied before the archive: an event that moves from one to the other meanwhile is then
in both, and loaded once, instead of in neither.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from headwater.collect.archive import sync
from headwater.contract.errors import HeadwaterError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

DATABASES = ("journal.sqlite", "ids.sqlite", "control.sqlite", "personal.sqlite")
ARCHIVE = "archive"


class OccupiedError(HeadwaterError):
    """The target of a copy holds something already."""


def backup(folder: Path, target: Path) -> dict[str, int]:
    """Copy the workspace in `folder` to the new folder `target`; return the counts of files and bytes.

    Raises NotFoundError where there is no workspace and OccupiedError where `target` exists.
    """
    if not any((folder / name).exists() for name in (*DATABASES, ARCHIVE)):
        raise NotFoundError(f"There is no workspace in {folder}.", hint="name its folder with --dir.")
    return _copied(folder, target)


def restore(source: Path, folder: Path) -> dict[str, int]:
    """Make the workspace `folder` from a copy; return the counts of files and bytes.

    Raises NotFoundError where `source` is no copy and OccupiedError where `folder` holds something.
    """
    if not (source / "control.sqlite").is_file():
        raise NotFoundError(
            f"{source} holds no copy of a workspace.", hint="name a folder that `backup` made."
        )
    return _copied(source, folder)


def _copied(source: Path, target: Path) -> dict[str, int]:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OccupiedError(f"{target} is there already.", hint="name a folder that does not exist yet.")
    aside = target.with_name(f".{target.name}.copying")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name in DATABASES:
        if (source / name).exists():
            _database(source / name, aside / name)
    if (source / ARCHIVE).exists():
        shutil.copytree(source / ARCHIVE, aside / ARCHIVE, ignore=shutil.ignore_patterns(".*.writing"))
    files = [path for path in aside.rglob("*") if path.is_file()]
    for path in files:
        sync(path)
    if target.exists():
        target.rmdir()
    aside.rename(target)
    sync(target.parent)
    return {
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in target.rglob("*") if path.is_file()),
    }


def _database(source: Path, target: Path) -> None:
    """Copy a SQLite file as of one moment, whoever else writes to it."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
