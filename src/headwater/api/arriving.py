"""Arriving: the live debugger over HTTP: what came in, accepted or refused and why.

Reads  the tables, through the workspace
Makes  the latest arrivals as JSON, or a stream of server-sent events that can be taken up again

Each event of the stream bears an id; a browser that reconnects sends it back by itself
(`Last-Event-ID`), and the stream goes on after it.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.api.served import Served
from headwater.arrivals import Follower, Wanted, latest, rows_of, since
from headwater.options import moment_of

router = APIRouter()

EVERY = 1.0
"""Seconds between two looks."""
FIRST = 20
"""Arrivals that a new stream starts with."""
Outcome = Annotated[str, Query(description="accepted, refused or duplicate; all without it")]
Type = Annotated[str, Query(description="type or name of the event")]
Origin = Annotated[str, Query(description="the protocol")]
Person = Annotated[str, Query(description="an anonymous id or a customer id")]
Since = Annotated[str | None, Query(description="ISO 8601, UTC")]


@router.get("/arrivals")
def arrivals(
    request: Request,
    outcome: Outcome = "",
    type: Type = "",  # noqa: A002
    origin: Origin = "",
    person: Person = "",
    since_: Annotated[str | None, Query(alias="since", description="ISO 8601, UTC")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """List what came in last, oldest first."""
    wanted = Wanted(outcome=outcome, type=type, origin=origin, person=person)
    rows = rows_of(_served(request).door.sql)
    found = (
        since(rows, wanted, moment_of(since_), limit=limit) if since_ else latest(rows, wanted, limit=limit)
    )
    return Response(orjson.dumps({"arrivals": found}), media_type="application/json")


@router.get("/live/arrivals")
async def live(
    request: Request,
    outcome: Outcome = "",
    type: Type = "",  # noqa: A002
    origin: Origin = "",
    person: Person = "",
    since: Since = None,
) -> StreamingResponse:
    """Stream what comes in: server-sent events named accepted, refused and duplicate."""
    served = _served(request)
    wanted = Wanted(outcome=outcome, type=type, origin=origin, person=person)
    follower = Follower(rows=rows_of(served.door.sql), wanted=wanted)
    last_id = request.headers.get("last-event-id", "")
    moment = moment_of(since) if since else None
    first = await run_in_threadpool(follower.begin, last_id=last_id, moment=moment, last=FIRST)
    return StreamingResponse(
        _stream(served, follower, first),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _stream(served: Served, follower: Follower, first: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    found = first
    while not served.stopping.is_set():
        for arrival in found:
            yield _said(arrival)
        if not found:
            yield b": nothing new\n\n"
        await asyncio.sleep(EVERY)
        found = await run_in_threadpool(follower.more)


def _said(arrival: dict[str, Any]) -> bytes:
    head = f"id: {arrival['id']}\nevent: {arrival['outcome']}\ndata: "
    return head.replace("\r", " ").encode() + orjson.dumps(arrival) + b"\n\n"


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served
