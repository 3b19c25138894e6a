"""Segment: the protocol of the Segment and RudderStack clients, servers and browsers alike.

Reads  {"batch": [message, ...], "sentAt", "writeKey"} or one message
Makes  rows of `events`

The two differ in where an identify carries its traits (Segment: traits, RudderStack: context.traits)
and in what they call the event's time (timestamp, originalTimestamp); both are read everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.collect import admit
from headwater.collect.admit import Hit, Refusal, Refused
from headwater.collect.clock import occurred_at
from headwater.collect.personal import Personal
from headwater.collect.protocols.wire import Circumstances, Opened, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = ("track", "page", "screen", "identify", "group", "alias")
SHORT = {"t": "track", "p": "page", "s": "screen", "i": "identify", "g": "group", "a": "alias"}
PATHS = (
    {"/v1/batch": "", "/v1/b": "", "/beacon/v1/batch": "", "/v1/import": ""}
    | {f"/v1/{kind}": kind for kind in TYPES}
    | {f"/v1/{letter}": kind for letter, kind in SHORT.items()}
)
NAMED = ("track",)
IDS = (
    ("messageId", admit.MESSAGE_ID_CHARS),
    ("userId", admit.PERSON_ID_CHARS),
    ("anonymousId", admit.PERSON_ID_CHARS),
    ("previousId", admit.PERSON_ID_CHARS),
    ("groupId", admit.PERSON_ID_CHARS),
)
NOBODY = (None, "")
OBJECTS = ("properties", "traits", "context")
NOTED = ("track", "page", "screen")
"""The types that say everything in properties; the others say it in traits."""


# -- opening ---------------------------------------------------------------------------------------


def opened(body: Any) -> Opened:
    """Take a body apart: a batch, a list of messages or one message."""
    if isinstance(body, list):
        return Opened(body)
    if not isinstance(body, dict):
        return Opened([body])
    key = body.get("writeKey")
    key = key if isinstance(key, str) else None
    if "batch" not in body:
        return Opened([body], body.get("sentAt"), key)
    batch = body["batch"]
    return Opened(batch if isinstance(batch, list) else [batch], body.get("sentAt"), key)


def readied(message: dict[str, Any], kind: str) -> Any:
    """Give the message its type and take out what a retry may change; return its own sending time."""
    if kind:
        message["type"] = kind
    elif isinstance(message.get("type"), str) and message["type"] not in TYPES:
        message["type"] = message["type"].lower()
    message.pop("writeKey", None)
    message.pop("_metadata", None)
    return message.pop("sentAt", None)


def message_id(message: dict[str, Any]) -> str | None:
    """Return the message's id; numbers count as text, an empty id as none."""
    given = message.get("messageId")
    return None if given is None or given == "" else str(given)


def amended(message: dict[str, Any], *, made_id: str | None = None, sent_at: Any = None) -> dict[str, Any]:
    """Give the message an id made from its content, or a sending time of its own."""
    if made_id is not None:
        message["messageId"] = made_id
    if sent_at is not None:
        message["sentAt"] = sent_at
    return message


# -- admission -------------------------------------------------------------------------------------


def known_type(hit: Hit) -> Refused | None:
    """Refuse a type that the protocol does not have."""
    kind = hit.message.get("type")
    if isinstance(kind, str) and kind in TYPES:
        return None
    return Refused(Refusal.UNKNOWN_TYPE, "type", f"the type is {kind!r}; there are {', '.join(TYPES)}"[:500])


def objects(hit: Hit) -> Refused | None:
    """Refuse properties, traits or context that are no objects, and too many keys in them."""
    for field in OBJECTS:
        value = hit.message.get(field)
        if value is None:
            continue
        if not isinstance(value, dict):
            return Refused(Refusal.INVALID_FIELD, field, f"{field} must be an object")
        if len(value) > admit.PROPERTIES:
            return Refused(
                Refusal.TOO_MANY_PROPERTIES, field, f"{len(value)} keys; at most {admit.PROPERTIES}"
            )
    return None


def ids(hit: Hit) -> Refused | None:
    """Refuse ids that are neither text nor whole numbers, or too long."""
    for field, most in IDS:
        value = hit.message.get(field)
        if value is None:
            continue
        if type(value) is not str and type(value) is not int:
            return Refused(Refusal.INVALID_ID, field, f"{field} must be text or a whole number")
        if len(str(value)) > most:
            return Refused(Refusal.ID_TOO_LONG, field, f"{field} has over {most} characters")
    return None


