"""Landing: publish the files of one import as a whole.

Reads  finished files in a folder aside
Makes  files of the archive, all of them or, after a crash, all of them at the next import

A list of the moves is made durable before the first move. Whoever finds such a list finishes it.
"""

from __future__ import annotations

import fcntl
import shutil
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson

from headwater.collect.archive import sync

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

ASIDE = ".importing"
MOVES = "moves.json"


@contextmanager
def landing_place(root: Path) -> Iterator[Path]:
    """Give a folder of its own on the archive's disk to one import at a time; finish what crashed."""
    aside = root / "archive" / ASIDE
    aside.mkdir(parents=True, exist_ok=True)
    with (aside / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in sorted(aside.iterdir()):
            if left.is_dir():
                _finish(root, left)
        folder = aside / f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        try:
            yield folder
        finally:
            if not (folder / MOVES).exists():
                shutil.rmtree(folder, ignore_errors=True)


def land(
    root: Path, folder: Path, files: Sequence[tuple[str, Path, str]], *, received_on: date
) -> list[Path]:
    """Publish files, given as (kind, path in the folder, name), and return where they lie now."""
    moves = []
    for kind, path, name in files:
        target = f"{kind}/received={received_on.isoformat()}/{_free(root, kind, name)}.parquet"
        moves.append({"from": path.name, "to": target})
        sync(path)
    aside = folder / f"{MOVES}.writing"
    aside.write_bytes(orjson.dumps(moves))
    sync(aside)
    aside.rename(folder / MOVES)
    sync(folder)
    sync(folder.parent)
    _finish(root, folder)
    return [root / "archive" / move["to"] for move in moves]


def _free(root: Path, kind: str, name: str) -> str:
    """Return the name, with a number where the same file has brought news before."""
    taken = {path.stem for path in (root / "archive" / kind).glob(f"received=*/{name}*.parquet")}
    number = 2
    free = name
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    return free


def _finish(root: Path, folder: Path) -> None:
    if (folder / MOVES).exists():
        for move in orjson.loads((folder / MOVES).read_bytes()):
            source, target = folder / move["from"], root / "archive" / move["to"]
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
                sync(target.parent)
                sync(target.parent.parent)
    shutil.rmtree(folder, ignore_errors=True)
