"""Facts: what attribution takes as given: the roles of channels and what experiments elsewhere found.

Reads  the TOML files beside this one
Makes  their content as plain values

Both files are written by hand; docs/reference/channel-roles.md is made from them.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def toml(name: str) -> dict[str, Any]:
    """Return the content of a TOML file of facts; it is shared, so never change it."""
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))
