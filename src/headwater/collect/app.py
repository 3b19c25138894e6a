"""App: the collector as an ASGI application; it answers 200 only when everything is on the disk.

Reads  requests on the paths of the protocols, and /metrics, /healthz, /readyz
Makes  requests in the journal, as they came; the worker takes them apart

A batch with a bad message is answered 200 like any other: clients drop a whole batch on a 4xx, so a
bad message is refused alone and kept with its reason. 4xx is left for a body that cannot be read at
all (400, 413, 415) and for a request without a known key (401); 503 tells the client to send it again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from headwater.collect import bodies, requests, tracker
from headwater.collect.admit import RAW_CHARS, Refusal
from headwater.collect.bodies import DECODED_BYTES, GZIP, Unreadable
from headwater.collect.browsers import browser_answer, is_asked
from headwater.collect.protocols import chosen, settled, spoken
from headwater.collect.protocols.wire import Opened
from headwater.collect.writer import JournalUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.types import ASGIApp, Receive, Scope, Send

    from headwater.collect.journal import Journal
    from headwater.collect.metrics import Metrics
    from headwater.collect.protocols.wire import Wire
    from headwater.collect.request import Request

RETRY_AFTER = (b"retry-after", b"2")
LARGE = 256 * 1024
"""Bodies of this size are parsed in a thread, one at a time, so that they hold up nobody."""
STATUS = {Refusal.BODY_TOO_LARGE: 413, Refusal.UNKNOWN_PACKING: 415}
PACKINGS = (b"accept-encoding", b"gzip, deflate")
"""What a client hears with 415."""
NOTHING = Opened([])
OWN_PATHS = ("/metrics", "/healthz", "/readyz", tracker.PATH)

log = logging.getLogger("headwater.collect")


def collector(
    journal: Journal, keys: Callable[[], Collection[str]] | Collection[str], metrics: Metrics
) -> ASGIApp:
    """Return the collector.

    `keys` are the known write keys, as a collection that may change, or as a function that is asked on
    every request, so it should be quick.
    """
    return _Collector(journal, keys if callable(keys) else lambda: keys, metrics)


def is_collected(path: str) -> bool:
    """Tell whether the collector answers this path (to place it beside other applications)."""
    return path in OWN_PATHS or bool(spoken(path)) or is_asked(path)


class _Collector:
    """One collector."""

    def __init__(self, journal: Journal, keys: Callable[[], Collection[str]], metrics: Metrics) -> None:
        self._journal = journal
        self._keys = keys
        self._metrics = metrics
        self._large = asyncio.Semaphore(1)
        self._room = requests.Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await _other(scope, receive, send)
        request = requests.come(scope, received_at=time.time_ns() // 1000)
        if scope["method"] == "OPTIONS":
            return await requests.preflight(send, request, scope)
        if request.path == tracker.PATH and scope["method"] in ("GET", "HEAD"):
            return await tracker.serve(scope, send)
        speech = chosen(request)
        if speech is None:
            return await self._look(request, receive, send)
        wire, kind = speech
        headers = requests.cors(request)
        if not _takes(wire, request.method):
            allowed = ", ".join(wire.methods)
            return await requests.problem(
                send, 405, f"send this with {allowed}", headers=[*headers, (b"allow", allowed.encode())]
            )
        started = time.perf_counter()
        place = requests.Place(self._room)
        try:
            content, is_whole = await requests.body(receive, cap=DECODED_BYTES, place=place)
            is_cut = not is_whole
            request = request._replace(body=content[:RAW_CHARS] if is_cut else content)
            await self._take(wire, kind, request, send, is_cut=is_cut)
        except requests.Slow:
            await requests.problem(
                send, 408, "the body did not arrive", headers=[*headers, (b"connection", b"close")]
            )
        except JournalUnavailableError as error:
            self._metrics.unavailable.inc()
            await requests.problem(send, 503, requests.said(error), headers=[*headers, RETRY_AFTER])
        finally:
            place.leave()
        self._metrics.seconds.observe(time.perf_counter() - started)
        return None

    async def _take(self, wire: Wire, kind: str, request: Request, send: Send, *, is_cut: bool) -> None:
        """Store what a request brings, then answer it."""
        known = self._keys()
        is_known = any(key in known for key in requests.keys(request))
        try:
            if is_cut:
                raise bodies.too_large(request.body, DECODED_BYTES)
            if _is_large(request.body):
                async with self._large:
                    wire, opened = await asyncio.to_thread(_parsed, request, wire, kind, is_known=is_known)
            else:
                wire, opened = _parsed(request, wire, kind, is_known=is_known)
        except Unreadable as error:
            if not is_known:
                return await self._unknown(wire, send, request)
            await self._journal.append(request, is_cut=is_cut)
            status = STATUS.get(error.refused.reason, 400)
            headers = [*requests.cors(request), *([PACKINGS] if status == 415 else [])]
            return await requests.problem(send, status, error.refused.detail, headers=headers)
        if not is_known and not any(key in known for key in opened.keys):
            return await self._unknown(wire, send, request)
        await self._journal.append(request)
        return await requests.said_to(send, request, wire.answer(request, opened))

    async def _unknown(self, wire: Wire, send: Send, request: Request) -> None:
        """Say that nothing was stored, to a client that can hear it."""
        self._metrics.unauthorized.inc()
        if wire.unknown is not None:
            return await requests.said_to(send, request, wire.unknown(request))
        title = "no known write key came with this request"
        return await requests.problem(send, 401, title, headers=requests.cors(request))

    async def _look(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer the paths that only show something."""
        told = browser_answer(request, next(iter(requests.keys(request)), ""))
        if told is not None:
            with suppress(requests.Slow):
                await requests.body(receive, cap=0, place=requests.Place(self._room))
            return await requests.said_to(send, request, told)
        if request.method not in ("GET", "HEAD"):
            return await requests.problem(
                send, 404, "nothing is collected here", headers=requests.cors(request)
            )
        if request.path == "/metrics":
            page = await asyncio.to_thread(self._metrics.page)
            return await requests.answer(send, 200, page, kind=b"text/plain; version=0.0.4; charset=utf-8")
        if request.path == "/healthz":
            return await requests.answer(send, 200, b'{"status":"ok"}')
        if request.path == "/readyz":
            return await self._ready(send)
        return await requests.problem(send, 404, "nothing is here", headers=requests.cors(request))

    async def _ready(self, send: Send) -> None:
        """Say whether a hit could be stored now, by a commit that changes nothing."""
        try:
            await self._journal.ready()
        except JournalUnavailableError as error:
            return await requests.problem(send, 503, requests.said(error), headers=[RETRY_AFTER])
        return await requests.answer(send, 200, b'{"status":"ready"}')


def _takes(wire: Wire, method: str) -> bool:
    return method in wire.methods or (method == "HEAD" and "GET" in wire.methods)


def _is_large(body: bytes) -> bool:
    return len(body) >= LARGE or (body[:2] == GZIP and len(body) >= LARGE // 8)


def _parsed(request: Request, wire: Wire, kind: str, *, is_known: bool) -> tuple[Wire, Opened]:
    """Read a body, and take the request apart where its key or its answer lies in it."""
    body = bodies.decoded(request)
    wire, kind = settled(request, body, (wire, kind))
    if is_known and not wire.opens_first(request):
        return wire, NOTHING
    try:
        return wire, wire.opened(request, body, kind)
    except Unreadable:
        raise
    except Exception:
        log.exception("a request of the protocol %s could not be taken apart", wire.name)
        return wire, NOTHING


async def _other(scope: Scope, receive: Receive, send: Send) -> None:
    """Follow the lifespan protocol; refuse websockets."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
