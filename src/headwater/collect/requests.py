"""Requests: what the collector needs of HTTP, for a path that runs a thousand times a second.

Reads  ASGI scopes and body chunks
Makes  Requests, the keys in their headers, whole bodies up to a limit, answers with CORS

Every origin is answered to, with credentials: a write key is public, and can only append. The
origin is named (never `*`), because browsers send credentials only to an answer that names them.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from headwater.collect import addresses
from headwater.collect.request import KEPT_HEADERS, Request
from headwater.collect.writer import JournalUnavailableError

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from headwater.collect.request import Answer
    from headwater.contract.errors import HeadwaterError

BODY_SECONDS = 30.0
"""A body that has not arrived by then is given up; its client will send again."""
BODIES_BYTES = 64 * 1024 * 1024
"""What all bodies may hold together, beyond SMALL bytes each, while they are read and stored."""
SMALL = 64 * 1024
"""Bytes of every body that need no room: so large bodies that never end keep no small ones out."""
PREFLIGHT_SECONDS = b"86400"
JSON = b"application/json"
NO_CONTENT = 204
Pairs = list[tuple[bytes, bytes]]
KEPT = {name.encode(): name for name in KEPT_HEADERS}


class Slow(Exception):  # noqa: N818 (an outcome, handled where it is raised)
    """The body did not arrive in time, or its client went away."""


def come(scope: Scope, *, received_at: int) -> Request:
    """Return the request of a scope, its body still to be read."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        kept = KEPT.get(name)
        if kept is not None:
            headers.setdefault(kept, value.decode("latin-1"))
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=scope["path"].removeprefix(scope.get("root_path", "")),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"",
        received_at=received_at,
        address=None if client is None else _address(client[0]),
    )


def _address(said: str) -> str | None:
    """Return a client's IP address; the server has put that in which a trusted proxy names."""
    found = addresses.parsed(said)
    return None if found is None else str(found)


def keys(request: Request) -> tuple[str, ...]:
    """Return the write keys that headers and query name: basic user, bearer token, ?writeKey=."""
    found = _authorized(request.headers.get("authorization", ""))
    if "writeKey=" in request.query:
        found += tuple(value for name, value in request.pairs() if name == "writeKey")
    return found


@lru_cache(maxsize=1024)
def _authorized(header: str) -> tuple[str, ...]:
    scheme, _, said = header.partition(" ")
    if scheme.lower() == "basic":
        return _basic(said)
    return (said.strip(),) if scheme.lower() == "bearer" else ()


def _basic(encoded: str) -> tuple[str, ...]:
    """Return the user name of basic authentication: server clients put the write key there."""
    try:
        return (b64decode(encoded).decode("utf-8").partition(":")[0],)
    except ValueError:
        return ()


class Room:
    """What large bodies hold of the memory together, so that no flood of them exhausts it."""

    def __init__(self, most: int = BODIES_BYTES) -> None:
        self.free = most


class Place:
    """What one body holds of a room until it is left."""

    __slots__ = ("_held", "_room", "_size")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0
        self._held = 0

    def take(self, size: int) -> bool:
        """Tell whether there is room for so many bytes more, and hold them; there always is for SMALL."""
        self._size += size
        more = max(0, self._size - SMALL) - self._held
        if more > self._room.free:
            return False
        self._room.free -= more
        self._held += more
        return True

    def leave(self) -> None:
        """Give back what is held."""
        self._room.free += self._held
        self._held = 0


async def body(receive: Receive, *, cap: int, place: Place) -> tuple[bytes, bool]:
    """Return the body and whether it is whole.

    What exceeds `cap` is read and thrown away, so that the client gets to see the answer; memory stays
    within the cap. Raises Slow after BODY_SECONDS or when the client goes away, and
    JournalUnavailableError where the bodies of others fill the room.
    """
    message = await receive()
    if not message.get("more_body") and message["type"] == "http.request":
        first: bytes = message.get("body", b"")
        return first[:cap], len(first) <= cap
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _chunks(message, receive, cap=cap, place=place)
    except TimeoutError as error:
        raise Slow from error


async def _chunks(message: Message, receive: Receive, *, cap: int, place: Place) -> tuple[bytes, bool]:
    chunks: list[bytes] = []
    room, has_place = cap, True
    while True:
        if message["type"] != "http.request":
            raise Slow
        chunk = message.get("body", b"")
        if room > 0 and has_place:
            chunks.append(chunk[:room])
            has_place = place.take(len(chunks[-1]))
        if not has_place and chunks:
            chunks.clear()
            place.leave()
        room -= len(chunk)
        if not message.get("more_body"):
            break
        message = await receive()
    if not has_place:
        raise JournalUnavailableError("Too many large bodies arrive at once.", hint="send again in a moment.")
    return b"".join(chunks), room >= 0


def cors(request: Request) -> Pairs:
    """Return the headers that let a page of another origin read the answer."""
    origin = request.headers.get("origin")
    if origin is None:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"retry-after"),
        (b"vary", b"origin"),
    ]


async def preflight(send: Send, request: Request, scope: Scope) -> None:
    """Answer a browser that asks whether it may send."""
    wanted = (value for name, value in scope["headers"] if name == b"access-control-request-headers")
    headers = [
        *cors(request),
        (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
        (b"access-control-allow-headers", next(wanted, b"authorization, content-type")),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
    ]
    await answer(send, 200, b"", headers=headers)


async def answer(
    send: Send, status: int, content: bytes, *, kind: bytes = JSON, headers: Pairs | None = None
) -> None:
    """Send a whole answer."""
    length = str(len(content)).encode()
    base = [(b"content-type", kind), (b"content-length", length), *(headers or [])]
    if status == NO_CONTENT:
        base = base[2:]
    await send({"type": "http.response.start", "status": status, "headers": base})
    await send({"type": "http.response.body", "body": content})


async def said_to(send: Send, request: Request, told: Answer) -> None:
    """Send what a protocol answers to a request."""
    more = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.headers]
    kind = told.kind.encode("latin-1")
    await answer(send, told.status, told.content, kind=kind, headers=[*cors(request), *more])


async def problem(send: Send, status: int, title: str, *, headers: Pairs | None = None) -> None:
    """Send a problem as RFC 9457 JSON."""
    content = orjson.dumps({"type": "about:blank", "status": status, "title": title, "success": False})
    await answer(send, status, content, kind=b"application/problem+json", headers=headers)


def said(error: HeadwaterError) -> str:
    """Return what an error tells a client."""
    return f"{error.problem} {error.hint}"
