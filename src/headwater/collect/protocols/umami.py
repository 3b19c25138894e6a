"""Umami: the protocol of the Umami clients, browsers and servers.

Reads  {"type", "payload"} (/api/send) or a list of them (/api/batch)
Makes  canonical messages

The clients keep no id of a device: an event without the id that a page gave belongs to nobody. A URL
may come without its host, which stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect.protocols.visitor import screen, visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import filled, items, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

PLACED = frozenset(
    {"website", "hostname", "language", "screen", "title", "url", "referrer", "name", "data", "id"}
    | {"ip", "userAgent", "timestamp"}
)
"""Fields of a payload that have a place of their own in a message."""
TYPES = ("event", "identify")


def opened(request: Request, body: Any, _kind: str) -> Opened:
    """Take a request apart: one message, or a list of them."""
    found = items(body)
    sites = [mapping(item.get("payload")).get("website") for item in found if isinstance(item, dict)]
    made = [_message(item, request) if isinstance(item, dict) else item for item in found]
    return Opened(made, keys=keys(*sites))


def answer(request: Request, opened: Opened) -> Answer:
    """Return what the client hears."""
    if request.path.rstrip("/").endswith("/batch"):
        count = len(opened.messages)
        told = {"size": count, "processed": count, "errors": 0, "details": [], "cache": ""}
        return Answer(200, orjson.dumps(told))
    return Answer(200, b'{"cache":"","sessionId":"","visitId":""}')


def _message(item: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return one event as a canonical message; a type that is not known is left for admission to refuse."""
    payload, kind = known(mapping(item.get("payload"))), item.get("type", "event")
    if kind not in TYPES:
        return item
    name, data = payload.get("name"), payload.get("data")
    message: dict[str, Any] = {
        "type": "identify" if kind == "identify" else "page" if name in (None, "") else "track",
        "userId": payload.get("id"),
        "timestamp": payload.get("timestamp"),
        "properties": mapping(data) if isinstance(data, dict) or data is None else {"data": data},
        "context": _context(payload, request),
    }
    if message["type"] == "track":
        message["event"] = name
    if message["type"] == "identify":
        message["traits"] = message.pop("properties")
    if payload.get("id") in (None, ""):
        message["context"]["anonymous"] = True
    return known(message)


def _context(payload: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return where and with what the event happened."""
    host = text(payload.get("hostname"))
    page = {
        "url": _whole(payload.get("url"), host),
        "referrer": _whole(payload.get("referrer"), host),
        "title": text(payload.get("title")),
    }
    told = {
        "page": filled(page),
        "userAgent": text(payload.get("userAgent")),
        "ip": text(payload.get("ip")),
        "locale": text(payload.get("language")),
        "umami": {key: value for key, value in payload.items() if key not in PLACED},
    }
    return visitor(request) | filled(told) | screen(payload.get("screen"))


def _whole(url: Any, host: str | None) -> str | None:
    """Return a URL with its host, which a path alone does not have."""
    path = text(url)
    if path is None or host is None or not path.startswith("/"):
        return path
    return f"https:{path}" if path.startswith("//") else f"https://{host}{path}"


WIRE = Wire(name="umami", paths={"/api/send": "", "/api/batch": ""}, opened=opened, answer=answer)
