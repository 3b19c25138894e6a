"""Amplitude: the protocol of the Amplitude clients, browsers and servers.

Reads  {"api_key", "events": [event, ...]} (/2/httpapi, /batch), the older forms (/httpapi, /identify)
Makes  canonical messages

A revenue is price times quantity where both are given, else what `revenue` says; it is written beside
them under the name that conversions are read from. User properties are traits, whatever operation
(`$set`, `$setOnce`) brings them; operations on what is stored already (`$add`) are kept as they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect import bodies
from headwater.collect.protocols.visitor import visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import campaign, filled, first, items, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

PATHS = {"/2/httpapi": "", "/batch": "", "/httpapi": "", "/identify": "identify", "/groupidentify": "group"}
SHARED = "/batch"
FORMS = ("event", "identification")
"""Fields of the older forms that hold events."""
TYPES = {
    "$identify": "identify",
    "$groupidentify": "group",
    "[Amplitude] Page Viewed": "page",
    "[Amplitude] Screen Viewed": "screen",
}
PLACED = frozenset(
    {
        "event_type", "user_id", "device_id", "time", "insert_id", "event_properties", "user_properties",
        "group_properties", "ip", "language", "library", "user_agent", "price", "quantity", "revenue",
        "currency", "group_type", "group_value",
    }
)  # fmt: skip
MONEY = ("price", "quantity", "revenue", "currency")
SETS = ("$setOnce", "$set")
SENDER = "$remote"
"""Stands for the address that the request came from."""
PAGE = "[Amplitude] Page "


def recognises(request: Request, body: Any) -> bool:
    """Tell whether a request on PostHog's path is of this protocol: it brings `events`."""
    return request.path.rstrip("/") == SHARED and "events" in mapping(body)


def opened(request: Request, body: Any, kind: str) -> Opened:
    """Take a request apart: a list of events, or the event in a form."""
    told = dict(body.pairs) if isinstance(body, bodies.Form) else mapping(body)
    if "events" in told:
        events = items(told["events"])
    else:
        packed = first(told, *FORMS)
        events = items(bodies.data(packed) if isinstance(packed, str) else packed)
    sent_at = told.get("client_upload_time")
    return Opened(
        [_message(event, request, kind) if isinstance(event, dict) else event for event in events],
        sent_at,
        keys(told.get("api_key"), request.asked("api_key")),
    )


def answer(request: Request, opened: Opened) -> Answer:
    """Return what the client hears."""
    told = {
        "code": 200,
        "events_ingested": len(opened.messages),
        "payload_size_bytes": len(request.body),
        "server_upload_time": request.received_at // 1000,
    }
    return Answer(200, orjson.dumps(told))


def _message(event: dict[str, Any], request: Request, kind: str) -> dict[str, Any]:
    """Return one event as a canonical message."""
    name = event.get("event_type")
    kind = kind or (TYPES.get(name, "track") if isinstance(name, str) else "track")
    said = known(mapping(event.get("event_properties")))
    traits, operations = _traits(event.get("user_properties"))
    rest = {key: value for key, value in known(event).items() if key not in PLACED}
    message: dict[str, Any] = {
        "type": kind,
        "messageId": event.get("insert_id"),
        "userId": event.get("user_id"),
        "anonymousId": event.get("device_id"),
        "timestamp": event.get("time"),
        "properties": said | _money(event, said),
        "context": _context(event, said, request, rest | filled({"user_properties": operations})),
    }
    if kind == "track":
        message["event"] = name
    if kind == "group":
        message |= _group(event)
    elif kind == "identify":
        message["traits"] = traits
    elif traits:
        message["context"]["traits"] = traits
    if kind == "group" and not (message["userId"] or message["anonymousId"]):
        message["context"]["anonymous"] = True
    return known(message)


def _traits(user_properties: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said of a person or group, and the operations on what is stored already."""
    told = known(mapping(user_properties))
    traits = {key: value for key, value in told.items() if not key.startswith("$")}
    for operation in SETS:
        traits |= known(mapping(told.get(operation)))
    return traits, {key: value for key, value in told.items() if key.startswith("$") and key not in SETS}


def _group(event: dict[str, Any]) -> dict[str, Any]:
    """Return the group that is described: the first of `groups`, all of which are kept in the context."""
    named = next(iter(mapping(event.get("groups")).items()), (None, None))
    kind = event.get("group_type") or named[0]
    value = event.get("group_value") or next(iter(items(named[1])), None)
    traits, _ = _traits(event.get("group_properties"))
    return {"groupId": value, "traits": filled({"type": kind}) | traits}


def _money(event: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Return the amounts of an event under their common names; nothing that it says already."""
    told = known({name: first(event, name) or first(said, f"${name}") for name in MONEY})
    counted = [told[name] for name in ("price", "quantity") if _is_number(told.get(name))]
    if len(counted) == 2:
        told["revenue"] = round(counted[0] * counted[1], 6)
    product = first(event, "productId", "product_id") or first(said, "$productId")
    told |= known({"product_id": product})
    return {name: value for name, value in told.items() if name not in said}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e12


def _context(
    event: dict[str, Any], said: dict[str, Any], request: Request, rest: dict[str, Any]
) -> dict[str, Any]:
    """Return where and with what the event happened."""
    url = text(said.get(f"{PAGE}Location")) or text(said.get(f"{PAGE}URL"))
    page = {
        "url": url,
        "referrer": text(said.get("referrer")),
        "path": text(said.get(f"{PAGE}Path")),
        "title": text(said.get(f"{PAGE}Title")),
    }
    address = text(event.get("ip"))
    library = event.get("library")
    name, _, version = library.partition("/") if isinstance(library, str) else ("", "", "")
    told = {
        "page": filled(page),
        "userAgent": text(event.get("user_agent")),
        "ip": request.address if address == SENDER else address,
        "locale": text(event.get("language")),
        "library": filled({"name": name, "version": version}),
        "amplitude": rest,
    }
    is_browser = event.get("platform") == "Web"
    return (visitor(request) if is_browser else {}) | ({} if url else campaign(said)) | filled(told)


WIRE = Wire(name="amplitude", paths=PATHS, recognises=recognises, opened=opened, answer=answer)
