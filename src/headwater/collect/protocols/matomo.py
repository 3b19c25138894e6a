"""Matomo: the protocol of the Matomo (Piwik) clients, browsers and servers.

Reads  one event in the query or a form, or {"requests": ["?idsite=1&rec=1&...", ...], "token_auth"}
Makes  page, and track: purchase (idgoal=0 with an order id), goal_<n>, the action of e_c/e_a, download, ...

The site's number is the write key; the token may be one too, and is never kept. A time or an address that
the client sets counts only with a token, as Matomo has it, but a time within the last day always does.
What is not marked rec=1 asks not to be recorded: it is kept among the refused.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from headwater.collect.bodies import Form
from headwater.collect.clock import moment
from headwater.collect.protocols.visitor import PICTURE, number, screen, visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import filled, items, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

Fields = dict[str, Any]

PATHS = {"/matomo.php": "", "/piwik.php": ""}
SECRETS = frozenset({"token_auth", "cip"})
PLACED = SECRETS | {
    "idsite", "rec", "_id", "cid", "uid", "url", "urlref", "action_name", "ua", "lang", "send_image",
}  # fmt: skip
WITHIN = timedelta(days=1)
"""How old a time may be that comes without a token."""
ORDER = {
    "ec_id": "order_id", "revenue": "revenue", "ec_st": "subtotal", "ec_tx": "tax", "ec_sh": "shipping",
    "ec_dt": "discount",
}  # fmt: skip
GOAL = {"idgoal": "goal_id", "revenue": "revenue"}
ACTION = {"e_c": "category", "e_a": "action", "e_n": "label", "e_v": "value"}
SEARCH = {"search": "query", "search_cat": "category", "search_count": "results"}
CONTENT = {"c_n": "content", "c_p": "piece", "c_t": "target", "c_i": "interaction"}
NUMBERS = frozenset({*ORDER.values(), "value", "results"}) - {"order_id"}
ITEM = ("sku", "name", "category", "price", "quantity")


# -- opening ---------------------------------------------------------------------------------------


def opened(request: Request, body: Any, _kind: str) -> Opened:
    """Take a request apart: one event, or several at once."""
    events, token = _events(request, body)
    tokens = (event.get("token_auth") for event in events if isinstance(event, dict))
    sites = (event.get("idsite") for event in events if isinstance(event, dict))
    return Opened(
        [_message(event, request, token) for event in events],
        keys=keys(*map(_key, sites), token, *tokens),
    )


def _key(site: Any) -> Any:
    return str(site) if type(site) is int else site


def _events(request: Request, body: Any) -> tuple[list[Any], str | None]:
    """Return the events of a request, and the token that stands for all of them."""
    around = _fields(request.pairs())
    token = text(around.get("token_auth"))
    if body is None:
        return ([around] if around else []), token
    if isinstance(body, Form):
        return [around | _fields(body.pairs)], token
    if isinstance(body, dict) and "requests" not in body:
        return [around | body], token
    token = text(mapping(body).get("token_auth")) or token
    listed = items(body["requests"] if isinstance(body, dict) else body)
    return [_read(one) for one in listed], token


def _read(written: Any) -> Any:
    if not isinstance(written, str):
        return written
    query = written.partition("?")[2] if "?" in written else written
    return _fields(parse_qsl(query, keep_blank_values=True, errors="replace"))


def _fields(pairs: list[tuple[str, str]]) -> Fields:
    return dict(reversed(pairs))


def _message(event: Any, request: Request, token: str | None) -> Any:
    """Translate one event; what is no event is handed on as it is, to be refused."""
    if not isinstance(event, dict):
        return event
    event = filled(event)
    page = filled(
        {"url": event.get("url"), "referrer": event.get("urlref"), "title": event.get("action_name")}
    )
    is_trusted = bool(token or text(event.get("token_auth")))
    when = _time(event.get("cdt"), request, is_trusted=is_trusted)
    said, names = _said(event)
    used = {*PLACED, *names, *(("cdt",) if when is not None else ())}
    context = {
        **visitor(request),
        **filled({"userAgent": event.get("ua"), "locale": event.get("lang")}),
        **({"ip": event["cip"]} if is_trusted and "cip" in event else {}),
        **screen(event.get("res")),
        "page": page,
        "matomo": filled({"idsite": event.get("idsite")})
        | {name: value for name, value in event.items() if name not in used},
    }
    user, device = event.get("uid"), event.get("cid") or event.get("_id")
    if user is None and device is None:
        context["anonymous"] = True
    said["properties"] = page | said["properties"]
    if str(event.get("rec")) != "1":
        said["type"] = "not to be recorded"
    return known({**said, "timestamp": when, "userId": user, "anonymousId": device, "context": context})


def _time(given: Any, request: Request, *, is_trusted: bool) -> Any:
    """Return the time that the client sets, where it may."""
    said = moment(given)
    if said is None:
        return None
    received = datetime.fromtimestamp(request.received_at / 1_000_000, UTC).replace(tzinfo=None)
    return given if is_trusted or received - said <= WITHIN else None


# -- what was said ---------------------------------------------------------------------------------


def _said(event: Fields) -> tuple[dict[str, Any], set[str]]:
    """Return type, name and properties of an event, and the fields that are said by them."""
    if str(event.get("ping", "")) == "1":
        return _track("page_ping", {}), {"ping"}
    if "idgoal" in event:
        return _goal(event)
    if event.get("e_c") or event.get("e_a"):
        return _track(event.get("e_a"), _named(event, ACTION)), set(ACTION)
    if "search" in event:
        return _track("search", _named(event, SEARCH)), set(SEARCH)
    for kind in ("download", "link"):
        if kind in event:
            name = "download" if kind == "download" else "outlink"
            return _track(name, {"target": event[kind]}), {kind}
    if "c_n" in event:
        name = "content_interaction" if "c_i" in event else "content_impression"
        return _track(name, _named(event, CONTENT)), set(CONTENT)
    return {"type": "page", "properties": {}}, set()


def _goal(event: Fields) -> tuple[dict[str, Any], set[str]]:
    """Return an order, a cart (an order without an id), or a goal by its number."""
    if str(event["idgoal"]) != "0":
        return _track(f"goal_{event['idgoal']}", _named(event, GOAL)), set(GOAL)
    products = _products(event.get("ec_items"))
    properties = _named(event, ORDER) | filled({"products": products})
    used = {"idgoal", *ORDER, *(("ec_items",) if products else ())}
    return _track("purchase" if "ec_id" in event else "cart_updated", properties), used


def _products(given: Any) -> list[dict[str, Any]] | None:
    """Return the products of an order; None where they cannot be read."""
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except ValueError:
            return None
    if not isinstance(given, list) or not all(isinstance(one, list) for one in given):
        return None
    return [dict(zip(ITEM, one, strict=False)) for one in given] or None


def _track(name: Any, properties: Fields) -> dict[str, Any]:
    return {"type": "track", "event": name, "properties": properties}


def _named(event: Fields, names: dict[str, str]) -> Fields:
    return {
        ours: number(event[theirs]) if ours in NUMBERS else event[theirs]
        for theirs, ours in names.items()
        if theirs in event
    }


def answer(request: Request, opened: Opened) -> Answer:
    """Return a picture; for several events at once how many there were; nothing where no picture is wanted."""
    if request.body.lstrip()[:1] == b"{" or request.body[:2] == b"\x1f\x8b":
        said = {"status": "success", "tracked": len(opened.messages), "invalid": 0}
        return Answer(200, orjson.dumps(said))
    wanted = [request.asked("send_image"), *_fields_of_form(request)]
    return Answer(204, b"", "text/plain") if "0" in wanted else PICTURE


def _fields_of_form(request: Request) -> list[str]:
    pairs = parse_qsl(request.body.decode("utf-8", errors="replace"), errors="replace")
    return [value for name, value in pairs if name == "send_image"]


WIRE = Wire(name="matomo", paths=PATHS, methods=("GET", "POST"), opened=opened, answer=answer)
