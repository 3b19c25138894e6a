"""Touch: touches and conversions that a server, a call tracker, a CRM or a survey reports as such.

Reads  POST /v1/touch and POST /v1/conversion: one object, a list, {"batch": [...]} or a form
Makes  messages of the types touch and conversion; a negative value is a refund, `Order Refunded`

The columns are those of an import. A wrong item is refused alone, with its field, and the answer says
which. A touch is known by touchpoint_id; of a conversion each version is taken, so that a correction can
be posted under the same id, and loading counts the latest.
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect.admit import MESSAGE_ID_CHARS, Refusal, Refused
from headwater.collect.bodies import Form, raw_text
from headwater.collect.clock import moment
from headwater.collect.importing.currencies import CURRENCIES
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import first, items, keys, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

TOUCH, CONVERSION = "touch", "conversion"
REFUND = "Order Refunded"
LARGEST = Decimal(10) ** 12
"""Amounts of this size and more are no money."""
WRITE_KEYS = ("write_key", "writeKey", "api_key")
SENT = ("sent_at", "sentAt")
TIMES = ("occurred_at", "timestamp", "time")
USERS = ("user_id", "userId", "customer_id", "external_id", "externalId")
DEVICES = ("anonymous_id", "anonymousId")
ORDERS = ("order_id", "orderId", "transaction_id")
OWN_IDS = {
    TOUCH: ("touchpoint_id", "touchpointId", "id"),
    CONVERSION: ("conversion_id", "conversionId", "id"),
}
CLICKS = ("click_id", "clickId", "gclid", "wbraid", "gbraid", "msclkid", "fbclid", "ttclid", "li_fat_id")
IDEMPOTENCY = ("idempotency_key", "idempotencyKey")
CONTACTS = ("email", "phone")
PAGES = {"url": "page_url", "referrer": "page_referrer"}
"""A touch is no visit, so its page must not stand where a visit's does."""
PLACED = frozenset(
    (*WRITE_KEYS, *SENT, *TIMES, *DEVICES, *CLICKS[:2], *IDEMPOTENCY, *CONTACTS, *PAGES,
     "user_id", "userId", "person", "context", "properties", "test", "type")
)  # fmt: skip
"""What is not repeated among the properties."""
MONEY = {TOUCH: ("cost",), CONVERSION: ("value", "revenue", "amount")}


# -- opening ---------------------------------------------------------------------------------------


def opened(request: Request, body: Any, kind: str) -> Opened:
    """Take a request apart: each item becomes a message, or the reason why not."""
    if isinstance(body, Form):
        body = dict(body.pairs)
    around = mapping(body)
    found = items(body.get("batch") if isinstance(body, dict) and "batch" in body else body)
    key = request.headers.get("idempotency-key")
    numbered = [f"{key}:{place}" if key and len(found) > 1 else key for place in range(len(found))]
    return Opened(
        messages=[_message(item, kind, given) for item, given in zip(found, numbered, strict=True)],
        sent_at=first(around, *SENT),
        keys=keys(*(around.get(name) for name in WRITE_KEYS)),
    )


def answer(_request: Request, found: Opened) -> Answer:
    """Say how many items were taken, and of each other one its place and what is wrong.

    Nothing but wrong items is answered 422; they are kept, so there is no use in sending them again.
    """
    refused = [
        {"index": place, "field": item.field, "reason": item.reason.value, "detail": item.detail}
        for place, item in enumerate(found.messages)
        if isinstance(item, Refused)
    ]
    accepted = len(found.messages) - len(refused)
    status = 422 if refused and not accepted else 200
    return Answer(status, orjson.dumps({"accepted": accepted, "refused": refused}))


# -- one item --------------------------------------------------------------------------------------


def _message(item: Any, kind: str, key: str | None) -> Any:
    """Return the message of one item, a Refused, or, where it is no object, the item."""
    if not isinstance(item, dict):
        return item
    item = mapping(item.get("properties")) | item
    wrong = _wrong_time(item) or _wrong_money(item, kind) or _wrong_person(item, kind)
    if wrong:
        return wrong.keeping(raw_text(item))
    return _refund(item, key) if kind == CONVERSION and _amount(item, kind) < 0 else _fact(item, kind, key)


def _fact(item: dict[str, Any], kind: str, key: str | None) -> dict[str, Any]:
    said = _rest(item)
    own = first(item, *OWN_IDS[kind])
    named = {
        f"{'touchpoint' if kind == TOUCH else CONVERSION}_id": _id(own),
        "click_id": text(first(item, *CLICKS)),
        "order_id": _id(first(item, *ORDERS)) if kind == CONVERSION else None,
    }
    said |= {name: value for name, value in named.items() if value is not None}
    if first(item, *MONEY[kind]) is not None:
        said[MONEY[kind][0]] = str(_amount(item, kind))
    if kind == TOUCH and isinstance(item.get("kind"), str):
        said["kind"] = "_".join(item["kind"].lower().replace("-", " ").split())
    name = said.get("kind") if kind == TOUCH else said.get("goal")
    message = _around(item) | {"type": kind, "properties": said}
    if isinstance(name, str):
        message["name"] = name
    message_id = _message_id(item, kind, key)
    return message if message_id is None else message | {"messageId": message_id}


def _refund(item: dict[str, Any], key: str | None) -> dict[str, Any]:
    order = _id(first(item, *ORDERS)) or _id(first(item, *OWN_IDS[CONVERSION]))
    said = _rest(item) | {"order_id": order, "refund_value": str(abs(_amount(item, CONVERSION)))}
    message = _around(item) | {"type": "track", "event": REFUND, "properties": said}
    message["context"] = message["context"] | {"anonymous": True}
    return message | {"messageId": _fitting("refund", _key(item, key) or _content(item))}


