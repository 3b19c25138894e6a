"""Spellings: tags in the traffic that most likely mean the same, with the alias that would make them one.

Reads  touchpoints, landings          tagged visits and imported touches, under the aliases that hold
       click_id_names, source_aliases  what a click id or a known name proves
Makes  tag, alias, name, reason, certainty, touches of each

An alias that holds already makes one of two, so it is not suggested again. Names that differ in a number
(spring_2025, spring_2026) are never the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from headwater.contract.query import Report, ReportTable
from headwater.report.measure.meta import meta
from headwater.report.measure.rows import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.contract.query import ReportContext, ReportQuery

TAGS = ("source", "medium", "campaign")
CERTAINTIES = ("sure", "likely", "perhaps")
"""From the surest on."""
MOST = 1000
"""Values of one tag that are compared, the most frequent ones."""
LEAST_CLICKS, CLICK_SHARE = 5, 0.8
"""Touches with a click id, and the share of all, from which a platform is believed."""
SHORTEST, LIKENESS = 5, 0.85
"""Letters from which a slip of the pen is believed, and how like two names must be (0 to 1)."""
COLUMNS = ("tag", "alias", "name", "reason", "certainty", "touches", "name_touches")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One value of one tag in the traffic."""

    value: str
    touches: int


def spellings(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the suggestions, the surest first, then by touches."""
    found: list[dict[str, Any]] = []
    for tag in TAGS:
        seen = _seen(context, tag)
        taken: set[str] = set()
        for row in (*_known(context, tag, seen), *pairs(seen), *_clicked(context, tag)):
            if row["alias"] not in taken:
                taken.add(row["alias"])
                found.append({"tag": tag, **row})
    # what is another's alias gives way to that one's name: no alias of an alias
    names = {(row["tag"], row["alias"]) for row in found if row["alias"] != row["name"].lower()}
    kept = [row for row in found if (row["tag"], row["name"].lower()) not in names]
    kept.sort(
        key=lambda row: (CERTAINTIES.index(row["certainty"]), -row["touches"], row["tag"], row["alias"])
    )
    shown = kept[: query.limit]
    return ReportTable(
        report="spellings",
        columns=COLUMNS,
        rows=shown,
        meta=meta(context, query, left_out_rows=len(kept) - len(shown)),
    )


def pairs(seen: list[Seen]) -> Iterator[dict[str, Any]]:
    """Yield the rows of values that are alike; the more frequent of two keeps its name.

    Two that differ in case or separators only are surely the same, two that differ in a letter perhaps.
    """
    ordered = sorted(seen, key=lambda one: (-one.touches, one.value))[:MOST]
    by_letters: dict[str, Seen] = {}
    distinct: list[Seen] = []
    for one in ordered:
        first = by_letters.setdefault(letters(one.value) or one.value, one)
        if first is one:
            distinct.append(one)
        else:
            is_case = first.value.lower().strip() == one.value.lower().strip()
            yield _row(one, first, reason="case" if is_case else "separators", certainty="sure")
    blocks: defaultdict[tuple[str, ...], list[Seen]] = defaultdict(list)
    for one in distinct:
        block = blocks[(letters(one.value)[:1], *re.findall("[0-9]+", one.value))]
        near = next((other for other in block if is_slip(one.value, other.value)), None)
        if near is None:
            block.append(one)
        else:
            yield _row(one, near, reason="one is a slip of the other", certainty="perhaps")


def letters(value: str) -> str:
    """Return what is left of a value without case and separators.

    >>> letters("Spring-Sale 26"), letters("spring_sale26")
    ('springsale26', 'springsale26')
    """
    return re.sub(r"[\W_]+", "", value.lower())


def is_slip(one: str, other: str) -> bool:
    """Tell whether two values differ so little that one is a slip of the pen.

    >>> is_slip("newsletter", "newsleter"), is_slip("brand", "brandt_de"), is_slip("cpc", "cpm")
    (True, False, False)
    """
    a, b = letters(one), letters(other)
    if min(len(a), len(b)) < SHORTEST or re.findall("[0-9]+", one) != re.findall("[0-9]+", other):
        return False
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.quick_ratio() >= LIKENESS and matcher.ratio() >= LIKENESS


def _row(one: Seen, name: Seen, *, reason: str, certainty: str) -> dict[str, Any]:
    return {
        "alias": one.value.strip().lower(),
        "name": name.value.strip(),
        "reason": reason,
        "certainty": certainty,
        "touches": one.touches,
        "name_touches": name.touches,
    }


def _seen(context: ReportContext, tag: str) -> list[Seen]:
    """Return the values of a tag; a source counts only where a tag or an import named it."""
    found = rows(
        context.reader,
        f"""
        select t.{tag} as value, count(*) as touches
        from touchpoints as t left join landings as l on l.session_id = t.touchpoint_id
        where coalesce(trim(t.{tag}), '') <> '' and t.kind <> 'path'
            and (t.kind <> 'visit' or coalesce(l.utm_{tag}, '') <> '')
        group by t.{tag} order by touches desc, value
        """,
    )
    return [Seen(value=row["value"], touches=row["touches"]) for row in found]


def _known(context: ReportContext, tag: str, seen: list[Seen]) -> Iterator[dict[str, Any]]:
    """Yield the values that are a listed or well-known name but for case and separators."""
    listed = {"source": context.settings.naming.sources, "medium": context.settings.naming.mediums}.get(
        tag, ()
    )
    names = {letters(name): name for name in reversed(listed)}
    if tag == "source":
        known = rows(context.reader, "select alias, source from source_aliases order by alias desc")
        names = {letters(row["alias"]): row["source"] for row in known} | names
    touches = {one.value: one.touches for one in seen}
    for one in seen:
        name = names.get(letters(one.value))
        if name and name != one.value:
            row = _row(
                one, Seen(value=name, touches=touches.get(name, 0)), reason="known name", certainty="sure"
            )
            yield row


def _clicked(context: ReportContext, tag: str) -> Iterator[dict[str, Any]]:
    """Yield the sources whose visits bear the click id of a platform that has another name."""
    if tag != "source":
        return
    found = rows(
        context.reader,
        """
        with counted as (
            select t.source, n.source as name, count(*) as touches,
                sum(count(*)) over (partition by t.source) as all_touches
            from touchpoints as t
            join landings as l on l.session_id = t.touchpoint_id
            left join click_id_names as n on n.name = t.click_id_name
            where coalesce(l.utm_source, '') <> '' and t.kind = 'visit'
            group by t.source, n.source
        )
        select c.source, c.name, c.touches, cast(c.all_touches as bigint) as all_touches,
            (select count(*) from touchpoints as o where o.source = c.name) as name_touches,
            (select count(*) from source_aliases as a where a.source = c.source) as is_known
        from counted as c where coalesce(c.name, '') not in ('', c.source)
        order by c.touches desc, c.source, c.name
        """,
    )
    for row in found:
        is_enough = row["touches"] >= LEAST_CLICKS and row["touches"] >= CLICK_SHARE * row["all_touches"]
        if is_enough and not row["is_known"]:
            one = Seen(value=row["source"], touches=row["all_touches"])
            name = Seen(value=row["name"], touches=row["name_touches"])
            yield _row(one, name, reason=f"its clicks are {row['name']}'s", certainty="likely")


REPORT = Report(
    name="spellings", summary="Tags that most likely mean the same, as aliases to take over", answer=spellings
)
