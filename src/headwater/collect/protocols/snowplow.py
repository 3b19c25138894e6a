"""Snowplow: the protocol of the Snowplow trackers, in browsers, on servers and in apps.

Reads  {"schema": ".../payload_data/...", "data": [event, ...]}, or one event in the query of a GET
Makes  page (pv), track (pp, se, ue, tr, ti) and screen (ue of a screen view)

A transaction becomes a purchase. `SP-Anonymous` means that the person must not be known: no address, no
id of a network, a device or a user. A true timestamp (ttm) is exact, so it is not corrected by the clock.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from headwater.collect import signals
from headwater.collect.protocols import entities
from headwater.collect.protocols.visitor import number, picture_or, screen, visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import mapping
from headwater.collect.request import Answer
from headwater.contract.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.collect.protocols.entities import Carried
    from headwater.collect.request import Request

Fields = dict[str, Any]

PATHS = {
    "/com.snowplowanalytics.snowplow/tp2": "",
    "/com.snowplowanalytics.iglu/v1": "",
    "/i": "",
    "/ice.png": "",
}
OWN_PATH = re.compile(r"/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+/[A-Za-z0-9_-]+")
"""A path that a shop chose for itself, to look like no tracker: vendor with a dot, then a version."""
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/"
OK = Answer(200, b"ok", "text/plain")
COOKIE = "sp"
LIFE_SECONDS = 395 * 86_400
"""13 months, as our own tracker's."""
SAID = Settings()
"""By which words of consent are read here; those that a workspace adds hold at the gate."""
IDS = ("uid", "duid", "nuid", "tnuid", "ip", "fp", "mac")
"""What may tell who it was."""
PLACED = (
    "e", "eid", "uid", "duid", "dtm", "stm", "ttm", "url", "refr", "page", "lang", "ua", "ip",
    "ue_px", "ue_pr", "cx", "co",
)  # fmt: skip
"""Fields with a place of their own in a message; the others are kept as they came."""

STRUCTURED = {"se_ca": "category", "se_ac": "action", "se_la": "label", "se_pr": "property", "se_va": "value"}
PING = {
    "pp_mix": "x_offset_min",
    "pp_max": "x_offset_max",
    "pp_miy": "y_offset_min",
    "pp_may": "y_offset_max",
}
TRANSACTION = {
    "tr_id": "order_id", "tr_af": "affiliation", "tr_tt": "revenue", "tr_tx": "tax", "tr_sh": "shipping",
    "tr_ci": "city", "tr_st": "state", "tr_co": "country", "tr_cu": "currency",
}  # fmt: skip
ITEM = {
    "ti_id": "order_id", "ti_sk": "sku", "ti_nm": "name", "ti_na": "name", "ti_ca": "category",
    "ti_pr": "price", "ti_qu": "quantity", "ti_cu": "currency",
}  # fmt: skip
NUMBERS = frozenset(
    {"value", "revenue", "tax", "shipping", "price", "quantity", *PING.values()},
)


# -- opening ---------------------------------------------------------------------------------------


def opened(request: Request, body: Any, _kind: str) -> Opened:
    """Take a request apart: the events of a payload, or the one in the query."""
    events = _events(request, body)
    keys = dict.fromkeys(
        event["aid"] for event in events if isinstance(event, dict) and isinstance(event.get("aid"), str)
    )
    return Opened([_message(event, request) for event in events], keys=tuple(keys))


def _events(request: Request, body: Any) -> list[Any]:
    if body is None:
        fields: Fields = {}
        for name, value in request.pairs():
            fields.setdefault(name, value)
        return [_described(fields)] if "e" in fields or "schema" in fields else []
    if not isinstance(body, dict):
        return body if isinstance(body, list) else [body]
    data = body.get("data") if str(body.get("schema", "")).startswith(PAYLOAD) else None
    if data is None:
        fields = dict(request.pairs())
        fields |= body if "schema" in body else {"data": body}
        return [_described(fields)] if "schema" in fields else [body]
    return data if isinstance(data, list) else [data]


def _described(fields: Fields) -> Fields:
    """Return an event that only names its schema (the Iglu webhook) as a self-describing one."""
    if "e" in fields or not str(fields.get("schema", "")).startswith("iglu:"):
        return fields
    data = fields.get("data")
    if not isinstance(data, dict):
        data = {key: value for key, value in fields.items() if key not in ("schema", "aid", *IDS)}
    described = {
        "e": "ue",
        "ue_pr": orjson.dumps({"data": {"schema": fields["schema"], "data": data}}).decode(),
    }
    return described | {key: fields[key] for key in ("aid", "p", "eid", *IDS) if key in fields}


def _message(event: Any, request: Request) -> Any:
    """Translate one event; what is no event is handed on as it is, to be refused."""
    if not isinstance(event, dict):
        return event
    is_anonymous = "sp-anonymous" in request.headers
    if is_anonymous:
        event = {name: value for name, value in event.items() if name not in IDS}
    carried = entities.carried(event, is_anonymous=is_anonymous)
    message = _said(event, carried)
    message["messageId"] = event.get("eid")
    if "ttm" in event:
        message["timestamp"] = event["ttm"]
    else:
        message |= {"timestamp": event.get("dtm"), "sentAt": event.get("stm")}
    message["context"] = _context(event, carried, request)
    if is_anonymous:
        message["context"]["anonymous"] = True
        message["context"].pop("ip", None)
        return message
    device = event.get("duid") or entities.session_user(carried.attached) or _network(event, request)
    message |= {"userId": event.get("uid"), "anonymousId": device}
    if not (device or event.get("uid")):
        message["context"]["anonymous"] = True
    return {name: value for name, value in message.items() if value is not None}


