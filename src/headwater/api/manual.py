"""Manual: the reference page of the API, made from its own OpenAPI description.

Reads  the routes
Makes  docs/reference/api.md: `python -m headwater.api.manual > docs/reference/api.md`
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from headwater.api.app import application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.api.served import Served

INTRODUCTION = """<!-- Made by `python -m headwater.api.manual`: change the API, then run it. -->

# HTTP API

`headwater serve` answers under `/api/v1`; `/api/openapi.json` describes every call for programs. The
collector's paths, `/metrics`, `/healthz` and `/readyz` lie beside it, and the page at `/`.

## Who may ask

A server on a loopback address (the default) answers reads from the same machine without a token.
Everything that changes something needs `Authorization: Bearer TOKEN`. On any other address, behind a
proxy, or where `HEADWATER_BASE_URL` is public, every call needs it. The token is in `server.json` of the
workspace folder (readable by its owner only) and changes with each start, unless `HEADWATER_TOKEN` sets
it. A browser gets it as a cookie by opening `/?token=TOKEN` once; the cookie may read, never write.

A Host header that is neither a loopback name nor that of `HEADWATER_BASE_URL` is refused with 421.

## Forms

Money is a decimal as text (`"49.90"`), credit a number, times are ISO 8601 in UTC. Reports and SQL take
`format=json` (the default), `csv`, `parquet` or `arrow` (an Arrow IPC stream, whole with its types).

## Failures

Every failure is RFC 9457 problem JSON (`application/problem+json`) with `type`, `title`, `status`,
`detail` and `hint`. `type` is `urn:headwater:problem:` and the name of the error, such as
`unknown-report`.

| status | means |
|---|---|
| 400 | the call asks for something that cannot be meant |
| 401 | the token is missing or wrong |
| 404 | no such report, conversion, person, step or path |
| 421 | the Host header is not ours |
| 422 | the call is right, but cannot be fulfilled with these data |
| 503 | another process holds the workspace, or the disk refuses |

## Live

`GET /api/v1/live` is a stream of server-sent events: `counts` (the same object as `/status`) every
second, and `event` for each event that came in: `number`, `received_at`, `type`, `event`, `page` (host and
path), `anonymous_id`. Nothing personal is in it.

## Calls
"""


def page() -> str:
    """Return the page as Markdown."""
    paths = application(cast("Served", None)).openapi()["paths"]
    calls = [
        "\n".join(_call(method.upper(), path, said))
        for path, by in paths.items()
        for method, said in by.items()
    ]
    return INTRODUCTION + "\n" + "\n\n".join(calls) + "\n"


def _call(method: str, path: str, said: dict[str, Any]) -> Iterator[str]:
    yield f"### `{method} {path}`"
    yield ""
    yield said.get("description", said["summary"])
    parameters = [one for one in said.get("parameters", []) if one["in"] == "query"]
    if parameters:
        yield ""
        yield "| parameter | means |"
        yield "|---|---|"
    for one in parameters:
        means = one.get("description") or one["schema"].get("title", "")
        yield f"| `{one['name']}`{' (needed)' if one.get('required') else ''} | {means} |"


if __name__ == "__main__":
    sys.stdout.write(page())
