"""Message: the one form that every protocol's messages take before they are believed.

Reads  canonical messages (the shape of the Segment spec) as the protocols make them
Makes  refusals, the id of a message, rows of `events`

A canonical message has type, event, messageId, anonymousId, userId, previousId, groupId, timestamp,
sentAt, properties, traits and context. One whose protocol knows no person (or was told to know none)
says `"context": {"anonymous": true}`: it needs no id, and its event belongs to nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headwater.collect import admit
from headwater.collect.admit import Hit, Refusal, Refused
from headwater.collect.clock import occurred_at
from headwater.collect.personal import Personal
from headwater.collect.reading import mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TYPES = ("track", "page", "screen", "identify", "group", "alias")
FACTS = ("touch", "conversion")
"""Types of messages that stand for a fact of another table; only `protocols/touch.py` has paths for them."""
NAMED = ("track",)
IDS = (
    ("messageId", admit.MESSAGE_ID_CHARS),
    ("userId", admit.PERSON_ID_CHARS),
    ("anonymousId", admit.PERSON_ID_CHARS),
    ("previousId", admit.PERSON_ID_CHARS),
    ("groupId", admit.PERSON_ID_CHARS),
)
OBJECTS = ("properties", "traits", "context")
NOTED = ("track", "page", "screen")
"""The types that say everything in properties; the others say it in traits."""
UNDECIDED = dict.fromkeys(("marks", "consent", "may_sync"))
"""Columns that the gate fills (see `gate`)."""
ANONYMOUS = "anonymous"
"""Key of the context that says, with the value true, that the event belongs to nobody."""


class Circumstances(NamedTuple):
    """What is known of a message besides itself."""

    received_at: datetime
    """Naive UTC."""
    sent_at: Any
    """Of the request, as the client wrote it; a message may have its own."""
    origin: str
    """The protocol's name."""


def message_id(message: Mapping[str, Any]) -> str | None:
    """Return the client's id of the message; numbers count as text, an empty id as none."""
    return _given(message.get("messageId"))


# -- admission -------------------------------------------------------------------------------------


def known_type(hit: Hit) -> Refused | None:
    """Refuse a type that there is not."""
    kind = hit.message.get("type")
    if isinstance(kind, str) and (kind in TYPES or kind in FACTS):
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
    """Refuse a message that names nobody (no id, e-mail address or phone number) and does not say so."""
    message = hit.message
    if (
        _given(message.get("userId"))
        or _given(message.get("anonymousId"))
        or _given(message.get("previousId"))
    ):
        return None
    if any(_contact(message, kind) for kind in ("email", "phone")):
        return None
    if mapping(message.get("context")).get(ANONYMOUS) is True:
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


CHECKS = (admit.size, admit.depth, known_type, objects, ids, identity, name, urls)


# -- translation -----------------------------------------------------------------------------------


def event(message: dict[str, Any], around: Circumstances) -> dict[str, Any]:
    """Translate an admitted message to a row of `events`.

    `properties`, `context` and the ids still hold raw personal values; see `personal`.
    """
    kind = message["type"]
    said, context = mapping(message.get("properties")), dict(mapping(message.get("context")))
    page = mapping(context.get("page"))
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
        "url": text(said.get("url")) or text(page.get("url")),
        "referrer": text(said.get("referrer")) or text(page.get("referrer")),
        "properties": _notes(message, said, kind, context),
        "context": context,
        "origin": around.origin,
        "user_agent": text(context.get("userAgent")),
        **UNDECIDED,
    }


def _name(message: dict[str, Any], said: dict[str, Any], kind: str) -> str | None:
    if kind == "track":
        return text(message.get("event"))
    return text(message.get("name")) or (text(said.get("name")) if kind in NOTED else None)


def _notes(
    message: dict[str, Any], said: dict[str, Any], kind: str, context: dict[str, Any]
) -> dict[str, Any]:
    """Return what the client said of the event; traits too for the types that say it there."""
    if kind in NOTED:
        category = message.get("category")
        return said if category is None or "category" in said else said | {"category": category}
    notes = said | mapping(message.get("traits"))
    if kind == "identify":
        notes = mapping(context.pop("traits", None)) | notes
    if kind == "group" and _given(message.get("groupId")):
        notes = notes | {"groupId": _given(message.get("groupId"))}
    return notes


def _contact(message: Mapping[str, Any], kind: str) -> str | None:
    """Return the e-mail address or phone number: of the person first, of the event last.

    The traits of a group are the group's, not the person's.
    """
    if message["type"] != "group" and (found := _contact_in(message.get("traits"), kind)):
        return found
    traits = mapping(message.get("context")).get("traits")
    return _contact_in(traits, kind) or _contact_in(message.get("properties"), kind)


def _contact_in(place: Any, kind: str) -> str | None:
    value = place.get(kind) if isinstance(place, dict) else None
    return str(value) if value and type(value) in (str, int) else None


def _mark(kind: str, value: str | None) -> Personal | None:
    return None if value is None else Personal(kind, value)


def _page(message: Mapping[str, Any], field: str) -> str | None:
    page = mapping(mapping(message.get("context")).get("page"))
    return text(mapping(message.get("properties")).get(field)) or text(page.get(field))


def _given(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
