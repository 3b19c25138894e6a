"""Upkeep: `doctor`, `backup` and `restore`.

Reads  the workspace folder
Makes  findings, a copy, a workspace from a copy
"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import FAILED, NOWHERE, WELL, Common, app


@app.command
def doctor(*, common: Common = NOWHERE) -> int:
    """Check folder, disk, key, journal, tables, and that nothing that came in is lost.

    Exits with 1 where something is wrong.

    For example:

    ```
    headwater doctor --dir shop
    ```
    """
    from headwater.checkup import findings

    found = findings(common.folder)
    rows = [
        {"check": one.check, "is_well": one.is_well, "found": one.found, "hint": one.hint} for one in found
    ]
    show.listing("doctor", rows, columns=("check", "is_well", "found", "hint"), json=common.json)
    return WELL if all(one.is_well for one in found) else FAILED


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
