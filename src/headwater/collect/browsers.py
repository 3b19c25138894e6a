"""Browsers: the settings that browser clients load first; without them they send nothing.

Reads  the paths that the browser clients ask before they send
Makes  the smallest answers with which they run: send everything here, and nowhere else
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from headwater.collect.request import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.collect.request import Request


def segment(_request: Request, found: re.Match[str], _key: str) -> Answer:
    """Return the settings of the Segment client."""
    return Answer(content=orjson.dumps({"integrations": {"Segment.io": {"apiKey": found.group(1)}}}))


def rudder(_request: Request, _found: re.Match[str], key: str) -> Answer:
    """Return the source configuration of the RudderStack client."""
    source = {
        "id": key,
        "name": "headwater",
        "writeKey": key,
        "enabled": True,
        "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        "destinations": [],
        "connections": [],
        "dataplanes": {},
    }
    return Answer(content=orjson.dumps({"source": source}))


ASKED: tuple[tuple[re.Pattern[str], Callable[[Request, re.Match[str], str], Answer]], ...] = (
    (re.compile(r"/v1/projects/([^/]{1,200})/settings/?"), segment),
    (re.compile(r"/sourceConfig/?"), rudder),
)
"""Paths that clients ask with GET or POST, and what makes the answer; nothing of these is stored."""


def is_asked(path: str) -> bool:
    """Tell whether browser clients ask this path before they send."""
    return any(pattern.fullmatch(path) for pattern, _ in ASKED)


def browser_answer(request: Request, key: str) -> Answer | None:
    """Return what the client is told, or None for other paths; `key` is the write key that it named."""
    for pattern, told in ASKED:
        if found := pattern.fullmatch(request.path):
            return told(request, found, key)
    return None
