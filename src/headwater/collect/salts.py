"""Salts: a secret for each day, thrown away when the day is over.

Reads  salts.json in the workspace's folder
Makes  the salt of a day

An id that was hashed with a salt that is gone leads back to nobody. Two days are kept, since what came
before midnight may be published after it.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

from headwater.collect.archive import sync

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

FILE = "salts.json"
KEPT = 2
"""Days."""
BYTES = 32


class Salts:
    """The salts of one workspace; one process at a time makes them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._salts: dict[str, str] = _read(self._path)

    def of_day(self, day: date) -> bytes:
        """Return the salt of a day; those of days long before it are forgotten."""
        name = day.isoformat()
        if name not in self._salts:
            found = self._salts | {name: secrets.token_hex(BYTES)}
            self._salts = {day: found[day] for day in sorted(found)[-KEPT:]} | {name: found[name]}
            self._write()
        return bytes.fromhex(self._salts[name])

    def _write(self) -> None:
        aside = self._path.with_suffix(".writing")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self._salts, file)
        sync(aside)
        aside.replace(self._path)
        sync(self._path.parent)


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(day): salt for day, salt in found.items() if isinstance(salt, str) and len(salt) == 2 * BYTES}
