"""Checkup: what `headwater doctor` looks at.

Reads  the workspace folder, the secret key, the tables
Makes  findings: each is well or not, with what was found and what to do

A finding never raises: a check that cannot run is a finding itself.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headwater.contract.errors import HeadwaterError
from headwater.doors import open_, server_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEAST_FREE = 2 * 1024**3
"""Bytes of free disk below which a build may fail."""
CONSERVED = """
select
    coalesce(sum(received), 0)::bigint as received,
    coalesce(sum(stored), 0)::bigint as stored,
    coalesce(sum(duplicate), 0)::bigint as duplicate,
    coalesce(sum(refused), 0)::bigint as refused
from intake
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    is_well: bool
    found: str
    hint: str = ""


def findings(folder: Path) -> list[Finding]:
    """Return one finding for each check, in order."""
    checks = {"folder": _folder, "disk": _disk, "secret key": _key, "server": _server, "journal": _journal}
    first = [_sought(name, check, folder) for name, check in checks.items()]
    if not first[0].is_well:
        return first[:1]
    return [*first, *_tables(folder)]


def _sought(name: str, check: Callable[[Path], Finding], folder: Path) -> Finding:
    try:
        return check(folder)
    except HeadwaterError as error:
        return Finding(check=name, is_well=False, found=error.problem, hint=error.hint)
    except (OSError, sqlite3.Error) as error:
        return Finding(
            check=name, is_well=False, found=str(error), hint="check the disk and the permissions."
        )


def _folder(folder: Path) -> Finding:
    if not folder.is_dir():
        hint = "`headwater init` makes one; --dir or $HEADWATER_DIR names another."
        return Finding(check="folder", is_well=False, found=f"{folder} is not there", hint=hint)
    is_ours = os.access(folder, os.W_OK | os.X_OK)
    return Finding(
        check="folder", is_well=is_ours, found=str(folder), hint="" if is_ours else "it cannot be written."
    )


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    hint = "" if free >= LEAST_FREE else "free some space: a build needs about as much as the archive takes."
    return Finding(
        check="disk", is_well=free >= LEAST_FREE, found=f"{free / 1024**3:.1f} GiB free", hint=hint
    )


def _key(folder: Path) -> Finding:
    from headwater.store.personal import Personal
    from headwater.store.secrets import secret_key

    Personal(folder / "personal.sqlite", secret_key()).close()
    return Finding(check="secret key", is_well=True, found="opens the encrypted store")


def _server(folder: Path) -> Finding:
    running = server_of(folder)
    return Finding(
        check="server", is_well=True, found=f"runs at {running['url']}" if running else "does not run"
    )


def _journal(folder: Path) -> Finding:
    path = folder / "journal.sqlite"
    if not path.exists():
        return Finding(check="journal", is_well=True, found="nothing was collected yet")
    with closing(sqlite3.connect(path)) as connection:
        said = connection.execute("pragma quick_check").fetchone()[0]
        waiting = connection.execute("select count(*) from receipts").fetchone()[0]
    hint = "" if said == "ok" else "restore the last backup; the archive is not touched by this."
    return Finding(check="journal", is_well=said == "ok", found=f"{said}, {waiting} receipts wait", hint=hint)


def _tables(folder: Path) -> list[Finding]:
    try:
        door = open_(folder)
        try:
            counts = door.sql(CONSERVED).to_pylist()[0]
            events = door.sql("select count(*) as events from events").to_pylist()[0]["events"]
        finally:
            door.close()
    except HeadwaterError as error:
        return [Finding(check="tables", is_well=False, found=error.problem, hint=error.hint)]
    is_conserved = counts["received"] == counts["stored"] + counts["duplicate"] + counts["refused"]
    found = "{received} received = {stored} stored + {duplicate} duplicate + {refused} refused".format(
        **counts
    )
    hint = "" if is_conserved else "`headwater build --full` makes the tables afresh from the archive."
    return [
        Finding(check="tables", is_well=True, found=f"{events} events"),
        Finding(check="conservation", is_well=is_conserved, found=found, hint=hint),
    ]
