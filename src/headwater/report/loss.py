"""Loss: how many conversions the browser misses, by comparing it with the server and the order system.

Reads  the orders that each side reported (see `measure.sightings`), events with a running number
Makes  per day (or browser, device, consent, goal): who saw how many, and the share that the browser missed

Only orders with an id can be compared, and only on the days on which the browser and another side both
report: before a server was connected, its silence says nothing. What no side saw is not in any row;
meta guesses at it, and says on which assumption.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.errors import UnknownDimensionError
from headwater.contract.query import Report, ReportTable
from headwater.contract.steps import literal
from headwater.report.dimensions import NONE
from headwater.report.filters import bounds, selection
from headwater.report.measure.capture import share_missed, whole
from headwater.report.measure.meta import meta
from headwater.report.measure.rows import one, rows
from headwater.report.measure.sightings import day_of, sides, sightings

if TYPE_CHECKING:
    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportContext, ReportQuery

COUNTS = (
    "conversions", "seen_by_browser", "seen_by_server", "seen_by_orders",
    "browser_only", "server_only", "both", "orders_only", "missed",
)  # fmt: skip
ASSUMPTION = (
    "those that no side saw are guessed by Chapman's estimator as if a loss in the browser said nothing about a"
    " loss elsewhere; where one cause empties both, there are more"
)


def loss(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per day, or per value of `query.by`: browser, device, consent or goal.

    `missed` are those that the server or the order system knows and the browser does not; `share` is
    their part of all that these know. Raises UnknownDimensionError.
    """
    chosen = selection(context, query)
    ways = sides(context.settings.time_zone)
    by = "day" if query.by == "channel" else query.by
    if by not in ways:
        raise UnknownDimensionError.named(by, known=ways)
    seen = sightings(_where(context, query))
    days = _days(context, seen)
    within = f"where {day_of(context.settings.time_zone)} between {days}" if days else "where false"
    found = [_shared(row) for row in rows(context.reader, _counted(seen, ways[by], within))]
    total = one(context.reader, _counted(seen, "''", within)) if found else None
    return ReportTable(
        report="loss",
        columns=(by, *COUNTS, "share", "share_low", "share_high", "missed_value"),
        rows=[{by: row.pop("player")} | row for row in found],
        meta=meta(
            context,
            query,
            chosen,
            by=by,
            total=_total(total) if total else {},
            compared=_period(context.reader, days),
            left_out=one(context.reader, _outside(seen, days, context.settings.time_zone)),
            estimate=_estimate(total) if total else None,
            sequence=_sequence(context.reader),
            note=None
            if found
            else "the browser and another side never reported orders with an id on the same days",
        ),
    )


def _where(context: ReportContext, query: ReportQuery) -> str:
    first, after = bounds(query, zone=context.settings.time_zone)
    parts = ["c.is_macro" if query.goal is None else f"c.goal = {literal(query.goal)}"]
    if not query.with_flagged:
        parts.append("c.flag is null")
    if first:
        parts.append(f"c.occurred_at >= timestamp {literal(first.isoformat(' '))}")
    if after:
        parts.append(f"c.occurred_at < timestamp {literal(after.isoformat(' '))}")
    return " and ".join(parts)


def _days(context: ReportContext, seen: str) -> str:
    """Return `first day and last day` on which the browser and another side report; empty without."""
    day = day_of(context.settings.time_zone)
    found = one(
        context.reader,
        f"""
        select
            greatest(
                min(case when in_browser = 1 then {day} end), min(case when in_server + in_orders > 0 then {day} end)
            ) as since,
            least(
                max(case when in_browser = 1 then {day} end), max(case when in_server + in_orders > 0 then {day} end)
            ) as until,
            max(in_browser) + max(case when in_server + in_orders > 0 then 1 else 0 end) as sides
        from ({seen}) as seen
        """,
    )
    if found["sides"] != 2 or found["since"] > found["until"]:
        return ""
    return f"date '{found['since']}' and date '{found['until']}'"


