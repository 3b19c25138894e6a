"""Pixel: our own picture for pages without JavaScript and mails, and the beacons of pages that write their own.

Reads  GET /p.gif?k=KEY&e=name&u=url&r=referrer&..., or the same as a form; messages as JSON on /b
Makes  page (no event, or pv) and track; other parameters are properties

A page that cannot run a script does not say in its headers where it is, so its URL is a parameter; only
where there is none the Referer counts. Nobody reads the answer of a picture or a beacon, so one without
a known key is counted and hears the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect.bodies import Form
from headwater.collect.message import TYPES
from headwater.collect.protocols import segment
from headwater.collect.protocols.visitor import picture_or, visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import filled, first, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

PATHS = {"/p.gif": "", "/b": "", "/f": ""}
LABELLED = re.compile(r"/[A-Za-z0-9_-]{1,64}\.gif|/[bf]/[A-Za-z0-9_.-]{1,64}")
"""Pictures of any name, and beacons with a label for whoever reads access logs."""
KEY = ("writeKey", "k", "key")
NAMES = {
    "event": ("e", "event"),
    "url": ("u", "url"),
    "referrer": ("r", "ref", "referrer"),
    "title": ("title",),
    "anonymousId": ("a", "aid", "anonymousId", "anonymous_id"),
    "userId": ("uid", "userId", "user_id"),
    "messageId": ("id", "messageId", "message_id"),
    "timestamp": ("ts", "timestamp"),
    "sentAt": ("sentAt", "sent_at"),
    "type": ("type",),
}
OWN = ("p", "properties")
"""Properties as one JSON object."""
BUSTERS = ("_", "z", "cb", "rand", "nocache")
"""What only makes each address a new one."""
PLACED = frozenset({*KEY, *BUSTERS, *(alias for aliases in NAMES.values() for alias in aliases)})
PAGE = ("", "pv", "page", "pageview", "page_view", "$pageview")
TAKEN = Answer(headers=(("cache-control", "no-store"),))


def opened(request: Request, body: Any, _kind: str) -> Opened:
    """Take a request apart: one event in query or form, or messages as JSON."""
    asked = dict(reversed(request.pairs()))
    named = keys(*(asked.get(name) for name in KEY))
    if body is None or isinstance(body, Form):
        said = asked | dict(reversed(body.pairs if body else []))
        is_nothing = body is None and request.method == "POST"
        messages = [] if is_nothing else [_message(said, request)]
        return Opened(messages, keys=keys(*named, *(said.get(name) for name in KEY)))
    found = segment.opened(request, body, "")
    return found._replace(
        messages=[_visited(message, request) for message in found.messages], keys=keys(*named, *found.keys)
    )


def _message(said: dict[str, str], request: Request) -> Any:
    """Return the event that parameters say."""
    given = {name: first(said, *aliases) for name, aliases in NAMES.items()}
    where = filled(
        {
            "url": given["url"] or request.headers.get("referer"),
            "referrer": given["referrer"],
            "title": given["title"],
        }
    )
    own, unread = _own(first(said, *OWN))
    others = {name: value for name, value in said.items() if name not in PLACED and name not in OWN}
    kind = given["type"] if given["type"] in TYPES else None
    name = given["event"] or ""
    message = {
        "type": kind or ("page" if name in PAGE else "track"),
        "event": name or None,
        "properties": where | own | others,
        "context": filled(
            {"page": where, "pixel": filled({name: said.get(name) for name in BUSTERS}) | unread}
        ),
        **{name: given[name] for name in ("anonymousId", "userId", "messageId", "timestamp", "sentAt")},
    }
    return _visited(known(message), request)


def _own(given: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return properties that came as JSON, and the text where it is none."""
    if given is None:
        return {}, {}
    try:
        found = orjson.loads(given)
    except ValueError:
        return {}, {"p": given}
    return (found, {}) if isinstance(found, dict) else ({}, {"p": given})


def _visited(message: Any, request: Request) -> Any:
    """Return a message, which may be anything, with what the headers say of the browser; one that names nobody says so."""
    if not isinstance(message, dict) or not isinstance(message.get("context", {}), dict):
        return message
    if "type" not in message:
        if not text(message.get("event")):
            return message
        message["type"] = "track"
    context = visitor(request) | mapping(message.get("context"))
    if not first(message, "anonymousId", "userId", "previousId"):
        context["anonymous"] = True
    return message | {"context": context}


def answer(request: Request, _opened: Opened | None = None) -> Answer:
    """Return the picture for what asked for one, else that all is well."""
    return picture_or(TAKEN, request)


WIRE = Wire(
    name="pixel",
    paths=PATHS,
    pattern=LABELLED,
    methods=("GET", "POST"),
    opened=opened,
    answer=answer,
    unknown=answer,
)
