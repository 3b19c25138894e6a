"""Admit: which messages become events, and why the others do not.

Reads  one decoded message of any protocol
Makes  None to admit it, or a Refused with the reason, the field and the problem in words

Time is never a reason: a message with an impossible clock is admitted and its time corrected.
The limits are those that the large collectors share; all of them are counted on compact JSON.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

EVENT_BYTES = 32 * 1024
"""Largest message, as compact JSON."""
PROPERTIES = 1000
"""Most keys directly in properties or traits."""
LEVELS = 32
"""Most objects and lists one inside the other; properties, traits and context themselves are the first."""
MESSAGE_ID_CHARS = 100
PERSON_ID_CHARS = 200
URL_CHARS = 8192
RAW_CHARS = 64 * 1024
"""How much of refused input is kept."""


class Refusal(StrEnum):
    """Why input did not become an event. The values are the labels in the metrics."""

    INVALID_JSON = "invalid_json"
    INVALID_GZIP = "invalid_gzip"
    UNKNOWN_PACKING = "unknown_packing"
    BODY_TOO_LARGE = "body_too_large"
    NOT_AN_OBJECT = "not_an_object"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_TYPE = "unknown_type"
    NO_EVENT_NAME = "no_event_name"
    NO_IDENTITY = "no_identity"
    INVALID_ID = "invalid_id"
    ID_TOO_LONG = "id_too_long"
    URL_TOO_LONG = "url_too_long"
    TOO_MANY_PROPERTIES = "too_many_properties"
    EVENT_TOO_LARGE = "event_too_large"
    TOO_DEEP = "too_deep"
    NO_CONSENT = "no_consent"
    UNTRANSLATABLE = "untranslatable"
    SET_ASIDE = "set_aside"
    DAMAGED = "damaged"


class Refused(NamedTuple):
    """One refused message: the reason, the key that is wrong, the problem in words, the input."""

    reason: Refusal
    field: str | None
    detail: str
    raw: str = ""

    def keeping(self, raw: str) -> Refused:
        """Return the same refusal with the input it is about, cut to RAW_CHARS."""
        return self._replace(raw=raw[:RAW_CHARS])


class Hit(NamedTuple):
    """One message, not yet believed, beside its bytes as compact JSON."""

    message: Mapping[str, Any]
    raw: bytes


Check = "Callable[[Hit], Refused | None]"


def refusal(hit: Hit, checks: Iterable[Callable[[Hit], Refused | None]]) -> Refused | None:
    """Return the first reason to refuse `hit`, or None to admit it."""
    for check in checks:
        found = check(hit)
        if found is not None:
            return found
    return None


def size(hit: Hit) -> Refused | None:
    """Refuse a message over EVENT_BYTES."""
    if len(hit.raw) <= EVENT_BYTES:
        return None
    return Refused(Refusal.EVENT_TOO_LARGE, None, f"{len(hit.raw)} bytes; at most {EVENT_BYTES} are taken")


def depth(hit: Hit) -> Refused | None:
    """Refuse a message with values over LEVELS deep; only one with that many brackets is looked at."""
    if hit.raw.count(b"{") + hit.raw.count(b"[") <= LEVELS + 1:
        return None
    level: list[Any] = [hit.message]
    for _ in range(LEVELS + 1):
        level = [inner for value in level for inner in _inside(value) if isinstance(inner, dict | list)]
        if not level:
            return None
    return Refused(Refusal.TOO_DEEP, None, f"more than {LEVELS} objects and lists, one inside the other")


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
