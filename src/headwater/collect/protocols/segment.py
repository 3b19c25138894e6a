"""Segment: the protocol of the Segment and RudderStack clients, servers and browsers alike.

Reads  {"batch": [message, ...], "sentAt", "writeKey"} or one message
Makes  canonical messages: theirs, but for the type that a path gives and for what a retry changes

The two differ in where an identify carries its traits (Segment: traits, RudderStack: context.traits)
and in what they call the event's time (timestamp, originalTimestamp); both are read everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.collect import tracker
from headwater.collect.message import TYPES
from headwater.collect.protocols.wire import Opened, Wire

if TYPE_CHECKING:
    from headwater.collect.request import Request

SHORT = {"t": "track", "p": "page", "s": "screen", "i": "identify", "g": "group", "a": "alias"}
PATHS = (
    {"/v1/batch": "", "/v1/b": "", "/beacon/v1/batch": "", "/v1/import": ""}
    | {f"/v1/{kind}": kind for kind in TYPES}
    | {f"/v1/{letter}": kind for letter, kind in SHORT.items()}
)


def opened(_request: Request, body: Any, kind: str) -> Opened:
    """Take a body apart: a batch, a list of messages or one message."""
    if isinstance(body, list):
        return Opened([_readied(message, kind) for message in body])
    if not isinstance(body, dict):
        return Opened([body])
    key = body.get("writeKey")
    messages = body.get("batch", [body])
    messages = messages if isinstance(messages, list) else [messages]
    return Opened(
        messages=[_readied(message, kind) for message in messages],
        sent_at=body.get("sentAt"),
        keys=(key,) if isinstance(key, str) else (),
    )


def _readied(message: Any, kind: str) -> Any:
    """Give the message its type and take out what a retry may change."""
    if not isinstance(message, dict):
        return message
    if kind:
        message["type"] = kind
    elif isinstance(message.get("type"), str) and message["type"] not in TYPES:
        message["type"] = message["type"].lower()
    message.pop("writeKey", None)
    message.pop("_metadata", None)
    return message


def _from_browser(request: Request) -> bool:
    """Only the tracker of our own hears more than that all is stored: its cookie."""
    return "origin" in request.headers


WIRE = Wire(name="segment", paths=PATHS, opened=opened, opens_first=_from_browser, answer=tracker.answer)
