"""Requests as values, and what a protocol makes of them, for tests of one protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from headwater.collect.admit import Hit, refusal
from headwater.collect.bodies import decoded
from headwater.collect.message import CHECKS
from headwater.collect.request import Answer, Request

if TYPE_CHECKING:
    from headwater.collect.protocols.wire import Opened, Wire

BROWSER = {"user-agent": "Mozilla/5.0 Firefox/140.0", "accept-language": "de-DE,de;q=0.9"}
NOON = 1_795_262_400_000_000
"""21 November 2026, 12:00 UTC."""


def request(
    path: str,
    body: Any = None,
    *,
    query: dict[str, str] | str = "",
    headers: dict[str, str] | None = None,
    address: str | None = "203.0.113.9",
) -> Request:
    """Return a browser's POST of `body` (bytes, or a value to be JSON), or a GET where there is none."""
    content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    return Request(
        method="GET" if body is None else "POST",
        path=path,
        query=query if isinstance(query, str) else urlencode(query),
        headers=BROWSER | (headers or {}),
        body=content,
        received_at=NOON,
        address=address,
    )


def opened(wire: Wire, asked: Request) -> Opened:
    """Return what the protocol finds in the request."""
    return wire.opened(asked, decoded(asked), wire.paths.get(asked.path, ""))


def messages(wire: Wire, asked: Request) -> list[Any]:
    """Return the canonical messages of a request, none of which may be refused."""
    found = opened(wire, asked).messages
    refused = [refusal(Hit(message, orjson.dumps(message)), CHECKS) for message in found]
    assert refused == [None] * len(found)
    return found


def message(wire: Wire, asked: Request) -> Any:
    """Return the only message of a request."""
    (found,) = messages(wire, asked)
    return found


def answer(wire: Wire, asked: Request) -> Answer:
    """Return what the client hears."""
    return wire.answer(asked, opened(wire, asked))
