"""Access: who may ask the API what.

Reads  the Host, Authorization and Cookie headers of a request
Makes  a refusal (problem JSON), or lets the request through

On a loopback address anyone on the machine may read, so that the page just works; writes need the
token always. On any other address, and behind a proxy, everything needs it. A Host header that is
not ours is refused, since a web page elsewhere could otherwise rebind its name to this machine.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response

from headwater.api.problems import AccessError, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "headwater_token"
GUARDED = ("/api/", "/metrics", "/mcp")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What decides over a request besides the request itself."""

    token: str
    """The API token."""
    is_local: bool = True
    """The server listens on a loopback address only."""
    public_host: str | None = None
    """Host of $HEADWATER_BASE_URL, under which a proxy reaches this server."""


def rules(*, token: str, host: str, base_url: str | None) -> Rules:
    """Return the rules for a server that listens on `host` and is reached as `base_url`."""
    public = urlsplit(base_url).hostname if base_url else None
    return Rules(token=token, is_local=is_loopback(host), public_host=public)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address or name."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def refusal(rules: Rules, *, method: str, headers: Headers) -> Response | None:
    """Return the answer that refuses the request, or None to let it through."""
    host = hostname(headers.get("host", ""))
    if rules.is_local and host not in (*LOCAL_NAMES, rules.public_host):
        return problem(
            AccessError(
                f"This server does not answer under the name {host!r}.",
                hint="open it as http://127.0.0.1, or set HEADWATER_BASE_URL to the address you use.",
            ),
            status=HTTPStatus.MISDIRECTED_REQUEST,
        )
    is_open = rules.is_local and host in LOCAL_NAMES and not _came_by_proxy(rules, headers)
    if method in SAFE_METHODS and (is_open or _is_token(rules, _cookie(headers))):
        return None
    if _is_token(rules, _bearer(headers)):
        return None
    return problem(
        AccessError(
            "This needs the API token.",
            hint="send `Authorization: Bearer TOKEN`; the token is in server.json of the workspace folder.",
        ),
        status=HTTPStatus.UNAUTHORIZED,
        headers={"WWW-Authenticate": 'Bearer realm="headwater"'},
    )


def hostname(header: str) -> str:
    """Return the name in a Host header, lower case, without port and brackets.

    >>> hostname("LOCALHOST:8000"), hostname("[::1]:8000"), hostname("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _came_by_proxy(rules: Rules, headers: Headers) -> bool:
    behind = rules.public_host is not None and not is_loopback(rules.public_host)
    return behind or any(name in headers for name in PROXY_HEADERS)


def _bearer(headers: Headers) -> str:
    kind, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_token(rules: Rules, given: str) -> bool:
    return hmac.compare_digest(given.encode(), rules.token.encode())


def guarded(
    app: ASGIApp, *, rules: Callable[[], Rules], is_collected: Callable[[str], object] = lambda _path: False
) -> ASGIApp:
    """Wrap `app` so that the API and the metrics ask for what `rules` demand.

    `is_collected` names the paths of the collector, some of which other makers' clients have under /api;
    a write key is all that these need.

    A page that is opened with `?token=...` gets the token as a cookie (never sent from other sites)
    and is sent on to the same address without it.
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        answer = None
        if scope["path"].startswith(GUARDED) and not is_collected(scope["path"]):
            answer = refusal(rules(), method=scope["method"], headers=Headers(scope=scope))
        elif scope["path"] == "/" and b"token=" in scope["query_string"]:
            answer = _signed_in(rules(), scope)
        await (answer or app)(scope, receive, send)

    return middleware


def _signed_in(rules: Rules, scope: Scope) -> Response | None:
    query = parse_qsl(scope["query_string"].decode("latin-1"))
    given = next((value for name, value in query if name == "token"), "")
    if not _is_token(rules, given):
        return None
    rest = urlencode([(name, value) for name, value in query if name != "token"])
    answer = RedirectResponse("/?" + rest if rest else "/", HTTPStatus.SEE_OTHER)
    answer.set_cookie(COOKIE, given, httponly=True, samesite="strict", secure=scope["scheme"] == "https")
    return answer