def _counted(seen: str, player: str, within: str) -> str:
    others = "(in_server = 1 or in_orders = 1)"
    counts = {
        "conversions": "true",
        "seen_by_browser": "in_browser = 1",
        "seen_by_server": "in_server = 1",
        "seen_by_orders": "in_orders = 1",
        "browser_only": f"in_browser = 1 and not {others}",
        "server_only": "in_server = 1 and in_browser = 0",
        "both": "in_browser = 1 and in_server = 1",
        "orders_only": "in_orders = 1 and in_browser = 0 and in_server = 0",
        "missed": f"in_browser = 0 and {others}",
        "known": others,
    }
    columns = ", ".join(
        f"cast(sum(case when {condition} then 1 else 0 end) as bigint) as {name}"
        for name, condition in counts.items()
    )
    return f"""
        select coalesce(nullif({player}, ''), {literal(NONE)}) as player, {columns},
            cast(coalesce(sum(case when in_browser = 0 then net_value else 0 end), 0) as decimal(38,6)) as missed_value
        from ({seen}) as seen {within}
        group by 1 order by 1
    """


def _shared(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the share that was missed in the place of what it is a share of."""
    share, low, high = share_missed(known=row.pop("known"), missed=row["missed"])
    return row | {
        "share": share,
        "share_low": low,
        "share_high": high,
        "missed_value": Decimal(row["missed_value"]),
    }


def _total(total: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _shared(dict(total)).items() if name != "player"}


def _estimate(total: dict[str, Any]) -> dict[str, Any] | None:
    """Return how many conversions there were in all, seen or not."""
    known, missed = total["known"], total["missed"]
    found = whole(first=total["seen_by_browser"], second=known, both=known - missed)
    if found is None:
        return None
    return {
        "conversions": found.total,
        "conversions_low": found.low,
        "conversions_high": found.high,
        "unseen": max(0.0, found.total - total["conversions"]),
        "assumes": ASSUMPTION,
    }


def _period(reader: Reader, days: str) -> dict[str, Any]:
    if not days:
        return {"since": None, "until": None}
    return one(reader, f"select {days.replace(' and ', ' as since, ')} as until")


def _outside(seen: str, days: str, zone: str) -> str:
    """Return the SELECT of what cannot be compared, by reason."""
    outside = f"not ({day_of(zone)} between {days})" if days else "true"
    return f"""
        select
            (select count(*) from ({seen}) as seen where {outside}) as other_days,
            (
                select count(*) from events as e join goal_events as g on g.event = e.event and g.is_macro
                where e.type = 'track' and e.event_id in (select conversion_id from conversions)
            ) as without_order_id
    """


def _sequence(reader: Reader) -> dict[str, Any] | None:
    """Return how many numbered events of browsers are missing between those that came.

    A tracker may number the events of a device in `context.n`; between the smallest and the largest
    number all others should have come.
    """
    found = one(
        reader,
        """
        select
            cast(coalesce(sum(expected), 0) as bigint) as expected,
            cast(coalesce(sum(received), 0) as bigint) as received
        from (
            select anonymous_id, max(n) - min(n) + 1 as expected, count(distinct n) as received
            from (
                select anonymous_id, try_cast(json_extract_string(context, '$.n') as bigint) as n
                from events where contains(context, '"n":') and anonymous_id <> ''
            ) as numbered
            where n >= 0 group by anonymous_id
        ) as devices
        """,
    )
    if not found["expected"]:
        return None
    missing = found["expected"] - found["received"]
    share = share_missed(known=found["expected"], missed=missing)
    return found | {
        "missing": missing,
        "share": share.share,
        "share_low": share.low,
        "share_high": share.high,
    }


REPORT = Report(
    name="loss", summary="What the browser misses: browser, server and order system compared", answer=loss
)
