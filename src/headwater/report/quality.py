"""Quality: what came in, what became of it, and what to look at.

Reads  intake, refused, event_flags, sessions, touchpoints, journeys, conversions, events, experiments
Makes  received, stored, duplicate, refused: in total (the first row) and by kind and origin

received = stored + duplicate + refused is checked in every row (`is_balanced`). Meta lists the
refusals by reason, with examples of file, row and field, what is flagged (bots, staff, tests, ...) and
why, and flags of what to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.contract.channel_names import words_of
from headwater.contract.query import Report, ReportTable
from headwater.contract.steps import literal
from headwater.report.measure.meta import meta, plain_time
from headwater.report.measure.rows import rows

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery

COUNTS = ("received", "stored", "duplicate", "refused")
MOST_EXAMPLES = 100
"""Refused rows that are listed one by one where the query names no limit."""


def quality(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the counts of everything that was received, up to `query.as_of`."""
    known = f"known_at <= timestamp {literal(plain_time(query.as_of))}" if query.as_of else "true"
    taken = _intake(context, known)
    total = {"kind": "total", "origin": "", **{name: sum(row[name] for row in taken) for name in COUNTS}}
    total["last_known_at"] = max(
        (row["last_known_at"] for row in taken if row["last_known_at"]), default=None
    )
    reasons = _reasons(context, known)
    checked = [
        row | {"is_balanced": row["received"] == row["stored"] + row["duplicate"] + row["refused"]}
        for row in (total, *taken)
    ]
    return ReportTable(
        report="quality",
        columns=("kind", "origin", *COUNTS, "is_balanced", "last_known_at"),
        rows=checked,
        meta=meta(
            context,
            query,
            total={name: total[name] for name in COUNTS},
            is_balanced=all(row["is_balanced"] for row in checked),
            refused=reasons,
            refused_rows=_examples(context, known, query.limit or MOST_EXAMPLES),
            flagged=_flagged(context),
            flags=_flags(context, listed=sum(row["refused"] for row in reasons), counted=total["refused"]),
        ),
    )


def _intake(context: ReportContext, known: str) -> list[dict[str, Any]]:
    sums = ", ".join(f"cast(coalesce(sum({name}), 0) as bigint) as {name}" for name in COUNTS)
    return rows(
        context.reader,
        f"""
        select kind, origin, {sums}, max(known_at) as last_known_at
        from intake where {known} group by kind, origin order by kind, origin
        """,
    )


def _reasons(context: ReportContext, known: str) -> list[dict[str, Any]]:
    return rows(
        context.reader,
        f"""
        select reason, kind, coalesce(field, '') as field, count(*) as refused
        from refused where {known} group by reason, kind, coalesce(field, '')
        order by refused desc, reason, kind, field
        """,
    )


def _examples(context: ReportContext, known: str, most: int) -> list[dict[str, Any]]:
    """Return refused rows by file and row, each reason having its turn before any has its second."""
    return rows(
        context.reader,
        f"""
        select origin, "row", field, reason, detail from (
            select *, row_number() over (partition by reason, kind order by origin, "row", refused_id) as turn
            from refused where {known}
        ) as numbered order by turn, origin, "row", refused_id limit {int(most)}
        """,
    )


def _flagged(context: ReportContext) -> list[dict[str, Any]]:
    """Return events, touchpoints and conversions that are flagged, by reason, with their share of all."""
    return rows(
        context.reader,
        """
        with found as (
            select 'events' as what, flag, reason, count(*) as "count" from event_flags group by flag, reason
            union all
            select 'touchpoints', flag, '', count(*) from touchpoints where flag is not null group by flag
            union all
            select 'conversions', flag, '', count(*) from conversions where flag is not null group by flag
        ),

        everything as (
            select 'events' as what, count(*) as everything from events
            union all
            select 'touchpoints', count(*) from touchpoints
            union all
            select 'conversions', count(*) from conversions
        )

        select f.what, f.flag, f.reason, f."count", f."count" / cast(e.everything as double) as share
        from found as f join everything as e on e.what = f.what
        order by f.what, f."count" desc, f.flag, f.reason
        """,
    )


def _flags(context: ReportContext, *, listed: int, counted: int) -> list[dict[str, Any]]:
    """Return what an operator should look at: a name, a count and what it means; nothing at zero."""
    found = rows(
        context.reader,
        """
        select 'touchpoints without a source' as flag, count(*) as "count",
            'direct visits, or imports that name neither channel nor source' as meaning
        from touchpoints where coalesce(source, '') = '' and coalesce(channel, 'direct') = 'direct'
        union all
        select 'conversions without a touchpoint', count(*), 'unattributed: none in the window before them'
        from journeys where step_count = 0
        union all
        select 'macro conversions without a value', count(*), 'they count, but bring no revenue'
        from journeys where is_macro and coalesce(net_value, 0) = 0 and conversion_count > 0
        union all
        select 'conversions with more refunded than paid', count(*), 'their net value is negative'
        from journeys where net_value < 0
        union all
        select 'events from the future', count(*), 'they happened later than they were received'
        from events where occurred_at > known_at
        order by flag
        """,
    )
    found += _experiments_unused(context)
    found.append(
        {
            "flag": "refused rows that are not listed",
            "count": abs(counted - listed),
            "meaning": "the counts of the intake and the kept rows differ",
        }
    )
    return [flag for flag in found if flag["count"]]


def _experiments_unused(context: ReportContext) -> list[dict[str, Any]]:
    """Return a flag for the experiments that calibrate nothing, since their channel is spelt like none that was met."""
    met = {
        words_of(row["channel"]) for row in rows(context.reader, "select distinct channel from touchpoints")
    }
    tested = rows(context.reader, "select channel from experiments order by channel")
    lost = [row["channel"] for row in tested if words_of(row["channel"]) not in met]
    names = ", ".join(dict.fromkeys(lost))
    meaning = f"they calibrate nothing, since no touchpoint has their channel: {names}"
    return [{"flag": "experiments of a channel that was never met", "count": len(lost), "meaning": meaning}]


REPORT = Report(
    name="quality", summary="What was received, stored, duplicate and refused, and why", answer=quality
)
