"""Hosts: what is known of a host that appears as a referrer, and whether it counts as one at all.

Reads  facts/own_hosts.csv, facts/hosts_public.csv, facts/excluded_hosts.csv and the public suffix list
Makes  `Host` values, and the rows of `hosts`

The longest match wins, so mail.google.com is webmail and x.com/i/grok an assistant. A search engine's
other pages (docs.google.com) are no search results: below a search host only www, m and country
names count, below all others every name does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
from publicsuffixlist import PublicSuffixList

from headwater.contract.tables import HOSTS
from headwater.journey import facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PLAIN_PREFIX = re.compile(r"((www?[0-9]*|m|mobile|wap|amp|touch|l|lm|[a-z]{2}|[a-z]{2}-[a-z]{2})[.])+")
_PACKAGES = frozenset(("ai", "ch", "com", "jp", "org", "ru", "tv", "xyz"))
"""First parts of the names of Android apps; such a name is one thing, not a host below another."""
_ADDRESS = re.compile(r"[0-9.]+|\[?[0-9a-f:]*:[0-9a-f:.]*\]?")


@dataclass(frozen=True, slots=True)
class Host:
    """A host: its registrable domain, the source it stands for, the source's category, if it is left out."""

    site: str
    source: str
    category: str
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class _Known:
    source: str
    category: str
    is_own: bool


@cache
def _suffixes(*, only_icann: bool = False) -> PublicSuffixList:
    return PublicSuffixList(only_icann=only_icann)


def _table(rows: Iterator[tuple[str, _Known]]) -> dict[str, dict[str, _Known]]:
    """Return host pattern -> path -> what is known; the first row of a pattern counts."""
    table: dict[str, dict[str, _Known]] = {}
    for pattern, known in rows:
        host, slash, path = pattern.partition("/")
        table.setdefault(host, {}).setdefault(slash + path if path else "", known)
    return table


def _sources() -> Iterator[tuple[str, _Known]]:
    for name in ("own_hosts.csv", "hosts_public.csv"):
        for row in facts.rows(name):
            yield row["pattern"], _Known(row["source"], row["category"], name.startswith("own"))


_HOSTS = _table(_sources())
_EXCLUDED = _table(
    (row["pattern"], _Known("", row["kind"], is_own=True)) for row in facts.rows("excluded_hosts.csv")
)


def plain_host(host: str) -> str:
    """Return a host in lower case without port, user, final dot and `www.`.

    >>> plain_host("WWW.Example.com:8080")
    'example.com'
    """
    name = host.strip().lower().rpartition("@")[2]
    if not name.startswith("["):
        name = name.partition(":")[0] if name.count(":") == 1 else name
    return name.rstrip(".").removeprefix("www.")


@lru_cache(maxsize=65536)
def site(host: str) -> str:
    """Return the registrable domain of a host; an address or a bare name stands for itself."""
    name = plain_host(host)
    is_package = name in _HOSTS and name.partition(".")[0] in _PACKAGES
    if is_package or _ADDRESS.fullmatch(name):
        return name
    return str(_suffixes().privatesuffix(name) or name)


@lru_cache(maxsize=65536)
def known(host: str, path: str = "") -> Host:
    """Return what is known of `host` (and the path of the page on it, where that is at hand).

    >>> known("l.facebook.com").source, known("www.google.co.uk").category
    ('facebook', 'search')
    """
    name = plain_host(host)
    found = _longest(name, path.lower(), _HOSTS)
    excluded = (
        _longest(name, path.lower(), _EXCLUDED) is not None or f"{name.partition('.')[0]}.*" in _EXCLUDED
    )
    if found is None:
        return Host(site(name), name, "", excluded)
    return Host(site(name), found.source, found.category, excluded)


def _longest(name: str, path: str, table: Mapping[str, Mapping[str, _Known]]) -> _Known | None:
    for candidate in _parents(name):
        wild = _with_any_suffix(candidate)
        pages = [
            (len(prefix), page.is_own, page)
            for pattern in (candidate, wild)
            for prefix, page in table.get(pattern, {}).items()
            if _is_page(path, prefix.rstrip("/"))
        ]
        if not pages:
            continue
        _, _, best = max(pages, key=lambda page: page[:2])
        below = name.removesuffix(candidate)
        if best.category != "search" or not below or _PLAIN_PREFIX.fullmatch(below):
            return best
        return None
    return None


def _is_page(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith((f"{prefix}/", f"{prefix}?"))


def _parents(name: str) -> Iterator[str]:
    """Yield the host, then each name above it, down to its registrable domain."""
    last = site(name)
    while True:
        yield name
        if name == last or "." not in name:
            return
        name = name.partition(".")[2]


def _with_any_suffix(name: str) -> str:
    suffix = _suffixes(only_icann=True).publicsuffix(name) or ""
    return f"{name.removesuffix(suffix)}{{}}" if suffix and suffix != name else ""


def hosts_table(
    hosts: pa.Table,
    *,
    own_domains: Sequence[str] = (),
    excluded_referrers: Sequence[str] = (),
    source_aliases: Mapping[str, str] | None = None,
) -> pa.Table:
    """Return the rows of `hosts` for the column `host` of the table given; null and empty ones are left out.

    A host may carry a path (`x.com/i/grok`). Domains given count with every host below them;
    `source_aliases` are those of the settings, and rename sources here as everywhere.
    """
    aliases = source_aliases or {}
    domains = tuple(plain_host(domain) for domain in (*own_domains, *excluded_referrers))
    rows = []
    for host in sorted({host for host in hosts.column("host").to_pylist() if host}):
        name, slash, path = host.partition("/")
        found = known(name, slash + path)
        left_out = found.is_excluded or any(_is_below(plain_host(name), domain) for domain in domains)
        source = aliases.get(plain_host(name), aliases.get(found.source, found.source))
        rows.append((host, found.site, source, found.category, left_out))
    types = (pa.string(), pa.string(), pa.string(), pa.string(), pa.bool_())
    columns = zip(*rows, strict=True) if rows else ((),) * len(types)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=HOSTS.names()
    )


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
