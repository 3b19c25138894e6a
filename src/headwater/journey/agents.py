"""Agents: every user agent that ever came, judged once, and again whenever the lists grow.

Reads  the distinct user agents of `events`; the package crawler-user-agents
Makes  agents   one row per user agent; an empty flag is a good one

A full build judges all of them anew, so a crawler that the list learns today is flagged back to its
first visit. Rules of the settings come before the list (see `flags`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa

from headwater.contract.steps import Solve
from headwater.contract.tables import AGENTS, EVENTS
from headwater.journey.flags import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headwater.contract.settings import Settings
    from headwater.journey.flags import FlagRule

CRAWLER = "bot"
WHY = "crawler-user-agents: {}"
CHUNK = 25
"""Patterns that are tried in one go: a regular expression of hundreds of alternatives is slow."""


def agents(settings: Settings) -> Solve:
    """Make `agents` from the user agents that occur; rules come before the list of crawlers."""
    listed = rules(settings)
    return Solve(
        makes=AGENTS,
        reads=(EVENTS,),
        queries={"events": "select user_agent from events where user_agent <> '' group by user_agent"},
        solve=lambda tables: agents_table(tables["events"].column(0).to_pylist(), listed),
    )


def agents_table(found: Iterable[str], listed: Sequence[FlagRule]) -> pa.Table:
    """Return the rows of `agents` for the user agents given; `listed` are all rules, in order."""
    rows = [(agent, *_judged(agent, listed)) for agent in sorted(set(found))]
    types = (pa.string(), pa.string(), pa.string(), pa.int64())
    columns = zip(*rows, strict=True) if rows else ((),) * len(types)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=AGENTS.names()
    )


def _judged(agent: str, listed: Sequence[FlagRule]) -> tuple[str | None, str | None, int | None]:
    """Return flag, reason and place of the first rule about user agents alone that holds."""
    given = {"user_agent": agent.lower()}
    for place, rule in enumerate(listed, start=1):
        if rule.is_of_agent and rule.rule.holds(given):
            return rule.flag, rule.why, place
    found = crawler(agent)
    return (CRAWLER, WHY.format(found), len(listed) + 1) if found else (None, None, None)


@lru_cache(maxsize=65536)
def crawler(agent: str) -> str | None:
    """Return the pattern of the crawler that sends this user agent; None for a browser's.

    >>> crawler("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    'Googlebot/'
    """
    for chunk, patterns in _chunks():
        if chunk.search(agent):
            hit = next(pattern for pattern in patterns if re.search(pattern, agent))
            return hit.replace("\\", "")
    return None


@cache
def _chunks() -> list[tuple[re.Pattern[str], list[str]]]:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    listed = [str(row["pattern"]) for row in CRAWLER_USER_AGENTS_DATA]
    parts = [listed[place : place + CHUNK] for place in range(0, len(listed), CHUNK)]
    return [(re.compile("|".join(part)), part) for part in parts]
