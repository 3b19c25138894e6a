"""App: the API as one ASGI application under /api.

Reads  a Served
Makes  a FastAPI application; /api/openapi.json describes it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI

import headwater
from headwater.api import answers, arriving, live, problems, runs, utm, work
from headwater.api.shapes import Problem

if TYPE_CHECKING:
    from headwater.api.served import Served

REFUSALS: dict[int | str, dict[str, Any]] = {
    "default": {
        "model": Problem,
        "description": "Any failure",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def application(served: Served) -> FastAPI:
    """Return the API over `served`."""
    app = FastAPI(
        title="Headwater",
        version=headwater.__version__,
        description="Which touch led to this sale? Reports, timelines, imports and settings.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=REFUSALS,
    )
    app.state.served = served
    first = APIRouter(prefix="/api/v1")
    for part in (answers, arriving, live, work, utm, runs):
        first.include_router(part.router)
    app.include_router(first)
    problems.install(app)
    return app
