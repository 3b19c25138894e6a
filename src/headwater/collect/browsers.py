"""Browsers: the settings that browser clients load first; without them they send nothing.

Reads  the paths that the Segment and RudderStack browser clients ask
Makes  the smallest answers with which they run: send everything here, and nowhere else
"""

from __future__ import annotations

import re

import orjson

SEGMENT = re.compile(r"/v1/projects/([^/]{1,200})/settings/?")
RUDDER = re.compile(r"/sourceConfig/?")


def browser_settings(path: str, key: str) -> bytes | None:
    """Return the settings that are asked at `path`, or None; `key` is the write key in the headers."""
    if found := SEGMENT.fullmatch(path):
        return orjson.dumps({"integrations": {"Segment.io": {"apiKey": found.group(1)}}})
    if RUDDER.fullmatch(path):
        return orjson.dumps(
            {
                "source": {
                    "id": key,
                    "name": "headwater",
                    "writeKey": key,
                    "enabled": True,
                    "config": {
                        "statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}
                    },
                    "destinations": [],
                    "connections": [],
                    "dataplanes": {},
                }
            }
        )
    return None
