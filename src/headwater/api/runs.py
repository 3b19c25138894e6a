"""Runs: the calls that freeze answers and show them again.

Reads  the frozen answers of the workspace
Makes  JSON, byte for byte as it was shown
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response  # noqa: TC002 (read at run time)

from headwater.api.answers import Format, as_json, written
from headwater.api.served import Served  # noqa: TC001 (read at run time)

router = APIRouter(prefix="/runs")


class FreezeWish(BaseModel):
    """An answer to keep: under which name, of which report, with which options."""

    name: str
    report: str
    options: dict[str, Any] = {}


@router.get("")
def runs(request: Request) -> Response:
    """List the frozen answers, the newest first: name, report, question, time of the data, settings version."""
    return as_json(_served(request).door.frozen.runs())


@router.post("")
def freeze(request: Request, wish: FreezeWish) -> Response:
    """Ask a report and keep the answer under a name, which is given once."""
    answer = _served(request).door.frozen.freeze(wish.name, wish.report, **wish.options)
    return written(answer, Format.JSON)


@router.get("/{name}")
def run(request: Request, name: str) -> Response:
    """Show a frozen answer, byte for byte."""
    return written(_served(request).door.frozen.run(name), Format.JSON)


@router.get("/{name}/check")
def check(request: Request, name: str) -> Response:
    """Ask the same again as of the same time and say in what the answer differs."""
    return as_json(_served(request).door.frozen.check(name))


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served
