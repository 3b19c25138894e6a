"""Reading: values of a request that may be anything, taken as what they are or not at all.

Reads  decoded JSON
Makes  texts, objects, ids and keys, and the parts of a canonical message that many protocols share

A client that writes null for what it does not know means that it does not know: nulls are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS = ("source", "medium", "campaign", "content", "term", "id")


def text(value: Any) -> str | None:
    """Return a text that says something; None for any other value."""
    return value if isinstance(value, str) and value else None


def mapping(value: Any) -> dict[str, Any]:
    """Return an object; an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a list as it is, any other value as a list of itself, nothing as an empty list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say something: without nulls, empty texts and empty objects.

    >>> filled({"a": None, "b": "", "c": {}, "d": 0, "e": False})
    {'d': 0, 'e': False}
    """
    return {name: value for name, value in fields.items() if value is not None and value not in ("", {})}


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without those that are null."""
    return {name: value for name, value in fields.items() if value is not None}


def without(fields: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return the fields that are not among `names`, as they came."""
    return {name: value for name, value in fields.items() if name not in names}


def first(fields: Mapping[str, Any], *names: str) -> Any:
    """Return the value under the first of `names` that is neither null nor empty; None without one."""
    return next((fields[name] for name in names if fields.get(name) not in (None, "")), None)


def keys(*values: Any) -> tuple[str, ...]:
    """Return the texts among `values`, each once: what may be a write key."""
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def campaign(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return `{"campaign": {source, medium, name, ...}}` of UTM parameters that stand beside no URL.

    >>> campaign({"utm_source": "google", "utm_campaign": "spring", "utm_term": None})
    {'campaign': {'source': 'google', 'name': 'spring'}}
    """
    tags = {("name" if tag == "campaign" else tag): text(fields.get(f"utm_{tag}")) for tag in TAGS}
    return filled({"campaign": known(tags)})