def _network(event: Mapping[str, Any], request: Request) -> Any:
    """Return the id that a collector before us gave to this browser: a field, or its cookie `sp`."""
    found = event.get("nuid") or event.get("tnuid")
    if found:
        return found
    return _cookie(request)


def _cookie(request: Request) -> str | None:
    """Return the id in the cookie of a network: ours, or that of a collector before us."""
    try:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


# -- what was said ---------------------------------------------------------------------------------


def _said(event: Fields, carried: Carried) -> dict[str, Any]:
    """Return type, name and properties."""
    kind = event.get("e")
    where = {name: event[field] for field, name in (("url", "url"), ("refr", "referrer")) if event.get(field)}
    if kind == "pv":
        title = {"title": event["page"]} if event.get("page") else {}
        return {"type": "page", "properties": where | title | entities.order(carried.attached)}
    if kind == "pp":
        return _track("page_ping", where | _named(event, PING))
    if kind == "se":
        return _track(event.get("se_ac"), where | _named(event, STRUCTURED))
    if kind == "tr":
        return _track("purchase", where | _named(event, TRANSACTION))
    if kind == "ti":
        return _track("transaction_item", where | _named(event, ITEM))
    if kind == "ue":
        if carried.event is None:
            return _track(None, where)
        type_, name, properties = carried.event.translated(carried.attached)
        said = {"type": type_, "properties": where | properties}
        return said | ({"event": name} if type_ == "track" else {"name": name})
    return {"type": kind, "properties": where}


def _track(name: Any, properties: Fields) -> dict[str, Any]:
    return {"type": "track", "event": name, "properties": properties}


def _named(event: Mapping[str, Any], names: Mapping[str, str]) -> Fields:
    """Return fields under the names that others use for them."""
    return {
        name: number(event[field]) if name in NUMBERS else event[field]
        for field, name in names.items()
        if event.get(field) not in (None, "")
    }


def _context(event: Fields, carried: Carried, request: Request) -> Fields:
    """Return what is known of the visitor, and everything of the event that has no other place."""
    kind = event.get("e")
    named = {"se": STRUCTURED, "pp": PING, "tr": TRANSACTION, "ti": ITEM}.get(str(kind), {})
    rest = {name: value for name, value in event.items() if name not in PLACED and name not in named}
    rest |= carried.unread
    if carried.attached:
        rest["contexts"] = carried.attached
    if carried.event:
        rest["schema"] = carried.event.schema
    page = {"url": event.get("url"), "referrer": event.get("refr"), "title": event.get("page")}
    said = {"ip": event.get("ip"), "userAgent": event.get("ua"), "locale": event.get("lang")}
    return {
        **(visitor(request) if _is_browser(event) else {}),
        **{name: value for name, value in said.items() if value},
        **screen(event.get("res")),
        **({"timezone": event["tz"]} if event.get("tz") else {}),
        "page": {name: value for name, value in page.items() if value},
        "library": {"name": "snowplow", "version": event.get("tv")},
        "snowplow": {"e": kind, **rest},
    }


def _is_browser(event: Mapping[str, Any]) -> bool:
    """Tell whether the tracker ran where the person was: a server's own agent says nothing."""
    return event.get("p", "web") not in ("srv", "pc", "mob", "app", "cnsl", "iot", "headset", "tv")


def answer(request: Request, opened: Opened) -> Answer:
    """Return a picture for what an image sent, else the word that the trackers expect.

    A browser without the network's cookie gets one, unless it must not be known or has refused that.
    """
    told = picture_or(OK, request)
    if "sp-anonymous" in request.headers or _cookie(request) or not opened.messages:
        return told
    contexts = (mapping(mapping(message).get("context")) for message in opened.messages)
    if any(signals.choices(context, SAID).analytics is False for context in contexts):
        return told
    return told._replace(headers=(*told.headers, ("set-cookie", _new_cookie(request))))


def _new_cookie(request: Request) -> str:
    """Return the header of a new id. It is made of the request, so that the same request gives the same."""
    seen = (request.received_at, request.address, request.query, sorted(request.headers.items()))
    digest = blake2b(repr(seen).encode() + request.body, digest_size=16).digest()
    page = request.headers.get("origin") or request.headers.get("referer") or ""
    reach = "Secure; SameSite=None" if page.startswith("https:") else "SameSite=Lax"
    return f"{COOKIE}={UUID(bytes=digest, version=4)}; Path=/; Max-Age={LIFE_SECONDS}; HttpOnly; {reach}"


WIRE = Wire(
    name="snowplow",
    paths=PATHS,
    pattern=OWN_PATH,
    methods=("GET", "POST"),
    opened=opened,
    answer=answer,
)
