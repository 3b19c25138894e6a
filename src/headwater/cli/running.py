"""Running: `init`, `serve` and `demo`.

Reads  a workspace folder and an address
Makes  a workspace, a server, a simulated shop
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, Everywhere, app, say

if TYPE_CHECKING:
    from headwater.api.server import Running

DEMO_FOLDER = "demo-data"
Host = Annotated[str, Parameter(help="Address to listen on; any but loopback asks for the token.")]
Port = Annotated[int, Parameter(help="Port to listen on; 0 takes any free one.")]


@app.command
def init(*, common: Common = NOWHERE) -> None:
    """Make a workspace: a folder, a write key, a secret key outside the folder.

    Not needed before anything else: the first `import` or `serve` does it by itself.

    For example:

    ```
    headwater init --dir shop
    ```
    """
    from headwater.store.control import Control
    from headwater.store.secrets import secret_key

    secret_key()
    control = Control.in_folder(common.folder)
    try:
        key = sorted(control.keys() or {control.add_key()})[0]
    finally:
        control.close()
    said = {"dir": str(common.folder), "write_key": key}
    text = (
        f"{common.folder} is ready. Write key: {key}\n\nNext: headwater serve --dir {common.folder}\n"
        f"For a site: headwater key tag --dir {common.folder}"
    )
    show.facts(said, json=common.json, text=text)


@app.command
def serve(*, host: Host = "127.0.0.1", port: Port = 8000, common: Common = NOWHERE) -> None:
    """Run the workspace: collector, API and page in one process, until Ctrl-C or SIGTERM.

    Prints the address, a write key and a first event to send. What is sent to the collector is in
    the reports within seconds. Other commands find the running server by themselves.

    For example:

    ```
    headwater serve --dir shop --port 8000
    ```
    """
    from headwater.api.server import serve as run_server

    log_to_stderr()
    run_server(common.folder, host=host, port=port, ready=lambda running: announce(running, common))
    say("Stopped; everything that was accepted is in the archive.")


@app.command
def demo(
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    rate: Annotated[float, Parameter(help="Messages a second that the shop's visitors send.")] = 4.0,
    days: Annotated[int, Parameter(help="Days of history that come first.")] = 30,
    persons: Annotated[int, Parameter(help="Visitors in that history.")] = 4000,
    seed: Annotated[int, Parameter(help="Another seed makes another shop.")] = 7,
    common: Common = NOWHERE,
) -> None:
    """Run a workspace with a simulated shop, whose visitors post real HTTP traffic to it.

    The workspace is ./demo-data unless --dir or $HEADWATER_DIR names another one.

    For example:

    ```
    headwater demo --rate 20
    ```
    """
    from headwater.api.server import serve as run_server
    from headwater.sandbox.demo import Keeper

    log_to_stderr()
    place = common.folder if common.dir or os.environ.get("HEADWATER_DIR") else Path(DEMO_FOLDER)
    keeper = Keeper(place, seed=seed, rate=rate, persons=persons, days=days, tell=say)

    def ready(running: "Running") -> None:
        announce(running, common)
        keeper.begin(running)

    try:
        run_server(place, host=host, port=port, ready=ready)
    finally:
        keeper.end()


def announce(running: "Running", common: Everywhere) -> None:
    """Print where the server is and how a first event gets there."""
    from headwater.collect import tracker

    tag = tracker.tag(running.url, running.write_key)
    said = {
        "url": running.url,
        "write_key": running.write_key,
        "token": running.token,
        "tag": tag,
        "dir": str(running.folder),
    }
    page = running.url if running.is_open else f"{running.url}/?token={running.token}"
    text = f"""Headwater runs on {running.folder}

  Page and API  {page}
  Write key     {running.write_key}

Measure a site: put this into the head of its pages, with the address that browsers reach.

  {tag}

Send an order (the second part of it is a click on an ad):

  curl {running.url}/v1/track -u {running.write_key}: -H 'content-type: application/json' -d '
    {{"anonymousId": "ada", "event": "Order Completed",
      "context": {{"page": {{"url": "https://shop.example/?utm_source=google&utm_medium=cpc&gclid=abc"}}}},
      "properties": {{"order_id": "1", "revenue": 49.90, "currency": "EUR"}}}}'

Any Segment or RudderStack library works with host {running.url} and this write key.
Stop with Ctrl-C."""
    show.facts(said, json=common.json, text=text)
    sys.stdout.flush()


def log_to_stderr() -> None:
    """Let the log of a running server go to stderr."""
    import logging

    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=form, stream=sys.stderr)
