"""Requests: what the collector needs of HTTP, for a path that runs a thousand times a second.

Reads  ASGI scopes and body chunks
Makes  the keys and times in the headers, whole bodies up to a limit, answers with CORS

Every origin is answered to, with credentials: a write key is public, and can only append. The
origin is named (never `*`), because browsers send credentials only to an answer that names them.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

import orjson

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from headwater.contract.errors import HeadwaterError

BODY_SECONDS = 30.0
"""A body that has not arrived by then is given up; its client will send again."""
PREFLIGHT_SECONDS = b"86400"
JSON = b"application/json"
Pairs = list[tuple[bytes, bytes]]


class Asked(NamedTuple):
    """What the headers and the query say."""

    keys: tuple[str, ...]
    """Write keys named there."""
    sent_at: str | None
    origin: bytes | None
    length: int
    """Content-Length; 0 where it is not given or no number."""
    asked_headers: bytes


class Slow(Exception):  # noqa: N818 (an outcome, handled where it is raised)
    """The body did not arrive in time, or its client went away."""


def asked(scope: Scope) -> Asked:
    """Read what matters from the headers and the query."""
    keys: tuple[str, ...] = ()
    sent_at, origin, length, asked_headers = None, None, 0, b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            keys += _basic(value)
        elif name == b"origin":
            origin = value
        elif name == b"content-length":
            length = int(value) if value.isdigit() else 0
        elif name == b"sentat":
            sent_at = value.decode("ascii", errors="ignore")
        elif name == b"access-control-request-headers":
            asked_headers = value
    if scope["query_string"]:
        keys += tuple(parse_qs(scope["query_string"].decode("latin-1")).get("writeKey", ()))
    return Asked(keys, sent_at, origin, length, asked_headers)


def _basic(value: bytes) -> tuple[str, ...]:
    """Return the user name of basic authentication: server clients put the write key there."""
    scheme, _, encoded = value.partition(b" ")
    if scheme.lower() != b"basic":
        return ()
    try:
        return (b64decode(encoded).decode("utf-8").partition(":")[0],)
    except ValueError:
        return ()


async def body(receive: Receive, *, cap: int) -> tuple[bytes, bool]:
    """Return the body and whether it is whole.

    What exceeds `cap` is read and thrown away, so that the client gets to see the answer; memory stays
    within the cap. Raises Slow after BODY_SECONDS or when the client goes away.
    """
    message = await receive()
    if not message.get("more_body") and message["type"] == "http.request":
        first: bytes = message.get("body", b"")
        return first[:cap], len(first) <= cap
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _chunks(message.get("body", b""), receive, cap=cap)
    except TimeoutError as error:
        raise Slow from error


async def _chunks(first: bytes, receive: Receive, *, cap: int) -> tuple[bytes, bool]:
    chunks, room = [first[:cap]], cap - len(first)
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Slow
        chunk = message.get("body", b"")
        if room > 0:
            chunks.append(chunk[:room])
        room -= len(chunk)
        if not message.get("more_body"):
            return b"".join(chunks), room >= 0


def cors(origin: bytes | None) -> Pairs:
    """Return the headers that let a page of another origin read the answer."""
    if origin is None:
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"retry-after"),
        (b"vary", b"origin"),
    ]


async def preflight(send: Send, wanted: Asked) -> None:
    """Answer a browser that asks whether it may send."""
    headers = [
        *cors(wanted.origin),
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", wanted.asked_headers or b"authorization, content-type"),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
    ]
    await answer(send, 200, b"", headers=headers)


async def answer(
    send: Send, status: int, content: bytes, *, kind: bytes = JSON, headers: Pairs | None = None
) -> None:
    """Send a whole answer."""
    length = str(len(content)).encode()
    base = [(b"content-type", kind), (b"content-length", length), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": base})
    await send({"type": "http.response.body", "body": content})


async def problem(send: Send, status: int, title: str, *, headers: Pairs | None = None) -> None:
    """Send a problem as RFC 9457 JSON."""
    content = orjson.dumps({"type": "about:blank", "status": status, "title": title, "success": False})
    await answer(send, status, content, kind=b"application/problem+json", headers=headers)


def said(error: HeadwaterError) -> str:
    """Return what an error tells a client."""
    return f"{error.problem} {error.hint}"
