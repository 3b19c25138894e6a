"""Overview: the workspace in one row, with goals and days beside it.

Reads  the journeys that the query means, touchpoints, conversions, spend
Makes  one row of totals; meta holds `goals` (micro goals too) and `days` (a series)

`aov` is value by conversion. Touchpoints and persons are those of the days asked for, all goals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.query import Report, ReportTable
from headwater.contract.steps import literal
from headwater.report.filters import bounds, selection
from headwater.report.measure.meta import meta
from headwater.report.measure.rows import one, rows
from headwater.report.measure.spend import total_spend
from headwater.report.measure.spread import middle

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.filters import Selection

MICRO = Decimal("0.000001")
COLUMNS = (
    "conversions", "value", "aov", "persons", "converting_persons", "touchpoints", "median_touches",
    "median_days", "unattributed_share", "spend", "roas", "cpa",
)  # fmt: skip


def overview(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the totals of what the query means, in one row."""
    chosen = selection(context, query)
    home = context.settings.currency
    by_day = total_spend(context.reader, query, currency=chosen.currency, home=home, by_day=True)
    spend = sum(by_day.values(), Decimal(0)) if by_day else None
    row = _totals(context, chosen, query) | {"spend": spend}
    value, count = row["value"], row["conversions"]
    row["aov"] = (value / count).quantize(MICRO) if count else None
    row["roas"] = float(value / spend) if spend else None
    row["cpa"] = (spend / count).quantize(MICRO) if spend is not None and count else None
    return ReportTable(
        report="overview",
        columns=COLUMNS,
        rows=[{name: row[name] for name in COLUMNS}],
        meta=meta(
            context,
            query,
            chosen,
            unattributed={"every model": {"conversions": row["lost"], "value": row["lost_value"]}},
            goals=_goals(context, query),
            days=_days(context, chosen, by_day),
        ),
    )


def _totals(context: ReportContext, chosen: Selection, query: ReportQuery) -> dict[str, Any]:
    found = one(
        context.reader,
        f"""
        select cast(coalesce(sum(conversion_count), 0) as bigint) as conversions,
            cast(coalesce(sum(net_value), 0) as decimal(38,6)) as value,
            count(distinct person_id) as converting_persons,
            cast(coalesce(sum(case when step_count = 0 then conversion_count end), 0) as bigint) as lost,
            cast(coalesce(sum(case when step_count = 0 then net_value end), 0) as decimal(38,6)) as lost_value
        from ({chosen.journeys}) as journeys
        """,
    )
    since, until = bounds(query, zone=context.settings.time_zone)
    where = ["true" if query.with_flagged else "flag is null"]
    if since:
        where.append(f"occurred_at >= timestamp {literal(since.isoformat(' '))}")
    if until:
        where.append(f"occurred_at < timestamp {literal(until.isoformat(' '))}")
    touched = one(
        context.reader,
        f"""
        select count(*) as touchpoints, count(distinct person_id) as persons
        from touchpoints where {" and ".join(where)}
        """,
    )
    share = found["lost"] / found["conversions"] if found["conversions"] else None
    return found | touched | _medians(context, chosen) | {"unattributed_share": share}


def _medians(context: ReportContext, chosen: Selection) -> dict[str, float | None]:
    medians: dict[str, float | None] = {}
    days = "date_diff('microsecond', first_at, occurred_at) // 86400000000"
    for name, number in (("median_touches", "step_count"), ("median_days", days)):
        counted = rows(
            context.reader,
            f"""
            select {number} as number, cast(sum(conversion_count) as bigint) as conversions
            from ({chosen.journeys}) as journeys where step_count > 0 group by number order by number
            """,
        )
        medians[name] = middle([(row["number"], row["conversions"]) for row in counted])
    return medians


def _goals(context: ReportContext, query: ReportQuery) -> list[dict[str, Any]]:
    """Return all goals, macro first, also those that the query leaves out."""
    from dataclasses import replace

    names = context.reader.query("select distinct goal from journeys where goal is not null order by goal")
    goals: list[dict[str, Any]] = []
    for goal in names.column(0).to_pylist():
        chosen = selection(context, replace(query, goal=goal))
        goals += rows(
            context.reader,
            f"""
            select {literal(goal)} as goal, coalesce(bool_or(is_macro), false) as is_macro,
                cast(coalesce(sum(conversion_count), 0) as bigint) as conversions,
                cast(coalesce(sum(net_value), 0) as decimal(38,6)) as value
            from ({chosen.conversions}) as chosen
            """,
        )
    return sorted(goals, key=lambda row: (not row["is_macro"], -row["conversions"], row["goal"]))


def _days(context: ReportContext, chosen: Selection, spend: dict[Any, Decimal]) -> list[dict[str, Any]]:
    """Return conversions, value and spend by day in the workspace's zone; empty days are left out."""
    day = f"cast(timezone({literal(context.settings.time_zone)}, timezone('UTC', occurred_at)) as date)"
    counted = rows(
        context.reader,
        f"""
        select {day} as day, cast(sum(conversion_count) as bigint) as conversions,
            cast(sum(net_value) as decimal(38,6)) as value
        from ({chosen.conversions}) as chosen group by day
        """,
    )
    by_day = {row["day"]: row for row in counted}
    nothing = {"conversions": 0, "value": Decimal(0)}
    return [
        nothing | by_day.get(day, {}) | {"day": day, "spend": spend.get(day)}
        for day in sorted({*by_day, *spend})
    ]


REPORT = Report(name="overview", summary="Conversions, value, spend and return at a glance", answer=overview)
