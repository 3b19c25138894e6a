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


def posthog_config(_request: Request, found: re.Match[str], _key: str) -> Answer:
    """Return what the PostHog client may do: send, and load nothing more."""
    token, form = found.groups()
    config = POSTHOG | {"token": token}
    if form is None:
        return Answer(content=orjson.dumps(config))
    known = orjson.dumps({token: {"config": config, "siteApps": []}}).decode()
    script = f"Object.assign(window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {{}}, {known});"
    return Answer(content=script.encode(), kind=SCRIPT)


def posthog_flags(_request: Request, _found: re.Match[str], _key: str) -> Answer:
    """Return no flags, in the words of all versions of the PostHog clients."""
    return Answer(content=orjson.dumps(POSTHOG | NO_FLAGS))


def posthog_script(_request: Request, _found: re.Match[str], _key: str) -> Answer:
    """Return a part of the PostHog client that does nothing."""
    return Answer(content=b"/* not served here */", kind=SCRIPT)


SCRIPT = "text/javascript; charset=utf-8"
POSTHOG = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "autocapture_opt_out": True,
    "autocaptureExceptions": False,
    "surveys": False,
    "sessionRecording": False,
    "heatmaps": False,
    "siteApps": [],
    "defaultIdentifiedOnly": True,
}
NO_FLAGS = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "requestId": "",
}
ASKED: tuple[tuple[re.Pattern[str], Callable[[Request, re.Match[str], str], Answer]], ...] = (
    (re.compile(r"/v1/projects/([^/]{1,200})/settings/?"), segment),
    (re.compile(r"/sourceConfig/?"), rudder),
    (re.compile(r"/array/([^/]{1,200})/config(\.js)?/?"), posthog_config),
    (re.compile(r"/(?:flags|decide)/?"), posthog_flags),
    (re.compile(r"/static/(?:[0-9]+[0-9.]{0,30}/)?(?!array)[a-z-]{1,60}\.js"), posthog_script),
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
