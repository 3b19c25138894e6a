"""Sources: the one name that each spelling of a source has, with its category.

Reads  facts/own_names.csv, facts/names_public.csv, facts/countries.csv, the hosts,
       and the operator's aliases
Makes  the rows of `source_aliases` and `tag_aliases`

An operator's alias also renames: with {"facebook": "meta"} everything that was facebook (fb,
m.facebook.com, ...) becomes meta, and stays social.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa

from headwater.contract.tables import SOURCE_ALIASES, TAG_ALIASES
from headwater.journey import facts
from headwater.journey.hosts import known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.contract.settings import Settings


@lru_cache(maxsize=1)
def _spellings() -> dict[str, tuple[str, str]]:
    """Return every spelling -> (source, category); names before hosts, hand-written before public ones."""
    found: dict[str, tuple[str, str]] = {}
    for name in ("own_names.csv", "names_public.csv"):
        for row in facts.rows(name):
            found.setdefault(row["alias"], (row["source"], row["category"]))
    for name in ("own_hosts.csv", "hosts_public.csv"):
        for row in facts.rows(name):
            for host in _hosts(row["pattern"]):
                found.setdefault(host, (row["source"], row["category"]))
                found.setdefault(f"www.{host}", (row["source"], row["category"]))
    for source, category in list(found.values()):
        found.setdefault(source, (source, category))
    return found


def _hosts(pattern: str) -> list[str]:
    if pattern.endswith("{}"):
        return [pattern.replace("{}", row["suffix"]) for row in _countries()]
    return [] if "{}" in pattern else [pattern]


@lru_cache(maxsize=1)
def _countries() -> list[dict[str, str]]:
    return facts.rows("countries.csv")


def source_key(text: str) -> str:
    """Return a source as it is compared: lower case, single spaces, no scheme, no final slash."""
    return " ".join(text.lower().split()).removeprefix("https://").removeprefix("http://").rstrip("/")


def canonical(source: str, aliases: Mapping[str, str] | None = None) -> str:
    """Return the one name for a spelling of a source; `aliases` are those of the settings.

    >>> canonical("FB"), canonical("m.facebook.com"), canonical("www.google.co.nz"), canonical("Partner A")
    ('facebook', 'facebook', 'google', 'partner a')
    """
    return _named(source, aliases or {})[0]


def category(source: str, aliases: Mapping[str, str] | None = None) -> str:
    """Return the category of a spelling of a source: search, social, ai, video, shopping, email or ""."""
    return _named(source, aliases or {})[1]


def _named(source: str, aliases: Mapping[str, str]) -> tuple[str, str]:
    key = source_key(source)
    host, slash, path = key.partition("/")
    built_in = _spellings().get(key)
    if built_in is None and "." in host and " " not in host:
        found = known(host, slash + path)
        built_in = (found.source if found.category or not path else key, found.category)
    name, kind = built_in or (key, "")
    renamed = aliases.get(key, aliases.get(name, name))
    return renamed, kind or _spellings().get(renamed, ("", ""))[1]


def source_aliases(settings: Settings) -> pa.Table:
    """Return `source_aliases`: alias (lower case), source, category, for an equality join.

    A source that is not in it is its own name: lower case, as sent.
    """
    own = {source_key(alias): name for alias, name in settings.source_aliases.items()}
    spelled = sorted({*_spellings(), *own})
    named = [_named(alias, own) for alias in spelled]
    columns = (spelled, [name for name, _ in named], [kind for _, kind in named])
    return pa.table([pa.array(column, pa.string()) for column in columns], names=SOURCE_ALIASES.names())


def tag_aliases(settings: Settings) -> pa.Table:
    """Return `tag_aliases`: the one name of each spelling of a medium or campaign, for an equality join."""
    named = sorted(
        (tag, alias.strip().lower(), name.strip())
        for tag, aliases in (("medium", settings.medium_aliases), ("campaign", settings.campaign_aliases))
        for alias, name in {alias.strip().lower(): name for alias, name in aliases.items()}.items()
    )
    columns = list(zip(*named, strict=True)) or [(), (), ()]
    return pa.table([pa.array(column, pa.string()) for column in columns], names=TAG_ALIASES.names())
