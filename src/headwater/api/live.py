"""Live: how the workspace stands, once or every second.

Reads  the collector's counts, and counts of the tables that were taken after the last build
Makes  one status, or a stream of server-sent events: `counts` (a status) and `event` (one event)

Nothing personal leaves here: an event shows its name, its page without the query, and the random id
of the device, never a customer id, an address or a property.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from headwater.api.served import Served
from headwater.api.shapes import Pong, Status
from headwater.report.render import plain

router = APIRouter()

EVERY = 1.0
"""Seconds between two statuses of the stream."""
FIRST_EVENTS = 20
"""Events that a new stream starts with."""


@router.get("/ping")
def ping(request: Request) -> Pong:
    """Say who answers; the doors use it to tell a running server from a file left behind."""
    served = _served(request)
    return Pong(version=served.version, pid=served.pid)


@router.get("/status")
def status(request: Request) -> Status:
    """Say how the workspace stands."""
    return Status(**standing(_served(request)))


@router.get("/live")
async def live(request: Request) -> StreamingResponse:
    """Stream a status every second, and the latest events as they come in."""
    return StreamingResponse(
        stream(_served(request)),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def stream(served: Served) -> AsyncIterator[bytes]:
    """Yield server-sent events until the server stops."""
    seen = 0
    first = True
    while not served.stopping.is_set():
        latest = served.latest(seen)
        for event in latest[-FIRST_EVENTS:] if first else latest:
            yield _said("event", shown(event))
        seen = max([seen, *(event["number"] for event in latest)])
        first = False
        yield _said("counts", await run_in_threadpool(standing, served))
        await asyncio.sleep(EVERY)


def standing(served: Served) -> dict[str, Any]:
    """Return the status as plain values."""
    counted = served.tables()
    intake = served.intake()
    return {
        "version": served.version,
        "started_at": plain(served.started_at),
        **intake,
        "waiting": served.waiting(),
        "events": counted.get("events", 0),
        "touchpoints": counted.get("touchpoints", 0),
        "conversions": counted.get("conversions", 0),
        "persons": counted.get("persons", 0),
        "last_build": plain(served.last_build),
        "complete_to": plain(counted.get("complete_to")),
        "settings_version": served.control.settings().version(),
    }


def shown(event: dict[str, Any]) -> dict[str, Any]:
    """Return what anyone may see of an event."""
    return {
        "number": event["number"],
        "received_at": plain(datetime.fromtimestamp(event["received_at"] / 1_000_000, UTC)),
        "type": event.get("type"),
        "event": event.get("event"),
        "page": page(event.get("url")),
        "anonymous_id": event.get("anonymous_id"),
    }


def page(url: Any) -> str | None:
    """Return host and path of a URL; whatever follows may hold somebody's name.

    >>> page("https://shop.example/cart?email=ada@example.com#top")
    'shop.example/cart'
    """
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.hostname or ''}{parts.path}" or None


def _said(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served
