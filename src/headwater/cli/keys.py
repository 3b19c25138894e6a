"""Keys: `key add`, `key list` and `key remove`.

Reads  the control database
Makes  write keys; a running server takes them over within a second

A write key lets a client send events, nothing else. It stands in the page of every site that is
measured, so it is no secret.
"""

from typing import Annotated

from cyclopts import App, Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, app
from headwater.cli.settings import control

key = App(name="key", help="Write keys of the collector: add, list, remove.")
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
