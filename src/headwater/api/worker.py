"""Worker: the process beside the server that archives what the collector has acknowledged.

Usage: python -m headwater.api.worker DIR (the server starts it; see `collect.worker`)

Reads  the journal of a workspace, its encrypted store, the secret key
Makes  archive files and the register
"""

from __future__ import annotations

import sys
from pathlib import Path

from headwater.collect.publisher import Publisher
from headwater.collect.worker import work
from headwater.store.control import Control
from headwater.store.personal import Personal
from headwater.store.secrets import secret_key, subkey


def publisher(folder: Path) -> Publisher:
    """Return what the worker of a workspace works with."""
    control = Control.in_folder(folder)
    personal = Personal(folder / "personal.sqlite", secret_key())
    return Publisher(folder, personal, key=journal_key(), settings=control.settings)


def journal_key() -> bytes:
    """Return the key that seals the journal of a workspace."""
    return subkey(secret_key(), purpose="journal")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    work(place, lambda: publisher(place))
