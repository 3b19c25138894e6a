"""Watching: `events`, the live debugger of the command line.

Reads  what came in, through the running server or from the folder
Makes  one line for each arrival
"""

import time
from typing import Annotated, Any

import orjson
from cyclopts import Parameter

from headwater.cli.app import NOWHERE, Common, app

EVERY = 1.0
"""Seconds between two looks."""


@app.command
def events(
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], help="Go on until Ctrl-C.")] = False,
    refused: Annotated[bool, Parameter(help="Only what was refused, with the reason.")] = False,
    type: Annotated[str, Parameter(help="Type or name of the event: page, Order Completed, ...")] = "",
    origin: Annotated[str, Parameter(help="The protocol: segment, ga4, touch, ...")] = "",
    person: Annotated[str, Parameter(help="An anonymous id or a customer id.")] = "",
    since: Annotated[
        str | None, Parameter(help="From this time on, ISO 8601; without it the latest.")
    ] = None,
    limit: Annotated[int, Parameter(help="Most arrivals at first.")] = 20,
    common: Common = NOWHERE,
) -> None:
    """Show what arrives: accepted, refused and why, or known already.

    E-mail addresses and phone numbers are hashes or masked. With --json each arrival is one line of JSON,
    with all that it said.

    For example:

    ```
    headwater events --follow --refused
    ```
    """
    from headwater import arrivals
    from headwater.options import moment_of

    wanted = arrivals.Wanted(outcome="refused" if refused else "", type=type, origin=origin, person=person)
    door = common.open()
    try:
        rows = arrivals.rows_of(door.sql)
        if not follow:
            found = (
                arrivals.since(rows, wanted, moment_of(since), limit=limit)
                if since
                else arrivals.latest(rows, wanted, limit=limit)
            )
            return _print(found, json=common.json)
        follower = arrivals.Follower(rows=rows, wanted=wanted)
        found = follower.begin(moment=moment_of(since) if since else None, last=limit)
        while True:
            _print(found, json=common.json)
            time.sleep(EVERY)
            found = follower.more()
    finally:
        door.close()


def _print(found: list[dict[str, Any]], *, json: bool) -> None:
    from headwater.arrivals import line

    for arrival in found:
        print(orjson.dumps(arrival).decode() if json else line(arrival), flush=True)
