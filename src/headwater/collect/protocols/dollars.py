"""Dollars: the properties that Mixpanel and PostHog name alike, with a $ before the name.

Reads  the properties of an event of either protocol
Makes  the parts of a message's `context` that they give

Both write `$direct` where there was no referrer. Campaigns that a client remembers from an earlier page
are no landing: where there is a URL, only the URL is read for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.collect.protocols.visitor import visitor
from headwater.collect.reading import campaign, filled, known, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.collect.request import Request

URL = "$current_url"
DIRECT = "$direct"


def page_of(said: Mapping[str, Any], *, path: str, title: str) -> dict[str, Any]:
    """Return the page of an event; `path` and `title` are the names of two properties that differ."""
    referrer = text(said.get("$referrer"))
    return filled(
        {
            "url": text(said.get(URL)),
            "referrer": None if referrer == DIRECT else referrer,
            "path": text(said.get(path)),
            "title": text(said.get(title)),
        }
    )


def screen_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the size of the screen."""
    return known({"width": said.get("$screen_width"), "height": said.get("$screen_height")})


def around(
    request: Request, said: Mapping[str, Any], told: Mapping[str, Any], *, is_browser: bool
) -> dict[str, Any]:
    """Return a context: what `told` fills, a browser's headers, and the campaign where no URL names it."""
    headers = visitor(request) if is_browser else {}
    return headers | ({} if text(said.get(URL)) else campaign(said)) | filled(told)