def _around(item: dict[str, Any]) -> dict[str, Any]:
    """Return who and when: ids, contacts, time and context, as canonical messages have them."""
    kind, value = _person(item)
    ids = {
        "userId": _id(first(item, *USERS)) or (value if kind == "user" else None),
        "anonymousId": _id(first(item, *DEVICES)) or (value if kind == "anonymous" else None),
        "timestamp": first(item, *TIMES),
    }
    contacts = {name: first(item, name) or (value if kind == name else None) for name in CONTACTS}
    traits = {name: said for name, said in contacts.items() if said is not None}
    context = dict(mapping(item.get("context")))
    if item.get("test") in (True, "true", "1"):
        context["test"] = True
    if not (ids["userId"] or ids["anonymousId"] or traits):
        context["anonymous"] = True
    found = {name: said for name, said in ids.items() if said is not None}
    return found | {"context": context} | ({"traits": traits} if traits else {})


def _person(item: dict[str, Any]) -> tuple[str, str | None]:
    """Return kind and value of `person`: kind:value, an e-mail address, or else a customer id."""
    given = _id(item.get("person"))
    if given is None:
        return "", None
    kind, colon, value = given.strip().partition(":")
    if colon and kind in ("user", "anonymous", "email", "phone", "click") and value:
        return kind, value
    return ("email", given) if "@" in given else ("user", given)


def _rest(item: dict[str, Any]) -> dict[str, Any]:
    """Return everything that has no place elsewhere, under the names it came with."""
    kept = {name: value for name, value in item.items() if name not in PLACED and value is not None}
    kept |= {ours: item[theirs] for theirs, ours in PAGES.items() if item.get(theirs) is not None}
    kind, value = _person(item)
    return kept | ({"click_id": value} if kind == "click" else {})


# -- ids -------------------------------------------------------------------------------------------


def _message_id(item: dict[str, Any], kind: str, key: str | None) -> str | None:
    """Return the id by which a retry is known; None leaves it to the content and the hour."""
    own = _id(first(item, *OWN_IDS[kind]))
    given = _key(item, key)
    if kind == TOUCH:
        return None if own is None and given is None else _fitting(kind, own or given)
    if given is not None:
        return _fitting(kind, given)
    return _fitting(kind, _content(item)) if own or first(item, *ORDERS) is not None else None


def _key(item: dict[str, Any], key: str | None) -> str | None:
    return _id(first(item, *IDEMPOTENCY)) or key


def _content(item: dict[str, Any]) -> str:
    same = {name: value for name, value in item.items() if name not in (*SENT, *WRITE_KEYS)}
    return blake2b(repr(sorted(same.items())).encode(errors="replace"), digest_size=16).hexdigest()


def _fitting(kind: str, given: str | None) -> str:
    found = f"{kind}:{given}"
    if len(found) <= MESSAGE_ID_CHARS:
        return found
    return f"{kind}:{blake2b(found.encode(errors='replace'), digest_size=16).hexdigest()}"


def _id(value: Any) -> str | None:
    return str(value) if type(value) in (str, int) and value != "" else None


# -- what is wrong ---------------------------------------------------------------------------------


def _wrong_time(item: dict[str, Any]) -> Refused | None:
    given = first(item, *TIMES)
    if given is None or moment(given) is not None:
        return None
    field = next(name for name in TIMES if item.get(name) not in (None, ""))
    return Refused(
        Refusal.INVALID_FIELD, field, f"{str(given)[:80]!r} is no time; write 2026-03-15T09:30:00Z"
    )


def _wrong_money(item: dict[str, Any], kind: str) -> Refused | None:
    for field in MONEY[kind]:
        given = item.get(field)
        if given in (None, ""):
            continue
        amount = _money(given)
        if amount is None or abs(amount) >= LARGEST or (amount < 0 and kind == TOUCH):
            return Refused(Refusal.INVALID_FIELD, field, f"{str(given)[:80]!r} is no amount; write 1234.56")
    currency = item.get("currency")
    if currency in (None, "") or (isinstance(currency, str) and currency.strip().upper() in CURRENCIES):
        return None
    return Refused(
        Refusal.INVALID_FIELD, "currency", f"{str(currency)[:20]!r} is no ISO 4217 code such as EUR"
    )


def _wrong_person(item: dict[str, Any], kind: str) -> Refused | None:
    if any(first(item, *names) is not None for names in (USERS, DEVICES, CONTACTS, CLICKS, ("person",))):
        return None
    if kind == CONVERSION and _amount(item, kind) < 0:
        if first(item, *ORDERS, *OWN_IDS[kind]) is not None:
            return None
        return Refused(Refusal.INVALID_FIELD, "order_id", "a refund needs the order_id that it belongs to")
    detail = "name the person: person, user_id, anonymous_id, email, phone or click_id"
    return Refused(Refusal.NO_IDENTITY, "person", detail)


def _amount(item: dict[str, Any], kind: str) -> Decimal:
    return _money(first(item, *MONEY[kind])) or Decimal(0)


def _money(given: Any) -> Decimal | None:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    if isinstance(given, float) and not math.isfinite(given):
        return None
    try:
        amount = Decimal(str(given).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


WIRE = Wire(
    name="touch",
    paths={"/v1/touch": TOUCH, "/v1/conversion": CONVERSION},
    opened=opened,
    answer=answer,
)
