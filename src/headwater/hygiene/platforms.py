"""Platforms: the template of each ad platform, and how the words it fills in are written.

Reads  platforms.toml
Makes  `Platform` values; the macros that stand in a text

A macro stands for what the platform knows at the click. In a link that a person gets, none may be left.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from headwater.contract.errors import UnknownNameError
from headwater.contract.naming import TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

MACRO = re.compile(
    r"\{\{[^{}]*\}\}|\$\{[^{}]*\}|%\{[^{}]*\}|\{[A-Za-z_][\w.:+ -]*\}|__[A-Z][A-Z0-9_]*?__|\*\|[^|]+\|\*"
    r"|%%[A-Za-z_][\w .-]*%%|\[\[?[A-Z][A-Z0-9_]*\]?\]|<%[^%]*%>"
)
"""Placeholders as ad and e-mail platforms write them."""
NEARLY = re.compile(r"_?_[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?_|\{\{?[A-Za-z][\w.]*\}?|[A-Za-z][\w.]*\}\}?")
"""A whole value that was meant to be one: a sign is missing at an end."""
OWN = re.compile(r"\{_\w+\}|\{(?:if|ifnot)\w*:.*\}|\{(?:ifsearch|ifcontent|ifmobile|ifnotmobile):.*\}")
"""Custom parameters and conditions of Google and Microsoft: any name may stand there."""


class UnknownPlatformError(UnknownNameError):
    """No template is known for this ad platform."""

    kind = "ad platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One ad platform's template."""

    name: str
    """Its key: google_ads, meta, ..."""
    title: str
    """Its name as people say it."""
    field: str
    """Where the template goes."""
    click_id: str
    """The parameter that it adds by itself."""
    tags: Mapping[str, str]
    """By tag, the value or macro; empty where it knows none."""
    more: Mapping[str, str]
    """Further parameters that Headwater reads."""
    macros: frozenset[str]
    """Every macro that it fills in."""

    def suffix(self) -> str:
        """Return the template as it is pasted: parameters without a question mark."""
        tags = [(f"utm_{tag}", value) for tag, value in self.tags.items() if value]
        return "&".join(f"{name}={value}" for name, value in (*tags, *self.more.items()))


@lru_cache(maxsize=1)
def platforms() -> Mapping[str, Platform]:
    """Return every platform by its key."""
    told = tomllib.loads(files(__package__).joinpath("platforms.toml").read_text(encoding="utf-8"))
    return {
        name: Platform(
            name=name,
            title=row["title"],
            field=row["field"],
            click_id=row["click_id"],
            tags={tag: row[tag] for tag in TAGS},
            more=row["more"],
            macros=frozenset(row["macros"].split()),
        )
        for name, row in told.items()
    }


def platform(name: str) -> Platform:
    """Return one platform; raises UnknownPlatformError."""
    known = platforms()
    if name not in known:
        raise UnknownPlatformError.named(name, known=known)
    return known[name]


@lru_cache(maxsize=1)
def all_macros() -> frozenset[str]:
    """Return the macros of all platforms."""
    return frozenset().union(*(one.macros for one in platforms().values()))


def macros_in(text: str) -> list[str]:
    """Return the placeholders in a text, in order.

    >>> macros_in("https://shop.example/?utm_campaign={{campaign.name}}&k={keyword}&a=__AID__")
    ['{{campaign.name}}', '{keyword}', '__AID__']
    """
    return MACRO.findall(text)


def is_known(macro: str) -> bool:
    """Tell whether some platform fills it in; Google and Microsoft do not mind case."""
    return macro in all_macros() or macro.lower() in _lower() or OWN.fullmatch(macro) is not None


@lru_cache(maxsize=1)
def _lower() -> frozenset[str]:
    return frozenset(macro.lower() for macro in all_macros() if not macro.startswith(("{{", "__")))
