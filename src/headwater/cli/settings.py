"""Settings: `settings export`, `settings apply` and `settings history`.

Reads  a JSON or TOML file
Makes  a new version of the settings; a running server takes it over within a second
"""

import getpass
import os
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from cyclopts import App, Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, STDIN, Common, Everywhere, app
from headwater.contract.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.store.control import Control

settings = App(name="settings", help="Settings as a file: export, apply, history.")
app.command(settings)


@settings.command
def export(*, common: Common = NOWHERE) -> None:
    """Print the settings that hold, defaults included, as JSON.

    For example:

    ```
    headwater settings export > settings.json
    ```
    """
    with control(common) as opened:
        held = orjson.loads(opened.settings().to_json())
    print(orjson.dumps(held, option=orjson.OPT_INDENT_2).decode())


@settings.command
def apply(
    file: Annotated[Path, Parameter(help="JSON or TOML (by its ending); - reads JSON from stdin.")],
    /,
    *,
    common: Common = NOWHERE,
) -> None:
    """Make a file the settings; a key that it does not name has its default.

    Wrong settings change nothing. The tables are made afresh under them by the next build or report.

    For example:

    ```
    echo '{"currency": "EUR", "window_days": 30}' | headwater settings apply -
    ```
    """
    raw = read(file)
    with control(common) as opened:
        version = opened.apply(raw, author=author())
    show.facts({"settings_version": version}, json=common.json, text=f"Settings {version} hold now.")


@settings.command
def history(*, common: Common = NOWHERE) -> None:
    """List the versions of the settings, the newest first.

    For example:

    ```
    headwater settings history
    ```
    """
    with control(common) as opened:
        versions = opened.history()
    rows = [
        {
            "number": entry.number,
            "version": entry.version,
            "applied_at": entry.applied_at,
            "author": entry.author,
            "chosen": entry.chosen,
        }
        for entry in versions
    ]
    show.listing(
        "settings", rows, columns=("number", "version", "applied_at", "author", "chosen"), json=common.json
    )


def read(file: Path) -> dict[str, Any]:
    """Return what a settings file holds. Raises UsageError where it is no object of JSON or TOML."""
    try:
        content = sys.stdin.buffer.read() if str(file) == STDIN else file.read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"{file} cannot be read ({error.strerror}).", hint="name a JSON or TOML file."
        ) from error
    try:
        raw = tomllib.loads(content.decode()) if file.suffix == ".toml" else orjson.loads(content)
    except ValueError as error:
        raise UsageError(
            f"{file} cannot be read: {error}.",
            hint="`headwater settings export` shows what it should look like.",
        ) from error
    if not isinstance(raw, dict):
        raise UsageError(f"{file} holds no object.", hint='for example {"currency": "EUR"}.')
    return raw


def author() -> str:
    """Return who is at the keyboard, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@contextmanager
def control(common: Everywhere) -> "Iterator[Control]":
    """Open the control database of the workspace."""
    from headwater.store.control import Control

    opened = Control.in_folder(common.folder)
    try:
        yield opened
    finally:
        opened.close()
