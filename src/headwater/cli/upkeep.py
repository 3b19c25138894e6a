"""Upkeep: `doctor`, `replay`, `backup` and `restore`.

Reads  the workspace folder
Makes  findings, requests that were set aside put through again, a copy, a workspace from a copy
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import FAILED, NOWHERE, WELL, Common, Everywhere, app
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from headwater.collect.replay import Outcome
    from headwater.findings import Finding


@app.command
def doctor(
    *,
    test_conversion: Annotated[
        bool, Parameter(help="Click an own ad, land, order, and say what became of each hop.")
    ] = False,
    url: Annotated[
        str | None,
        Parameter(help="With --test-conversion: the page that the ad links to, redirects and all."),
    ] = None,
    common: Common = NOWHERE,
) -> int:
    """Check folder, disk, keys, journal, archive, tables, clock, and that what attribution needs arrives.

    Exits with 1 where something is wrong; a hint beside what is well is advice. `--test-conversion` needs
    the running server; what it sends is marked as test traffic.

    For example:

    ```
    headwater doctor --dir shop
    headwater doctor --test-conversion --url https://shop.example/spring --dir shop
    ```
    """
    if url and not test_conversion:
        raise UsageError("--url belongs to --test-conversion.", hint="add --test-conversion.")
    found = _rehearsal(common, url) if test_conversion else _checkup(common)
    rows = [
        {"check": one.check, "is_well": one.is_well, "found": one.found, "hint": one.hint} for one in found
    ]
    show.listing("doctor", rows, columns=("check", "is_well", "found", "hint"), json=common.json)
    return WELL if all(one.is_well for one in found) else FAILED


def _checkup(common: Everywhere) -> "list[Finding]":
    from headwater.checkup import findings

    return findings(common.folder)


def _rehearsal(common: Everywhere, url: str | None) -> "list[Finding]":
    from headwater.doors import server_of
    from headwater.rehearsal import rehearsed, trial
    from headwater.store.control import Control

    running = server_of(common.folder)
    if running is None:
        raise UsageError(
            f"No server runs on {common.folder}.", hint="start it with `headwater serve`, then try again."
        )
    control = Control.in_folder(common.folder)
    try:
        asked, key = trial(control.settings(), url=url), next(iter(sorted(control.keys())), None)
    finally:
        control.close()
    door = common.open()
    try:
        return rehearsed(door, asked, server=running["url"], key=key)
    finally:
        door.close()


@app.command
def replay(
    *,
    list_: Annotated[bool, Parameter(name="--list", help="Only show what is kept.")] = False,
    common: Common = NOWHERE,
) -> int:
    """Put requests through again that were set aside because the worker died of them.

    Do so after an update that knows how to read them. Their events keep their ids and times, so nothing
    counts twice; a request that ends the worker again is set aside again, and the command ends with 1.
    `--list` shows them, and what the disk has damaged: of that only a backup brings something back.

    For example:

    ```
    headwater replay --list --dir shop
    headwater replay --dir shop
    ```
    """
    if list_:
        rows = _kept(common.folder)
        columns = ("kind", "received_at", "method", "path", "requests", "bytes", "why")
        show.listing("replay", rows, columns=columns, json=common.json)
        return WELL
    done = _replayed(common.folder)
    text = "Nothing is set aside." if not any(done) else None
    show.facts(done._asdict(), json=common.json, text=text)
    return FAILED if done.set_aside_again or done.waiting else WELL


def _replayed(folder: Path) -> "Outcome":
    from contextlib import ExitStack, closing, nullcontext

    from headwater.api import worker
    from headwater.collect import aside
    from headwater.collect.journal import Journal
    from headwater.collect.replay import put_through
    from headwater.collect.worker import working
    from headwater.doors import server_of

    with ExitStack() as stack:
        if server_of(folder) or not aside.names(folder):
            return put_through(folder, working=nullcontext())
        journal = stack.enter_context(closing(Journal(folder / "journal.sqlite", key=worker.journal_key())))
        command = [sys.executable, "-m", worker.__name__, str(folder)]
        return put_through(folder, working=working(command, journal))


def _kept(folder: Path) -> list[dict[str, object]]:
    from contextlib import closing
    from datetime import timedelta

    from headwater.api import worker
    from headwater.collect import aside
    from headwater.collect.clock import EPOCH
    from headwater.collect.frames import Seal

    def at(microseconds: int) -> str:
        return f"{EPOCH + timedelta(microseconds=microseconds):%Y-%m-%d %H:%M:%S}"

    if not aside.counted(folder).requests:
        kept = []
    else:
        with closing(aside.Aside(folder, Seal(worker.journal_key()))) as opened:
            kept = [one.found.request for one in opened.kept()]
    return [
        {
            "kind": "set aside", "received_at": at(one.received_at), "method": one.method, "path": one.path,
            "requests": 1, "bytes": len(one.body), "why": "the worker died of it",
        }
        for one in kept
    ] + [
        {
            "kind": "damaged", "received_at": f"{at(loss.received_at)[:10]}", "method": None, "path": None,
            "requests": loss.requests, "bytes": len(loss.content or b""), "why": loss.why,
        }
        for loss in aside.losses(folder)
    ]  # fmt: skip


@app.command
def backup(
    target: Annotated[Path, Parameter(help="A folder that does not exist yet.")],
    /,
    *,
    common: Common = NOWHERE,
) -> None:
    """Copy everything that cannot be made again; the workspace may be in use.

    The secret key lies outside the workspace and is not in the copy: keep it elsewhere.

    For example:

    ```
    headwater backup /mnt/backups/shop-2026-05-31
    ```
    """
    from headwater.copies import backup as copied

    done = copied(common.folder, target)
    show.facts(done, json=common.json, text=f"{done['files']:,} files, {done['bytes']:,} bytes in {target}")


@app.command
def restore(
    source: Annotated[Path, Parameter(help="A folder that `backup` made.")], /, *, common: Common = NOWHERE
) -> None:
    """Make a workspace from a copy, in a folder that holds none; the next report makes the tables.

    For example:

    ```
    headwater restore /mnt/backups/shop-2026-05-31 --dir shop
    ```
    """
    from headwater.copies import restore as restored

    done = restored(source, common.folder)
    text = f"{done['files']:,} files, {done['bytes']:,} bytes in {common.folder}"
    show.facts(done, json=common.json, text=text)
