"""Checkup: what `headwater doctor` looks at.

Reads  the workspace folder, the secret key, the tables
Makes  findings: each is well or not, with what was found and what to do; see `tracking` for the rest

A finding never raises: a check that cannot run is a finding itself.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.contract.errors import HeadwaterError
from headwater.doors import SERVER_FILE, open_, server_of
from headwater.findings import Finding
from headwater.tracking import RECENT, Watched, now, tracking

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from headwater.doors import Door

LEAST_FREE = 2 * 1024**3
"""Bytes of free disk below which a build may fail."""
WHILE = timedelta(minutes=1)
"""Facts may come in while they are looked at."""
MOST_FILES = 500
"""Files of the archive that are opened, the newest ones."""
CONSERVED = """
select
    coalesce(sum(received), 0)::bigint as received,
    coalesce(sum(stored), 0)::bigint as stored,
    coalesce(sum(duplicate), 0)::bigint as duplicate,
    coalesce(sum(refused), 0)::bigint as refused
from intake
"""


def findings(folder: Path) -> list[Finding]:
    """Return one finding for each check, in order."""
    checks = {
        "folder": _folder,
        "disk": _disk,
        "permissions": _permissions,
        "secret key": _key,
        "server": _server,
        "unknown keys": _unknown_keys,
        "journal": _journal,
        "set aside": _aside,
        "archive": _archive,
    }
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


def _unknown_keys(folder: Path) -> Finding:
    """Ask the server how many requests it has turned away: none of them is kept anywhere."""
    running = server_of(folder)
    if running is None:
        return Finding(check="unknown keys", is_well=True, found="only a running server counts them")
    count = _metric(running, "headwater_requests_unauthorized_total")
    hint = "a page or server sends a key that is none of `headwater key list`: add that key or correct it."
    found = f"{count} requests were refused (401) since the server started"
    return Finding(check="unknown keys", is_well=True, found=found, hint=hint if count else "")


def _metric(running: dict[str, Any], name: str) -> int:
    import httpx2

    asked = {"authorization": f"Bearer {running['token']}"}
    try:
        page = httpx2.get(f"{running['url']}/metrics", headers=asked, timeout=5, trust_env=False).text
    except httpx2.HTTPError as error:
        raise OSError(f"the server does not tell its counts: {error}") from error
    line = next((line for line in page.splitlines() if line.startswith(f"{name} ")), f"{name} 0")
    return int(float(line.rpartition(" ")[2]))


def _journal(folder: Path) -> Finding:
    path = folder / "journal.sqlite"
    if not path.exists():
        return Finding(check="journal", is_well=True, found="nothing was collected yet")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        said = connection.execute("pragma quick_check").fetchone()[0]
        columns = {name for _, name, *_ in connection.execute("pragma table_info(commits)")}
        waits = "coalesce(sum(requests), 0)" if "requests" in columns else "count(*)"
        waiting = connection.execute(f"select {waits} from commits").fetchone()[0]
    hint = "" if said == "ok" else "restore the last backup; the archive is not touched by this."
    return Finding(check="journal", is_well=said == "ok", found=f"{said}, {waiting} requests wait", hint=hint)


def _aside(folder: Path) -> Finding:
    """Look for requests that could not be taken apart, and for what the disk has damaged of late."""
    from headwater.collect.aside import counted
    from headwater.collect.clock import EPOCH

    kept = counted(folder)
    damage = EPOCH + timedelta(microseconds=kept.newest_damage)
    is_fresh = kept.damaged > 0 and now() - damage < RECENT
    found = f"{kept.requests} requests that the worker died of"
    if kept.damaged:
        found += f", {kept.damaged} that the disk damaged, the latest on {damage:%Y-%m-%d}"
    hint = "`headwater replay --list` shows them; after an update `headwater replay` puts them through again."
    if kept.damaged and not kept.requests:
        hint = "check the disk; `headwater replay --list` shows what is left of them."
    is_well = not (kept.requests or is_fresh)
    return Finding(
        check="set aside", is_well=is_well, found=found, hint=hint if kept.requests or kept.damaged else ""
    )


def _permissions(folder: Path) -> Finding:
    """Look for secrets that others may read, and a folder that others may write."""
    from headwater.store.secrets import key_path

    places = [folder / SERVER_FILE, *([] if "HEADWATER_SECRET_KEY" in os.environ else [key_path(os.environ)])]
    open_to = [str(place) for place in places if place.exists() and _mode(place) & 0o077]
    if _mode(folder) & stat.S_IWOTH:
        open_to.append(str(folder))
    found = f"others may use {', '.join(open_to)}" if open_to else "secrets are the owner's alone"
    hint = f"chmod go-rwx {' '.join(open_to)}" if open_to else ""
    return Finding(check="permissions", is_well=not open_to, found=found, hint=hint)


def _mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


def _archive(folder: Path) -> Finding:
    files = sorted((folder / "archive").glob("*/received=*/*.parquet"), key=lambda path: path.stat().st_mtime)
    broken = [path for path in files[-MOST_FILES:] if not _is_readable(path)]
    looked = f"{len(files)} files" + (
        f", the newest {MOST_FILES} looked at" if len(files) > MOST_FILES else ""
    )
    if not broken:
        return Finding(check="archive", is_well=True, found=f"{looked}, readable")
    hint = "restore these files from the last backup; `headwater build --full` then makes the tables afresh."
    named = ", ".join(str(path.relative_to(folder)) for path in broken[:3])
    return Finding(check="archive", is_well=False, found=f"{len(broken)} cannot be read: {named}", hint=hint)


def _is_readable(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def _tables(folder: Path) -> list[Finding]:
    try:
        door = open_(folder)
        try:
            return _looked_at(folder, door)
        finally:
            door.close()
    except HeadwaterError as error:
        return [Finding(check="tables", is_well=False, found=error.problem, hint=error.hint)]
    except duckdb.Error as error:
        hint = "see what is said of the archive; `headwater build --full` makes the tables afresh from it."
        return [Finding(check="tables", is_well=False, found=str(error).splitlines()[0], hint=hint)]


def _looked_at(folder: Path, door: Door) -> list[Finding]:
    from headwater.store.control import Control

    def rows(query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = door.sql(query).to_pylist()
        return found

    control = Control.in_folder(folder)
    try:
        watched = Watched(rows=rows, settings=control.settings(), keys=len(control.keys()), now=now())
    finally:
        control.close()
    return [_events(folder, watched), _conserved(watched), _clock(watched), *tracking(watched)]


def _events(folder: Path, watched: Watched) -> Finding:
    [row] = watched.rows(
        "select (select count(*) from events) as events, (select count(*) from loaded_files) as files"
    )
    waiting = len(list((folder / "archive").glob("*/received=*/*.parquet"))) - row["files"]
    found = f"{row['events']} events" + (f", {waiting} files of the archive wait" if waiting > 0 else "")
    return Finding(check="tables", is_well=True, found=found)


def _conserved(watched: Watched) -> Finding:
    [counts] = watched.rows(CONSERVED)
    is_conserved = counts["received"] == counts["stored"] + counts["duplicate"] + counts["refused"]
    found = "{received} received = {stored} stored + {duplicate} duplicate + {refused} refused".format(
        **counts
    )
    hint = "" if is_conserved else "`headwater build --full` makes the tables afresh from the archive."
    return Finding(check="conservation", is_well=is_conserved, found=found, hint=hint)


def _clock(watched: Watched) -> Finding:
    """Compare the clock with what was received: nothing can have come later than now."""
    [row] = watched.rows("select max(known_at) as newest from intake")
    newest: datetime | None = row["newest"]
    is_behind = newest is not None and newest > watched.now + WHILE
    found = f"{watched.now:%Y-%m-%d %H:%M:%S} UTC" + (
        f", but something came at {newest}" if is_behind else ""
    )
    hint = "the clock was set back, or was ahead: let NTP set it." if is_behind else ""
    return Finding(check="clock", is_well=not is_behind, found=found, hint=hint)
