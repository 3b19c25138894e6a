"""Mixpanel: the protocol of the Mixpanel clients, browsers and servers.

Reads  {"event", "properties"} or a list of them (/track, /import), profiles (/engage), groups (/groups)
Makes  canonical messages

Bodies are JSON, or a form whose field `data` is JSON or base64 of it; older clients put that into the
query of a GET. What a client hears depends on what it asked for: `verbose` says that it reads JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect import bodies
from headwater.collect.protocols.dollars import around, page_of, screen_of
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import filled, first, items, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

PATHS = {"/track": "", "/import": "", "/engage": "identify", "/groups": "group"}
TYPES = {
    "$mp_web_page_view": "page",
    "mp_page_view": "page",
    "$identify": "identify",
    "$create_alias": "alias",
    "$merge": "alias",
}
DEVICE = "$device:"
"""Stands before a distinct_id that is a device's."""
PLACED = frozenset({"token", "distinct_id", "$insert_id", "time", "ip", "mp_lib", "$lib_version", "alias"})
"""Properties that have a place of their own in a message."""
PROFILE = frozenset({"$token", "$distinct_id", "$set", "$set_once", "$time", "$ip"})
PERSONAL = ("$email", "$phone", "$name", "$first_name", "$last_name", "$username")
"""Traits that are stored under the names without the sign, as every other client calls them."""


def opened(request: Request, body: Any, kind: str) -> Opened:
    """Take a request apart: one event or profile, or a list of them."""
    if body is None and (packed := request.asked("data")):
        body = bodies.data(packed)
    made = {"identify": _profile, "group": _group}.get(kind, _message)
    found = items(body)
    tokens = [_token(item) for item in found if isinstance(item, dict)]
    asked = [value for name, value in (*request.pairs(), *bodies.fields(request)) if name in KEYS]
    return Opened(
        [made(item, request) if isinstance(item, dict) else item for item in found],
        request.asked("_"),
        keys(*tokens, *asked),
    )


KEYS = ("api_key", "token", "project_id")


def answer(request: Request, opened: Opened) -> Answer:
    """Return what the client hears."""
    asked = dict((*request.pairs(), *bodies.fields(request)))
    if asked.get("verbose") == "1":
        return Answer(200, b'{"error":"","status":1}')
    if request.path.rstrip("/") == "/import" or asked.get("strict") == "1":
        told = {"code": 200, "num_records_imported": len(opened.messages), "status": "OK"}
        return Answer(200, orjson.dumps(told))
    return Answer(200, b"1", "text/plain")


def _token(item: dict[str, Any]) -> Any:
    return item.get("$token") or mapping(item.get("properties")).get("token")


def _message(item: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return one event as a canonical message."""
    said = known(mapping(item.get("properties")))
    name = item.get("event")
    kind = TYPES.get(name, "track") if isinstance(name, str) else "track"
    message: dict[str, Any] = {
        "type": kind,
        "messageId": said.get("$insert_id"),
        "timestamp": said.get("time"),
        "properties": {key: value for key, value in said.items() if key not in PLACED},
        "context": _context(
            said, request, {k: v for k, v in item.items() if k not in ("event", "properties")}
        ),
        **_person(said, kind, name),
    }
    if kind == "track":
        message["event"] = name
    if "$amount" in said and first(said, "revenue", "value", "total", "amount") is None:
        message["properties"]["revenue"] = said["$amount"]
    return known(message)


def _person(said: dict[str, Any], kind: str, name: Any) -> dict[str, Any]:
    """Return whose event it is.

    Both ids of an alias are one person's, so it does not matter which of them came first.
    """
    own, device = said.get("distinct_id"), said.get("$device_id")
    if name == "$merge":
        ids = items(said.get("$distinct_ids"))
        return {"userId": ids[0] if ids else own, "previousId": ids[1] if len(ids) > 1 else None}
    if kind == "alias":
        return {"userId": own, "previousId": said.get("alias"), "anonymousId": device}
    if kind == "identify":
        found = {"userId": first(said, "$identified_id", "$user_id") or own}
        return found | {"anonymousId": _device(said.get("$anon_id")) or device}
    if said.get("$user_id") is not None:
        return {"userId": said["$user_id"], "anonymousId": device}
    is_device = own == device if device is not None else said.get("mp_lib") == "web"
    if _device(own) != own or is_device:
        return {"anonymousId": _device(own)}
    return {"userId": own, "anonymousId": device}


def _device(own: Any) -> Any:
    return own.removeprefix(DEVICE) if isinstance(own, str) else own


def _context(said: dict[str, Any], request: Request, rest: dict[str, Any]) -> dict[str, Any]:
    """Return where and with what the event happened."""
    told = {
        "page": page_of(said, path="current_url_path", title="current_page_title"),
        "ip": text(said.get("ip")),
        "screen": screen_of(said),
        "library": filled({"name": said.get("mp_lib"), "version": said.get("$lib_version")}),
        "mixpanel": rest,
    }
    return around(request, said, told, is_browser=said.get("mp_lib") == "web")


def _profile(item: dict[str, Any], _request: Request) -> dict[str, Any]:
    """Return what is said of a person as an identify."""
    own = item.get("$distinct_id")
    return known(
        {
            "type": "identify",
            "timestamp": item.get("$time"),
            "anonymousId" if _device(own) != own else "userId": _device(own),
            "traits": _traits(item),
            "context": filled({"ip": text(item.get("$ip")), "mixpanel": _rest(item, PROFILE)}),
        }
    )


def _group(item: dict[str, Any], _request: Request) -> dict[str, Any]:
    """Return what is said of a group; it is nobody's event."""
    traits = filled({"type": item.get("$group_key")}) | _traits(item)
    rest = _rest(item, PROFILE | {"$group_key", "$group_id"})
    context = filled({"mixpanel": rest}) | {"anonymous": True}
    return known(
        {
            "type": "group",
            "timestamp": item.get("$time"),
            "groupId": item.get("$group_id"),
            "traits": traits,
            "context": context,
        }
    )


def _traits(item: dict[str, Any]) -> dict[str, Any]:
    told = mapping(item.get("$set_once")) | mapping(item.get("$set"))
    return {(key.removeprefix("$") if key in PERSONAL else key): value for key, value in known(told).items()}


def _rest(item: dict[str, Any], placed: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in placed}


WIRE = Wire(name="mixpanel", paths=PATHS, methods=("POST", "GET"), opened=opened, answer=answer)
