"""Sources: the one name that each spelling of a source has, with its category.

Reads  facts/own_names.csv, facts/names_public.csv, the hosts, and the operator's aliases
Makes  the rows of `source_aliases`

An operator's alias also renames: with {"facebook": "meta"} everything that was facebook (fb,
m.facebook.com, ...) becomes meta, and stays social.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa

from headwater.contract.tables import SOURCE_ALIASES
from headwater.journey import facts
from headwater.journey.hosts import known, plain_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.contract.settings import Settings

_COUNTRIES = (
    "ad ae al am as at az ba be bf bg bi bj bs bt by ca cc cd cf cg ch ci cl cm cn com cv cz de dj dk dm dz ee es "
    "fi fm fr ga ge gg gl gm gp gr gy hn hr ht hu ie im iq is it je jo kg ki kz la li lk lt lu lv md me mg mk ml mn "
    "ms mu mv mw ne nl no nr nu pl pn ps pt ro rs ru rw sc se sh si sk sm sn so sr st td tg tk tl tm tn to tt us uz "
    "vg vu ws co.ao co.bw co.ck co.cr co.id co.il co.in co.jp co.ke co.kr co.ls co.ma co.mz co.nz co.th co.tz co.ug "
    "co.uk co.uz co.ve co.vi co.za co.zm co.zw com.af com.ag com.ai com.ar com.au com.bd com.bh com.bn com.bo "
    "com.br com.bz com.co com.cu com.cy com.do com.ec com.eg com.et com.fj com.gh com.gi com.gt com.hk com.jm "
    "com.kh com.kw com.lb com.ly com.mm com.mt com.mx com.my com.na com.ng com.ni com.np com.om com.pa com.pe "
    "com.pg com.ph com.pk com.pr com.py com.qa com.sa com.sb com.sg com.sl com.sv com.tj com.tr com.tw com.ua "
    "com.uy com.vc com.vn"
).split()
"""Suffixes under which patterns such as google.{} become spellings that a join can find."""


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
        return [pattern.replace("{}", suffix) for suffix in _COUNTRIES]
    return [] if "{}" in pattern else [pattern]


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
