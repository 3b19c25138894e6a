"""App: the collector as an ASGI application; it answers 200 only when everything is on the disk.

Reads  requests on the paths of the protocols, and /metrics, /healthz, /readyz
Makes  receipts in the journal

A batch with a bad message is answered 200 like any other: clients drop a whole batch on a 4xx, so a
bad message is refused alone and kept with its reason. 4xx is left for a body that cannot be read at
all (400, 413) and for a request without a known key (401); 503 tells the client to send it again.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from headwater.collect import intake, requests
from headwater.collect.admit import RAW_CHARS, Refusal
from headwater.collect.browsers import browser_settings
from headwater.collect.intake import DECODED_BYTES, GZIP, Arrival, Unreadable
from headwater.collect.protocols import spoken
from headwater.collect.writer import JournalUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.types import ASGIApp, Receive, Scope, Send

    from headwater.collect.journal import Journal
    from headwater.collect.metrics import Metrics
    from headwater.collect.protocols.wire import Wire
    from headwater.collect.receipts import Receipt

RETRY_AFTER = (b"retry-after", b"2")
LARGE = 256 * 1024
"""Bodies of this size are parsed in a thread, so that one does not hold up the others."""
STATUS = {Refusal.BODY_TOO_LARGE: 413}
OWN_PATHS = ("/metrics", "/healthz", "/readyz")


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
    return path in OWN_PATHS or spoken(path) is not None or browser_settings(path, "") is not None


class _Collector:
    """One collector."""

    def __init__(self, journal: Journal, keys: Callable[[], Collection[str]], metrics: Metrics) -> None:
        self._journal = journal
        self._keys = keys
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await _other(scope, receive, send)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        speech = spoken(path)
        wanted = requests.asked(scope)
        if scope["method"] == "OPTIONS":
            return await requests.preflight(send, wanted)
        if speech is None:
            return await self._look(path, scope, wanted, send)
        headers = requests.cors(wanted.origin)
        if scope["method"] != "POST":
            return await requests.problem(
                send, 405, "send this with POST", headers=[*headers, (b"allow", b"POST")]
            )
        started = time.perf_counter()
        try:
            await self._take(speech, wanted, receive, send)
        except requests.Slow:
            await requests.problem(
                send, 408, "the body did not arrive", headers=[*headers, (b"connection", b"close")]
            )
        except JournalUnavailableError as error:
            self._metrics.unavailable.inc()
            await requests.problem(send, 503, requests.said(error), headers=[*headers, RETRY_AFTER])
        self._metrics.seconds.observe(time.perf_counter() - started)
        return None

    async def _take(
        self, speech: tuple[Wire, str], wanted: requests.Asked, receive: Receive, send: Send
    ) -> None:
        """Store what a request brings, then answer it."""
        wire, kind = speech
        content, is_whole = await requests.body(receive, cap=DECODED_BYTES)
        arrival = Arrival(time.time_ns() // 1000, wanted.sent_at)
        known = self._keys()
        named = [key for key in wanted.keys if key in known]
        headers = requests.cors(wanted.origin)
        try:
            if not is_whole:
                raise intake.too_large(content[:RAW_CHARS], DECODED_BYTES)
            receipt, in_body = await _read(content, wire, kind, arrival)
        except Unreadable as error:
            if not named:
                return await self._unknown(send, headers)
            await self._journal.append(intake.unreadable(error.refused, wire, arrival))
            status = STATUS.get(error.refused.reason, 400)
            return await requests.problem(send, status, error.refused.detail, headers=headers)
        if not named and (in_body is None or in_body not in known):
            return await self._unknown(send, headers)
        if receipt.messages or receipt.refused:
            await self._journal.append(receipt)
        return await requests.answer(send, 200, wire.answer, headers=headers)

    async def _unknown(self, send: Send, headers: requests.Pairs) -> None:
        self._metrics.unauthorized.inc()
        await requests.problem(send, 401, "no known write key came with this request", headers=headers)

    async def _look(self, path: str, scope: Scope, wanted: requests.Asked, send: Send) -> None:
        """Answer the paths that only show something."""
        if scope["method"] not in ("GET", "HEAD"):
            return await requests.problem(
                send, 404, "nothing is collected here", headers=requests.cors(wanted.origin)
            )
        if path == "/metrics":
            page = await asyncio.to_thread(self._metrics.page)
            return await requests.answer(send, 200, page, kind=b"text/plain; version=0.0.4; charset=utf-8")
        if path == "/healthz":
            return await requests.answer(send, 200, b'{"status":"ok"}')
        if path == "/readyz":
            return await self._ready(send)
        settings = browser_settings(path, next(iter(wanted.keys), ""))
        if settings is not None:
            return await requests.answer(send, 200, settings, headers=requests.cors(wanted.origin))
        return await requests.problem(send, 404, "nothing is here", headers=requests.cors(wanted.origin))

    async def _ready(self, send: Send) -> None:
        """Say whether a hit could be stored now, by a commit that changes nothing."""
        try:
            await self._journal.ready()
        except JournalUnavailableError as error:
            return await requests.problem(send, 503, requests.said(error), headers=[RETRY_AFTER])
        return await requests.answer(send, 200, b'{"status":"ready"}')


async def _read(content: bytes, wire: Wire, kind: str, arrival: Arrival) -> tuple[Receipt, str | None]:
    if len(content) >= LARGE or (content[:2] == GZIP and len(content) >= LARGE // 8):
        return await asyncio.to_thread(_parsed, content, wire, kind, arrival)
    return _parsed(content, wire, kind, arrival)


def _parsed(content: bytes, wire: Wire, kind: str, arrival: Arrival) -> tuple[Receipt, str | None]:
    """Return the receipt of a body, and the write key in it."""
    opened = wire.opened(intake.decoded(content))
    return intake.receipt(opened, wire, kind, arrival), opened.key


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
