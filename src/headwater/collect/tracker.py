"""Tracker: serve our own script, and set the cookie that keeps its visitor's id.

Reads  the built script (static/tracker/hw.js), requests of the tracker and their messages
Makes  GET /hw.js, the Set-Cookie header of an answer, the tag that a site copies

The tracker asks for no cookie: it sends the id and when it was made, and only where consent allows. The
server sets the cookie, since browsers forget within days what scripts store. Its life is counted from
the making of the id, never from the last visit. The cookie is of the page's registrable domain, so that
www and shop have the same id; a browser refuses it where the collector is on another site.
"""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha384
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from headwater.collect import addresses, requests
from headwater.collect.reading import mapping
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from starlette.types import Scope, Send

    from headwater.collect.protocols.wire import Opened
    from headwater.collect.request import Request

PATH = "/hw.js"
LIBRARY = "headwater.js"
COOKIE = "_hw"
LIFE_SECONDS = 395 * 86_400
"""13 months, from the making of the id."""
STORED = Answer()
ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
KIND = b"text/javascript; charset=utf-8"
FRESH = b"public, max-age=3600, stale-while-revalidate=86400"
STUB = (
    "<script>window.headwater=window.headwater||{q:[]};"
    "for(const m of ['track','identify','page','alias','consent','reset','fill'])"
    "headwater[m]=headwater[m]||function(){headwater.q.push([m,arguments])}</script>"
)
"""Lets a page call the tracker before it is there; without such calls it is not needed."""
PUBLIC = [
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
]
"""Any site may load it, with an integrity attribute too."""


class Script(NamedTuple):
    """The built script."""

    content: bytes
    packed: bytes
    """The same, gzipped."""
    etag: bytes
    integrity: str
    """For the integrity attribute of a script tag."""


def script() -> Script | None:
    """Return the script, or None where it has not been built (`make web`)."""
    path = Path(str(files("headwater"))) / "web/static/tracker/hw.js"
    try:
        return _script(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=2)
def _script(path: Path, _changed: int) -> Script:
    content = path.read_bytes()
    digest = sha384(content).digest()
    return Script(
        content=content,
        packed=gzip.compress(content, 9, mtime=0),
        etag=b'"' + digest.hex()[:32].encode() + b'"',
        integrity="sha384-" + b64encode(digest).decode(),
    )


def tag(url: str, key: str, *, pinned: bool = False) -> str:
    """Return the HTML that a site copies; `pinned` adds the hash, so that only this very script runs."""
    found = script()
    more = f' integrity="{found.integrity}" crossorigin="anonymous"' if pinned and found else ""
    source, shown = escape(f"{url}{PATH}"), escape(key)
    return f'<script async src="{source}" data-key="{shown}"{more}></script>'


async def serve(scope: Scope, send: Send) -> None:
    """Answer a request for the script."""
    found = script()
    if found is None:
        title = "the tracker is not built: run `make web`, or install a released wheel"
        return await requests.problem(send, 404, title, headers=PUBLIC)
    given = {
        name: value for name, value in scope["headers"] if name in (b"if-none-match", b"accept-encoding")
    }
    headers = [
        *PUBLIC,
        (b"cache-control", FRESH),
        (b"etag", found.etag),
        (b"vary", b"accept-encoding"),
    ]
    if found.etag in given.get(b"if-none-match", b"").replace(b"W/", b""):
        return await requests.answer(send, 304, b"", kind=KIND, headers=headers)
    is_packed = b"gzip" in given.get(b"accept-encoding", b"")
    content = found.packed if is_packed else found.content
    if is_packed:
        headers.append((b"content-encoding", b"gzip"))
    return await requests.answer(send, 200, content, kind=KIND, headers=headers)


def answer(request: Request, opened: Opened) -> Answer:
    """Return what a client hears on the paths that the tracker shares; to the tracker with its cookie."""
    for message in opened.messages:
        context = mapping(mapping(message).get("context"))
        if mapping(context.get("library")).get("name") != LIBRARY:
            break  # another client: all of a request is of one
        if found := _cookie(request, message, context):
            return Answer(headers=(("set-cookie", found),))
    return STORED


def _cookie(request: Request, message: dict[str, Any], context: dict[str, Any]) -> str | None:
    """Return the Set-Cookie header for the visitor of a message; None where it has no visitor to keep."""
    visitor, made_at = message.get("anonymousId"), mapping(context.get("visitor")).get("at")
    is_refused = mapping(context.get("consent")).get("analytics_storage") == "denied"
    if is_refused or type(made_at) is not int or not isinstance(visitor, str) or not ID.fullmatch(visitor):
        return None
    left = made_at + LIFE_SECONDS - request.received_at // 1_000_000
    if not left > 0:
        return None
    origin = urlsplit(request.headers.get("origin", ""))
    domain = _domain(origin.hostname or "")
    parts = [
        f"{COOKIE}={visitor}.{made_at}",
        "Path=/",
        f"Max-Age={min(left, LIFE_SECONDS)}",
        "SameSite=Lax",
        *([f"Domain={domain}"] if domain else []),
        *(["Secure"] if origin.scheme == "https" else []),
    ]
    return "; ".join(parts)


@lru_cache(maxsize=1024)
def _domain(host: str) -> str:
    """Return the registrable domain of a host; empty for an address, localhost or a suffix itself."""
    if addresses.parsed(host) is not None or "." not in host:
        return ""
    return _suffixes().privatesuffix(host.lower()) or ""


@lru_cache(maxsize=1)
def _suffixes() -> Any:
    # the list takes a tenth of a second to load: only a server needs it
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
