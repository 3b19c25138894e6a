"""Paths: the sequences of touchpoints that lead to conversions, and how often they do not.

Reads  the steps of the journeys that the query means, and of persons who did not convert
Makes  path (a list, oldest first), conversions, value, nulls

Repeats are kept. A path longer than LONGEST is cut at its old end, which then begins with `…`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.contract.query import Report, ReportTable
from headwater.contract.steps import literal
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.meta import meta

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

LONGEST = 50
"""Touchpoints of a path that are shown, counted from the conversion backwards."""
CUT = "…"
"""First element of a path whose older touchpoints are not shown."""
MOST_ROWS = 20_000
"""Rows where the query names no limit."""

SEPARATOR = "\x1f"
"""Stands between touchpoints while paths are grouped: no source or campaign contains it."""


def paths(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the paths, most conversions first; what the limit leaves out is said in meta."""
    by = dimension(query.by, reader=context.reader)
    chosen = selection(context, query)
    found = context.reader.query(paths_sql(chosen, by=by)).to_pylist()
    shown = found[: query.limit or MOST_ROWS]
    return ReportTable(
        report="paths",
        columns=("path", "conversions", "value", "nulls"),
        rows=[{**row, "path": row["path"].split(SEPARATOR)} for row in shown],
        meta=meta(
            context,
            query,
            chosen,
            by=by.name,
            longest=LONGEST,
            left_out_rows=len(found) - len(shown),
            left_out_conversions=sum(row["conversions"] for row in found[len(shown) :]),
            unattributed=_unattributed(context, chosen),
        ),
    )


def paths_sql(chosen: Selection, *, by: Dimension) -> str:
    """Return the SELECT of all paths with their conversions, value and nulls, in order."""
    first = f"case when max(step_count) > {LONGEST} then {literal(CUT + SEPARATOR)} else '' end"
    return f"""
        select path, cast(sum(conversion_count) as bigint) as conversions,
            cast(sum(net_value) as decimal(38,6)) as value, cast(sum(null_count) as bigint) as nulls
        from (
            select {first} || string_agg(player, {literal(SEPARATOR)} order by step) as path,
                max(conversion_count) as conversion_count, max(null_count) as null_count,
                max(net_value) as net_value
            from ({chosen.paths(by)}) as steps
            where step > step_count - {LONGEST}
            group by journey_id
        ) as journeys
        group by path order by conversions desc, nulls desc, path
    """


def _unattributed(context: ReportContext, chosen: Selection) -> dict[str, Any]:
    sql = f"""
        select cast(coalesce(sum(conversion_count), 0) as bigint) as conversions,
            cast(coalesce(sum(net_value), 0) as decimal(38,6)) as value
        from ({chosen.journeys}) as journeys where step_count = 0
    """
    return {"every model": context.reader.query(sql).to_pylist()[0]}


REPORT = Report(name="paths", summary="Sequences of touchpoints, with and without a conversion", answer=paths)
