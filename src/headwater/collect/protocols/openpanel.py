"""OpenPanel: the protocol of the OpenPanel clients, browsers and servers.

Reads  {"type", "payload"} on /track, told from Mixpanel's by the header openpanel-client-id
Makes  canonical messages

The clients keep no id of a device: an event without a profile belongs to nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.collect.protocols.visitor import visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import campaign, filled, first, items, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

CLIENT = "openpanel-client-id"
VIEW = "screen_view"
PLACED = frozenset({"__timestamp", "__deviceId", "__path", "__referrer", "__title", "__ip"})
"""Properties that have a place of their own in a message."""
PROFILE = frozenset({"profileId", "properties"})


def accepts(request: Request) -> bool:
    """Tell whether a request is of this protocol: its clients name themselves in a header."""
    return CLIENT in request.headers


def opened(request: Request, body: Any, _kind: str) -> Opened:
    """Take a request apart: it holds one message, or one for each group that is joined."""
    found = [each for item in items(body) for each in _messages(item, request)]
    return Opened(found, keys=keys(request.headers.get(CLIENT)))


def answer(_request: Request, _opened: Opened) -> Answer:
    """Return what the client hears; it keeps these ids until it is closed, and needs none."""
    return Answer(200, b'{"deviceId":"","sessionId":""}')


def _messages(item: Any, request: Request) -> list[Any]:
    if not isinstance(item, dict):
        return [item]
    payload, kind = mapping(item.get("payload")), item.get("type")
    if kind == "track":
        return [_track(payload, request)]
    if kind == "identify":
        traits = {key: value for key, value in payload.items() if key not in PROFILE}
        return [_of_person("identify", payload, traits=traits | mapping(payload.get("properties")))]
    if kind == "alias":
        return [_of_person("alias", payload, previousId=payload.get("alias"))]
    if kind in ("increment", "decrement"):
        return [_of_person("identify", payload, context={"openpanel": item})]
    if kind == "assign_group":
        groups = items(payload.get("groupIds"))
        return [_of_person("group", payload, groupId=group) for group in groups]
    if kind == "group":
        traits = {key: value for key, value in payload.items() if key not in ("id", "properties")}
        traits |= mapping(payload.get("properties"))
        return [_of_person("group", payload, groupId=payload.get("id"), traits=known(traits))]
    return [item]


def _of_person(kind: str, payload: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a message about the profile that is named; without one it is nobody's."""
    message = known({"type": kind, "userId": first(payload, "profileId"), **fields})
    if "userId" not in message:
        message["context"] = {**mapping(message.get("context")), "anonymous": True}
    return message


def _track(payload: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return one event as a canonical message."""
    said = known(mapping(payload.get("properties")))
    name, path = payload.get("name"), text(said.get("__path"))
    is_page = path is not None and "://" in path
    person = known({"userId": first(payload, "profileId"), "anonymousId": first(said, "__deviceId")})
    rest = {key: value for key, value in known(payload).items() if key not in ("name", *PROFILE)}
    page = {
        "url": path if is_page else None,
        "path": None if is_page else path,
        "referrer": text(said.get("__referrer")),
        "title": text(said.get("__title")),
    }
    told = {"page": filled(page), "ip": text(said.get("__ip")), "openpanel": rest}
    context = (visitor(request) if is_page else {}) | ({} if is_page else campaign(said)) | filled(told)
    if not person:
        context["anonymous"] = True
    message = {
        "type": "track",
        "timestamp": said.get("__timestamp"),
        "properties": {key: value for key, value in said.items() if key not in PLACED} | _money(said),
        "context": context,
        **person,
    }
    if name == VIEW and path is not None:
        kind = "page" if is_page else "screen"
        return known(message | {"type": kind, "name": None if is_page else path})
    return known(message | {"event": name})


def _money(said: dict[str, Any]) -> dict[str, Any]:
    """Return the revenue under its common name, unless the event says one itself."""
    return {"revenue": said["__revenue"]} if "__revenue" in said and "revenue" not in said else {}


WIRE = Wire(name="openpanel", paths={"/track": ""}, accepts=accepts, opened=opened, answer=answer)
