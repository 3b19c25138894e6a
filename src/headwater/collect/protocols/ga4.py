"""GA4: Google's Measurement Protocol, which servers and apps speak.

Reads  {"client_id", "user_id", "events": [{"name", "params"}, ...], "consent", "user_properties", ...}
Makes  page (page_view), screen (screen_view) and track

A parameter keeps Google's name; `url`, `referrer` and `title` stand beside page_location, page_referrer
and page_title. The measurement id, or the app's, is the write key; the API secret may be one too, and is
never kept. /debug/mp/collect says what is wrong with a request and stores nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect import bodies
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import filled, first, items, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

PATHS = {"/mp/collect": "", "/debug/mp/collect": "debug"}
DEBUG = "/debug/"
NO_CONTENT = Answer(204, b"", "text/plain")
SHOWN = {"page_location": "url", "page_referrer": "referrer", "page_title": "title"}
"""Google's names for where a visitor is, and ours."""
PLACED = frozenset(
    {"client_id", "app_instance_id", "user_id", "timestamp_micros", "events", "consent", "user_properties"}
    | {"user_agent", "ip_override", "validation_behavior"}
)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
MOST_EVENTS, MOST_PARAMS = 25, 25


def opened(request: Request, body: Any, kind: str) -> Opened:
    """Take a request apart: its events, each with what is said for all of them."""
    named = keys(*(request.asked(name) for name in ("measurement_id", "firebase_app_id", "api_secret")))
    if kind == "debug":
        return Opened([], keys=named)
    if not isinstance(body, dict):
        return Opened([body], keys=named)
    events = body.get("events")
    if events is None:
        return Opened([{"type": None, "context": {"ga4": body}}], keys=named)
    return Opened([_message(event, body) for event in items(events)], keys=named)


def _message(event: Any, body: dict[str, Any]) -> Any:
    """Translate one event; what is no event is handed on as it is, to be refused."""
    if not isinstance(event, dict):
        return event
    said = {name: value for name, value in event.items() if name not in ("name", "params")}
    context = {
        "traits": _traits(body.get("user_properties")),
        "consent": mapping(event.get("consent")) or mapping(body.get("consent")),
        "userAgent": body.get("user_agent"),
        "ip": body.get("ip_override"),
        "ga4": {**{name: value for name, value in body.items() if name not in PLACED}, **said},
    }
    message = translated(event.get("name"), mapping(event.get("params")), filled(context))
    micros = first(event, "timestamp_micros") or first(body, "timestamp_micros")
    device = first(body, "client_id", "app_instance_id")
    user = first(event, "user_id") or first(body, "user_id")
    if device is None and user is None:
        message["context"]["anonymous"] = True
    return known(message | {"timestamp": _micros(micros), "anonymousId": device, "userId": user})


def translated(name: Any, params: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Return type, name, properties and context of one event, which gtag and the protocol share."""
    shown = {ours: params[theirs] for theirs, ours in SHOWN.items() if text(params.get(theirs))}
    said = {"properties": params | shown, "context": context | filled({"page": shown})}
    if name == "page_view":
        return {"type": "page", **said}
    if name == "screen_view":
        return {"type": "screen", "name": first(params, "firebase_screen", "screen_name"), **said}
    return {"type": "track", "event": name, **said}


def _traits(given: Any) -> dict[str, Any]:
    """Return the user's properties without the wrapping of each value."""
    return {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in mapping(given).items()
    }


def _micros(given: Any) -> Any:
    """Return microseconds as text, so that nothing shorter is taken for seconds."""
    digits = str(given) if type(given) in (int, str) else ""
    return digits.zfill(16) if digits.isdecimal() and digits.isascii() else given


# -- validation ------------------------------------------------------------------------------------


def answer(request: Request, _opened: Opened) -> Answer:
    """Return the empty answer that Google gives, or the findings where they are asked for."""
    if not request.path.startswith(DEBUG):
        return NO_CONTENT
    findings = _findings(bodies.decoded(request))
    return Answer(200, orjson.dumps({"validationMessages": findings}))


def _findings(body: Any) -> list[dict[str, str]]:
    """Return what is wrong with a body, in the form of Google's validation server."""
    if not isinstance(body, dict):
        return [_finding("", "the body must be an object", "VALUE_INVALID")]
    found = []
    if not first(body, "client_id", "app_instance_id"):
        found.append(_finding("client_id", "client_id or app_instance_id is required", "VALUE_REQUIRED"))
    events = body.get("events")
    if not isinstance(events, list) or not events:
        found.append(_finding("events", "a list of events is required", "VALUE_REQUIRED"))
        return found
    if len(events) > MOST_EVENTS:
        found.append(_finding("events", f"at most {MOST_EVENTS} events", "EXCEEDED_MAX_ENTITIES"))
    for place, event in enumerate(events):
        found += _findings_of(f"events[{place}]", mapping(event))
    return found


def _findings_of(place: str, event: dict[str, Any]) -> list[dict[str, str]]:
    found, name = [], event.get("name")
    if not text(name):
        found.append(_finding(f"{place}.name", "an event needs a name", "VALUE_REQUIRED"))
    elif not NAME.fullmatch(str(name)):
        said = "a name begins with a letter; then letters, digits and underscores, 40 characters in all"
        found.append(_finding(f"{place}.name", said, "NAME_INVALID"))
    if len(mapping(event.get("params"))) > MOST_PARAMS:
        found.append(
            _finding(f"{place}.params", f"at most {MOST_PARAMS} parameters", "EXCEEDED_MAX_ENTITIES")
        )
    return found


def _finding(place: str, said: str, code: str) -> dict[str, str]:
    return {"fieldPath": place, "description": said, "validationCode": code}


WIRE = Wire(name="ga4", paths=PATHS, opened=opened, answer=answer)
