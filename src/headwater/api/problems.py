"""Problems: every failure of the API as RFC 9457 problem JSON.

Reads  the error that was raised
Makes  application/problem+json with type, title, status, detail and hint

`type` names the error class, so that a client can tell one failure from another without reading
prose; the remote door raises the same class again.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from headwater.contract.errors import (
    HeadwaterError,
    NotFoundError,
    UnknownReportError,
    UnknownStepError,
    UsageError,
    WorkspaceBusyError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:headwater:problem:"
STATUSES: tuple[tuple[type[HeadwaterError], HTTPStatus], ...] = (
    (UnknownReportError, HTTPStatus.NOT_FOUND),
    (UnknownStepError, HTTPStatus.NOT_FOUND),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (WorkspaceBusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (UsageError, HTTPStatus.BAD_REQUEST),
    (HeadwaterError, HTTPStatus.UNPROCESSABLE_ENTITY),
)
"""The first class that fits decides."""

log = logging.getLogger("headwater.api")


class AccessError(HeadwaterError):
    """The API was asked without a token, with a wrong one, or under a wrong host name."""


class ServerError(HeadwaterError):
    """The server failed in a way that it did not expect."""


def problem(
    error: HeadwaterError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer that tells of `error`; the status follows from its class unless given."""
    if status is None:
        status = next(code for kind, code in STATUSES if isinstance(error, kind))
    body: dict[str, Any] = {
        "type": PREFIX + slug(type(error)),
        "title": title(type(error)),
        "status": int(status),
        "detail": error.problem,
        "hint": error.hint,
    }
    return Response(orjson.dumps(body), status, dict(headers or {}), media_type=MEDIA_TYPE)


def slug(kind: type[HeadwaterError]) -> str:
    """Return the name of an error class as the end of its problem type.

    >>> slug(UnknownReportError)
    'unknown-report'
    """
    return "-".join(_words(kind))


def title(kind: type[HeadwaterError]) -> str:
    """Return the name of an error class in words.

    >>> title(UnknownReportError)
    'Unknown report'
    """
    return " ".join(_words(kind)).capitalize()


def _words(kind: type[HeadwaterError]) -> list[str]:
    name = kind.__name__ if kind is HeadwaterError else kind.__name__.removesuffix("Error")
    return [word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", name)]


def install(app: FastAPI) -> None:
    """Let every failure of `app` be told as problem JSON."""
    app.add_exception_handler(HeadwaterError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HeadwaterError)
    return problem(error)


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return problem(
        UsageError(f"{place}: {first['msg']}.", hint="/api/openapi.json says what each call takes.")
    )


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = UsageError(
        f"{request.method} {request.url.path}: {error.detail}.",
        hint="/api/openapi.json lists every path and method.",
    )
    return problem(said, status=error.status_code, headers=error.headers)


def _bug(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(
        ServerError(
            f"The server failed on {request.method} {request.url.path} ({type(error).__name__}).",
            hint="its log holds the traceback; please report it with that.",
        ),
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
    )