def identity(hit: Hit) -> Refused | None:
    """Refuse a message that names nobody: no id, no e-mail address, no phone number."""
    message = hit.message
    if (
        _given(message.get("userId"))
        or _given(message.get("anonymousId"))
        or _given(message.get("previousId"))
    ):
        return None
    if any(_contact(message, kind) for kind in ("email", "phone")):
        return None
    return Refused(
        Refusal.NO_IDENTITY, "anonymousId", "neither anonymousId nor userId says whose event it is"
    )


def name(hit: Hit) -> Refused | None:
    """Refuse a track without the event's name."""
    if hit.message["type"] not in NAMED:
        return None
    event = hit.message.get("event")
    if isinstance(event, str) and event.strip():
        return None
    return Refused(Refusal.NO_EVENT_NAME, "event", "a track needs the event's name")


def urls(hit: Hit) -> Refused | None:
    """Refuse a URL that is longer than any browser makes."""
    if len(hit.raw) <= admit.URL_CHARS:
        return None
    for field in ("url", "referrer"):
        if len(_page(hit.message, field) or "") > admit.URL_CHARS:
            return Refused(Refusal.URL_TOO_LONG, field, f"{field} has over {admit.URL_CHARS} characters")
    return None


CHECKS = (admit.size, known_type, objects, ids, identity, name, urls)


# -- translation -----------------------------------------------------------------------------------


def event(message: dict[str, Any], around: Circumstances) -> dict[str, Any]:
    """Translate an admitted message to a row of `events`.

    `properties`, `context` and the ids still hold raw personal values; see `personal`.
    """
    kind = message["type"]
    said, context = _object(message.get("properties")), dict(_object(message.get("context")))
    page = _object(context.get("page"))
    claimed = message.get("originalTimestamp") or message.get("timestamp") or None
    sent = message.get("sentAt") or around.sent_at
    happened, doubt = occurred_at(claimed, sent=sent, received=around.received_at)
    if doubt is not None:
        context["$clock"] = doubt.value
    return {
        "event_id": str(message["messageId"]),
        "type": kind,
        "event": _name(message, said, kind),
        "anonymous_id": _given(message.get("anonymousId")),
        "user_id": _given(message.get("userId")),
        "previous_id": _given(message.get("previousId")),
        "email": _mark("email", _contact(message, "email")),
        "phone": _mark("phone", _contact(message, "phone")),
        "occurred_at": happened,
        "claimed_at": None if claimed is None else str(claimed),
        "known_at": around.received_at,
        "url": _text(said.get("url")) or _text(page.get("url")),
        "referrer": _text(said.get("referrer")) or _text(page.get("referrer")),
        "properties": _notes(message, said, kind, context),
        "context": context,
        "origin": around.origin,
    }


def _name(message: dict[str, Any], said: dict[str, Any], kind: str) -> str | None:
    if kind == "track":
        return _text(message.get("event"))
    return _text(message.get("name")) or (_text(said.get("name")) if kind in NOTED else None)


def _notes(
    message: dict[str, Any], said: dict[str, Any], kind: str, context: dict[str, Any]
) -> dict[str, Any]:
    """Return what the client said of the event; traits too for the types that say it there."""
    if kind in NOTED:
        category = message.get("category")
        return said if category is None or "category" in said else said | {"category": category}
    notes = said | _object(message.get("traits"))
    if kind == "identify":
        notes = _object(context.pop("traits", None)) | notes
    if kind == "group" and _given(message.get("groupId")):
        notes = notes | {"groupId": _given(message.get("groupId"))}
    return notes


def _contact(message: Mapping[str, Any], kind: str) -> str | None:
    """Return the e-mail address or phone number: of the person first, of the event last.

    The traits of a group are the group's, not the person's.
    """
    if message["type"] != "group" and (found := _contact_in(message.get("traits"), kind)):
        return found
    traits = _object(message.get("context")).get("traits")
    return _contact_in(traits, kind) or _contact_in(message.get("properties"), kind)


def _contact_in(place: Any, kind: str) -> str | None:
    value = place.get(kind) if isinstance(place, dict) else None
    return str(value) if value and type(value) in (str, int) else None


def _mark(kind: str, value: str | None) -> Personal | None:
    return None if value is None else Personal(kind, value)


def _page(message: Mapping[str, Any], field: str) -> str | None:
    page = _object(_object(message.get("context")).get("page"))
    return _text(_object(message.get("properties")).get(field)) or _text(page.get(field))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _given(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


WIRE = Wire(
    name="segment",
    paths=PATHS,
    answer=b'{"success":true}',
    checks=CHECKS,
    opened=opened,
    readied=readied,
    message_id=message_id,
    amended=amended,
    event=event,
)
