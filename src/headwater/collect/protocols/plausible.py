"""Plausible: the protocol of the Plausible scripts and of its events API.

Reads  {"n": name, "u": url, "d": domain, "r": referrer, "p": properties, "$": revenue, ...}, or the long names
Makes  page (pageview) and track (engagement and the events that a site names itself)

The clients know no person, so the event belongs to nobody, unless the site puts `user_id` or
`anonymous_id` among its properties. The domain is the write key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect.protocols.visitor import visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

SHORT = {
    "name": "n", "url": "u", "domain": "d", "referrer": "r", "screen_width": "w", "props": "p", "meta": "p",
    "m": "p", "revenue": "$", "hashMode": "h", "interactive": "i",
}  # fmt: skip
"""Long names, and those of earlier scripts, with the names of today."""
PLACED = ("n", "u", "r", "p", "$", "e", "sd")
USER, DEVICE = ("user_id", "userId"), ("anonymous_id", "anonymousId")
ACCEPTED = Answer(202, b"ok", "text/plain")


def opened(request: Request, body: Any, _kind: str) -> Opened:
    """Take a request apart: one event, or a list of them; a domain may be several, with commas between."""
    events = body if isinstance(body, list) else [body]
    said = [_short(event) for event in events]
    domains = [event.get("d") for event in said if isinstance(event, dict)]
    named = [one.strip() for domain in domains if isinstance(domain, str) for one in domain.split(",")]
    return Opened(
        [_message(event, request) for event in said], keys=tuple(dict.fromkeys(filter(None, named)))
    )


def _short(event: Any) -> Any:
    if not isinstance(event, dict):
        return event
    return {SHORT.get(name, name): value for name, value in event.items()}


def _message(event: Any, request: Request) -> Any:
    """Translate one event; what is no event is handed on as it is, to be refused."""
    if not isinstance(event, dict):
        return event
    own, unread = _own(event.get("p"))
    rest = {name: value for name, value in event.items() if name not in PLACED} | unread
    page = {"url": event.get("u"), "referrer": event.get("r")}
    where = {name: value for name, value in page.items() if value}
    context = visitor(request) | {"page": where, "plausible": rest}
    message = {"properties": where | own | _money(event.get("$")) | _engagement(event), "context": context}
    named = (("userId", _first(own, USER)), ("anonymousId", _first(own, DEVICE)))
    ids = {name: value for name, value in named if value}
    if not ids:
        context["anonymous"] = True
    if event.get("n") == "pageview":
        return {"type": "page", **ids, **message}
    return {"type": "track", "event": event.get("n"), **ids, **message}


def _own(given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the site's own properties, which come as an object or as its JSON, and what is neither."""
    found = given
    if isinstance(given, str) and given:
        try:
            found = orjson.loads(given)
        except ValueError:
            return {}, {"p": given}
    if isinstance(found, dict):
        return found, {}
    return {}, {} if given in (None, "") else {"p": given}


def _money(given: Any) -> dict[str, Any]:
    """Return revenue and currency, from an object or its JSON."""
    if isinstance(given, str):
        given, _ = _own(given)
    if not isinstance(given, dict):
        return {} if given is None else {"revenue": given}
    return {"revenue" if name == "amount" else str(name): value for name, value in given.items()}


def _engagement(event: dict[str, Any]) -> dict[str, Any]:
    """Return how long the page was looked at, in milliseconds, and how far it was read, in percent."""
    named = {"e": "engagement_time_msec", "sd": "scroll_depth"}
    return {name: event[field] for field, name in named.items() if event.get(field) is not None}


def _first(own: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((own[name] for name in names if own.get(name)), None)


WIRE = Wire(
    name="plausible",
    paths={"/api/event": ""},
    opened=opened,
    answer=lambda _request, _opened: ACCEPTED,
)
