"""Facts: the lists of hosts, names, click ids, rules and rates that classification looks things up in.

Reads  the CSV, TOML and Parquet files beside this one
Makes  rows as plain dictionaries

The files that end in `_public.csv` and the rates are made by `tools/refresh_facts.py`; all others are
written by hand and win over them.
"""

from __future__ import annotations

import csv
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def location(name: str) -> Traversable:
    """Return where the file of facts called `name` lies."""
    return files(__name__).joinpath(name)


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of facts; lines that start with `#` are remarks."""
    with location(name).open("r", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def toml(name: str) -> dict[str, Any]:
    """Return the content of a TOML file of facts."""
    return tomllib.loads(location(name).read_text(encoding="utf-8"))
