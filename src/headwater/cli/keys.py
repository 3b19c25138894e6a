"""Keys: `key add`, `key list`, `key remove`, and `key tag` for the pages of a site.

Reads  the control database
Makes  write keys; a running server takes them over within a second

A write key lets a client send events, nothing else. It stands in the page of every site that is
measured, so it is no secret.
"""

import os
from typing import Annotated

from cyclopts import App, Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, app
from headwater.cli.settings import control

key = App(name="key", help="Write keys of the collector: add, list, remove; the tag for a site.")
app.command(key)


@key.command
def add(
    *,
    value: Annotated[str | None, Parameter(help="This very key (recorded traffic brings its own).")] = None,
    common: Common = NOWHERE,
) -> None:
    """Add a write key and print it; a new random one unless --value gives it.

    For example:

    ```
    headwater key add
    ```
    """
    with control(common) as opened:
        made = opened.add_key(value)
    show.facts({"key": made}, json=common.json, text=made)


@key.command(name="list")
def list_(*, common: Common = NOWHERE) -> None:
    """Print the write keys, one a line.

    For example:

    ```
    headwater key list
    ```
    """
    with control(common) as opened:
        keys = sorted(opened.keys())
    show.facts({"keys": keys}, json=common.json, text="\n".join(keys))


@key.command
def remove(value: str, /, *, common: Common = NOWHERE) -> None:
    """Take a write key away: what comes with it is refused from then on.

    For example:

    ```
    headwater key remove hw_q3Zt9cVr2n
    ```
    """
    with control(common) as opened:
        opened.remove_key(value)
    show.facts({"removed": value}, json=common.json, text=f"{value} is no longer accepted.")


@key.command
def tag(
    value: Annotated[str | None, Parameter(help="The write key; without it, the first one.")] = None,
    /,
    *,
    url: Annotated[
        str | None,
        Parameter(
            help="Where browsers reach the server; without it $HEADWATER_BASE_URL, or the running one."
        ),
    ] = None,
    pinned: Annotated[
        bool, Parameter(help="Add the script's hash, so that only this very script runs.")
    ] = False,
    common: Common = NOWHERE,
) -> None:
    """Print the tracker's tag, to copy into the head of every page.

    With --pinned it must be copied again after each update of Headwater.

    For example:

    ```
    headwater key tag --url https://hw.shop.example
    ```
    """
    from headwater.collect import tracker
    from headwater.contract.errors import UnknownNameError
    from headwater.doors import server_of

    with control(common) as opened:
        keys = sorted(opened.keys() or {opened.add_key()})
    if value is not None and value not in keys:
        raise UnknownNameError.named(value, known=keys)
    place = url or os.environ.get("HEADWATER_BASE_URL") or (server_of(common.folder) or {}).get("url")
    address = (place or "http://127.0.0.1:8000").rstrip("/")
    made = tracker.tag(address, value or keys[0], pinned=pinned)
    found = tracker.script()
    said = {"tag": made, "stub": tracker.STUB, "integrity": found.integrity if found else None}
    show.facts(said, json=common.json, text=f"{tracker.STUB}\n{made}")
