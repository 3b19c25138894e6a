"""Personal: keep names, addresses, e-mail addresses and phone numbers out of the archive.

Reads  rows of `events` and refused messages, raw
Makes  the same with keyed hashes in the place of e-mail addresses and phone numbers

By key, in properties, traits and context, at any depth: values under e-mail and phone keys become
keyed hashes; names, postal addresses and birthdays are left out; IP addresses lose their last part.
By value, everywhere: an e-mail address inside other text becomes [email], an id that is one becomes
its keyed hash, and URLs lose what `privacy` removes. `name` is a person's only among traits (elsewhere
it names pages, products).
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from headwater.collect import privacy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.contract.ports import PersonalStore

MARK = privacy.EMAIL_MARK
EMAIL = privacy.EMAIL
EMAIL_KEYS = ("email", "emailaddress")
PHONE_KEYS = ("phone", "phonenumber", "telephone", "mobile", "mobilenumber", "msisdn")
LEFT_OUT = frozenset(
    {
        "firstname", "lastname", "middlename", "fullname", "surname", "familyname", "givenname", "username",
        "birthday", "birthdate", "dateofbirth", "dob",
        "address", "address1", "address2", "street", "streetaddress", "addressline1", "addressline2",
        "shippingaddress", "billingaddress", "homeaddress", "postaladdress",
        "password", "ssn", "creditcard", "cardnumber", "iban",
    }
)  # fmt: skip
IDS = ("user_id", "anonymous_id", "previous_id")
NESTED = ("properties", "context")
MARKED = (*IDS, "email", "phone", *NESTED)
"""The columns in which a mark can stand."""
TEXTS = ("event", "claimed_at")
PAGES = ("url", "referrer")
IP_V4 = re.compile(r"(?<![\d.])((?:\d{1,3}\.){3})\d{1,3}(?![\d.])")
IP_V6 = re.compile(r"(?<![\w:])((?:[0-9a-f]{1,4}:){3})[0-9a-f:]*:[0-9a-f:.]*", re.IGNORECASE)
REFUSED_FIELD = re.compile(
    r'("(?:ip|[^"]*(?:e_?-?mail|phone|mobile|(?:first|last|full|sur|user)_?-?name|address|birth)[^"]*)"\s*:\s*)"[^"]*"?',
    re.IGNORECASE,
)


class Personal(NamedTuple):
    """A raw value that must not leave the collector."""

    kind: str
    """email or phone"""
    value: str


Hashes = dict[Personal, "str | None"]


def screened(row: dict[str, Any], rules: privacy.Rules = privacy.DEFAULT) -> dict[str, Any]:
    """Return a row of `events` whose personal values are `Personal` marks, wherever they stood."""
    of_person = row["type"] == "identify"
    found = row | {name: _id(row[name]) for name in IDS} | {name: text(row[name]) for name in TEXTS}
    found |= {name: row[name] and privacy.url(row[name], rules) for name in PAGES}
    found["properties"] = _fields(row["properties"], rules, of_person=of_person)
    found["context"] = _fields(row["context"], rules, of_person=False)
    if found["email"] is None and isinstance(found["user_id"], Personal):
        found["email"] = found["user_id"]
    if "@" in row["event_id"]:
        found["event_id"] = _hidden(row["event_id"])
    for name in NESTED:
        with suppress(TypeError):  # marks cannot be written: those that hold one wait for their hashes
            found[name] = orjson.dumps(found[name]).decode()
    return found


def hashes(rows: Iterable[dict[str, Any]], store: PersonalStore) -> Hashes:
    """Keep the raw values of the rows in the encrypted store and return their keyed hashes."""
    marks: dict[Personal, None] = {}
    for row in rows:
        for name in MARKED:
            _collect(row[name], marks)
    result: Hashes = {}
    for kind in ("email", "phone"):
        of_kind = [mark for mark in marks if mark.kind == kind]
        if of_kind:
            keyed = store.keyed(kind, [mark.value for mark in of_kind])
            result |= {mark: keyed.get(mark.value) for mark in of_kind}
    return result


def resolved(row: dict[str, Any], known: Mapping[Personal, str | None]) -> dict[str, Any]:
    """Return the row with hashes for marks; properties and context are JSON text then."""

    def hashed(value: Any) -> str | None:
        if isinstance(value, Personal):
            return known.get(value)
        raise TypeError

    found = dict(row)
    for name in MARKED:
        value = row[name]
        if isinstance(value, Personal):
            found[name] = known.get(value) or (_hidden(value.value) if name in IDS else None)
        elif isinstance(value, dict):
            found[name] = orjson.dumps(value, default=hashed).decode()
    return found


def text(value: str | None) -> str | None:
    """Return text with each e-mail address in it replaced by a mark."""
    if value is None or ("@" not in value and "%40" not in value):
        return value
    return EMAIL.sub(MARK, value)


def refused_text(raw: str) -> str:
    """Return refused input without what looks personal in it."""
    found = REFUSED_FIELD.sub(r'\1"[removed]"', EMAIL.sub(MARK, raw))
    return IP_V6.sub(r"\1:", IP_V4.sub(r"\g<1>0", privacy.PHONE.sub(privacy.PHONE_MARK, found)))


@lru_cache(maxsize=4096)
def _rule(key: str) -> str:
    """Return what is done with the values under a key: keep, email, phone, ip, name, traits or out."""
    name = privacy.plain(key)
    if name in LEFT_OUT:
        return "out"
    if name in ("name", "traits"):
        return name
    if name.endswith(EMAIL_KEYS):
        return "email"
    if name.endswith(PHONE_KEYS):
        return "phone"
    return "ip" if name in privacy.ADDRESSES else "keep"


def _fields(value: dict[str, Any], rules: privacy.Rules, *, of_person: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, inside in value.items():
        rule = _rule(key)
        if rule == "out" or (rule == "name" and of_person and isinstance(inside, str)):
            continue
        kept[text(key) or key] = _value(rule, inside, rules)
    return kept


def _value(rule: str, value: Any, rules: privacy.Rules) -> Any:
    if isinstance(value, str):
        if rule in ("keep", "name", "traits"):
            return _kept(value, rules)
        if rule == "ip":
            return privacy.network(value, rules)
        return Personal(rule, value) if value else value
    if isinstance(value, dict):
        return _fields(value, rules, of_person=rule == "traits")
    if isinstance(value, list):
        return [_value(rule, inside, rules) for inside in value]
    if rule == "phone" and type(value) is int:
        return Personal("phone", str(value))
    return value


def _kept(value: str, rules: privacy.Rules) -> str:
    if privacy.is_address(value):
        return privacy.url(value, rules)
    return value if "@" not in value and "%40" not in value else text(value) or value


def _id(value: str | None) -> Any:
    if value is None or "@" not in value:
        return value
    return Personal("email", value) if EMAIL.fullmatch(value.strip()) else text(value)


def _hidden(value: str) -> str:
    return "hidden-" + blake2b(value.encode(), digest_size=16).hexdigest()


def _collect(value: Any, marks: dict[Personal, None]) -> None:
    if isinstance(value, Personal):
        marks[value] = None
    elif isinstance(value, dict):
        for inside in value.values():
            _collect(inside, marks)
    elif isinstance(value, list):
        for inside in value:
            _collect(inside, marks)
