"""Entities: the self-describing JSON that Snowplow events carry, beside them or as the event itself.

Reads  ue_px, cx (base64) and ue_pr, co (plain) of one event
Makes  [{"schema", "data"}, ...], and the type, name and properties of a self-describing event

base64 comes with and without padding, in both alphabets. What cannot be read costs nothing else.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

SCREENS = ("screen_view",)
ECOMMERCE = "snowplow_ecommerce_action"
ACTIONS = {"transaction": "purchase", "checkout_step": "begin_checkout"}
"""What other protocols, and the goals, call the actions of a shop; the others have one name."""
ORDER = {"transaction_id": "order_id", "revenue": "revenue", "currency": "currency"}
REFUND = {"transaction_id": "order_id", "refund_amount": "refund_amount", "currency": "currency"}
KINDS = {"transaction": ORDER, "refund": REFUND}


NOBODY = "00000000-0000-0000-0000-000000000000"
"""What trackers that must not know the device give for its id."""
FORMS = ("submit_form", "change_form", "focus_form")


class Described(NamedTuple):
    """A self-describing event: its schema (iglu:vendor/name/format/version) and its data."""

    schema: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """The schema's name; the schema itself where it is none of Iglu's."""
        parts = self.schema.removeprefix("iglu:").split("/")
        return parts[1] if len(parts) == 4 else self.schema

    def translated(self, attached: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
        """Return type, name and properties, those of an attached order among them."""
        if self.name == ECOMMERCE and isinstance(self.data.get("type"), str):
            action = self.data["type"]
            first = action != "checkout_step" or _step(attached) in (1, "1", None)
            name = ACTIONS.get(action, action) if first else action
            return "track", name, order(attached) | _products(attached) | self.data
        if self.name in SCREENS:
            return "screen", str(self.data.get("name") or self.name), self.data
        if self.name in FORMS:
            return "track", self.name, _form(self.data)
        return "track", self.name, order(attached) | self.data


class Carried(NamedTuple):
    """The self-describing JSON of one event."""

    event: Described | None
    """What happened, where the event describes itself."""
    attached: list[dict[str, Any]]
    """The entities beside it."""
    unread: dict[str, Any]
    """Fields that hold something that could not be read, as they came."""


def carried(event: Mapping[str, Any], *, is_anonymous: bool = False) -> Carried:
    """Read the self-describing JSON of `event`, without the ids of a person if `is_anonymous`."""
    itself = _described(_read(event, "ue_px", "ue_pr"))
    outer = _read(event, "cx", "co")
    inner = outer.get("data") if isinstance(outer, dict) else None
    attached = [entity for entity in inner if isinstance(entity, dict)] if isinstance(inner, list) else []
    sources = ((itself, ("ue_px", "ue_pr")), (attached, ("cx", "co")))
    unread = {name: event[name] for found, names in sources if not found for name in names if event.get(name)}
    if is_anonymous:
        return Carried(itself, [_unnamed(entity) for entity in attached], {})
    return Carried(itself, attached, unread)


def _described(outer: Any) -> Described | None:
    inner = outer.get("data") if isinstance(outer, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("schema"), str) or not inner["schema"]:
        return None
    data = inner.get("data")
    return Described(inner["schema"], data if isinstance(data, dict) else {"data": data})


def _unnamed(entity: dict[str, Any]) -> dict[str, Any]:
    """Return a session without the id of its device; other entities as they are."""
    if not _is(entity, "client_session") or not isinstance(entity.get("data"), dict):
        return entity
    kept = {name: value for name, value in entity["data"].items() if name != "userId"}
    return entity | {"data": kept}


def session_user(entities: list[dict[str, Any]]) -> Any:
    """Return the id of the device that apps give in their session; browsers give it in `duid` too."""
    found = _data(entities, "client_session").get("userId")
    return None if found == NOBODY else found


def order(entities: list[dict[str, Any]]) -> dict[str, Any]:
    """Return order id, revenue or refund, and currency of an attached transaction or refund."""
    found: dict[str, Any] = {}
    for kind, names in KINDS.items():
        data = _data(entities, kind)
        found |= {name: data[field] for field, name in names.items() if data.get(field) is not None}
    return found


def _form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form without what was typed into it, but for an e-mail address and a phone number."""
    elements = data.get("elements")
    elements = [one for one in elements if isinstance(one, dict)] if isinstance(elements, list) else []
    kept = {name: value for name, value in data.items() if name != "value"}
    if elements:
        kept["elements"] = [
            {name: value for name, value in one.items() if name != "value"} for one in elements
        ]
    for kind, types in (("email", ("email",)), ("phone", ("phone", "tel"))):
        typed = (one.get("value") for one in elements if one.get("name") == kind or one.get("type") in types)
        if value := next((value for value in typed if isinstance(value, str) and value), None):
            kept[kind] = value
    return kept


def _products(entities: list[dict[str, Any]]) -> dict[str, Any]:
    found = [entity.get("data") for entity in entities if _is(entity, "product")]
    return {"products": found} if found else {}


def _step(entities: list[dict[str, Any]]) -> Any:
    return _data(entities, "checkout_step").get("step")


def _data(entities: list[dict[str, Any]], name: str) -> dict[str, Any]:
    data = next((entity.get("data") for entity in entities if _is(entity, name)), None)
    return data if isinstance(data, dict) else {}


def _is(entity: Mapping[str, Any], name: str) -> bool:
    return isinstance(entity.get("schema"), str) and f"/{name}/" in entity["schema"]


def _read(event: Mapping[str, Any], packed: str, plain: str) -> Any:
    """Return the JSON of the field that is given; None where it is absent or no JSON."""
    found = event.get(plain)
    if isinstance(found, dict):
        return found
    try:
        if isinstance(found, str) and found:
            return orjson.loads(found)
        found = event.get(packed)
        return orjson.loads(_unpacked(found)) if isinstance(found, str) and found else None
    except ValueError:  # binascii.Error and orjson.JSONDecodeError are ValueErrors
        return None


def _unpacked(text: str) -> bytes:
    """Decode base64 of either alphabet, padded or not."""
    same = text.strip().replace("-", "+").replace("_", "/").replace(" ", "+").rstrip("=")
    return b64decode(same + "=" * (-len(same) % 4))
