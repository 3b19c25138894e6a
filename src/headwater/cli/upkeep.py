"""Upkeep: `doctor`, `backup` and `restore`.

Reads  the workspace folder
Makes  findings, a copy, a workspace from a copy
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import FAILED, NOWHERE, WELL, Common, Everywhere, app
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
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
