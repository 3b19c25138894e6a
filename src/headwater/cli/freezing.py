"""Freezing: `runs`.

Reads  the frozen answers of the workspace
Makes  lists, and answers as they were shown
"""

from typing import Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, app

ABOUT = ("name", "frozen_at", "report", "as_of", "settings_version", "made_by")
CELL = ("row", "column", "frozen", "today")


@app.command
def runs(
    name: Annotated[str | None, Parameter(help="Which frozen answer; without it they are listed.")] = None,
    /,
    *,
    check: Annotated[
        bool, Parameter(help="Ask the same again as of the same time: is it still the same?", negative="")
    ] = False,
    format: Annotated[show.Format | None, Parameter(help="table, json, csv or parquet.")] = None,
    common: Common = NOWHERE,
) -> int:
    """List what `report --freeze` has kept, show one again byte for byte, or check it.

    A check fails (exit code 1) where today's answer as of that time is another.

    For example:

    ```
    headwater report attribution --model linear --freeze board-may
    headwater runs board-may --json
    headwater runs board-may --check
    ```
    """
    door = common.open()
    try:
        if name is None:
            show.listing("runs", door.frozen.runs(), columns=ABOUT, json=common.json)
        elif not check:
            show.result(door.frozen.run(name), format=format or ("json" if common.json else "table"))
        else:
            found = door.frozen.check(name)
            if common.json:
                show.facts(found, json=True)
            elif found["is_same"]:
                print(f"{name} is the same, byte for byte.")
            else:
                print(f"{name} differs in {found['difference_count']} cells:")
                show.listing("differences", found["differences"], columns=CELL, json=False)
            return 0 if found["is_same"] else 1
    finally:
        door.close()
    return 0
