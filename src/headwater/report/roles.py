"""Roles: who opens journeys, who helps on the way and who closes them.

Reads  the steps of the journeys that the query means
Makes  the dimension, initiator, assist, closer (conversions), their shares, and the gap first - last

A conversion counts once per role and value: a journey of one touchpoint has it as initiator and as
closer; a value that stands in the middle more than once assists once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.meta import meta

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

ROLES = ("initiator", "assist", "closer")


def roles(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per value of `query.by`, those in most conversions first.

    Shares are of all conversions with a touchpoint; `gap` is initiator less closer: positive opens
    more journeys than it closes, so a last-touch view undervalues it.
    """
    by = dimension(query.by, reader=context.reader)
    chosen = selection(context, query)
    rows = context.reader.query(roles_sql(chosen, by=by)).to_pylist()
    whole = sum(row["initiator"] for row in rows)
    table = [
        {by.name: row.pop("player")}
        | row
        | {f"{role}_share": row[role] / whole if whole else None for role in ROLES}
        | {"gap": row["initiator"] - row["closer"]}
        for row in rows
    ]
    return ReportTable(
        report="roles",
        columns=(by.name, *ROLES, *(f"{role}_share" for role in ROLES), "gap"),
        rows=table[: query.limit],
        meta=meta(
            context,
            query,
            chosen,
            by=by.name,
            total_conversions=whole,
            left_out_rows=len(table) - len(table[: query.limit]),
        ),
    )


def roles_sql(chosen: Selection, *, by: Dimension) -> str:
    """Return the SELECT of player, initiator, assist and closer, in order."""
    return f"""
        select player,
            cast(sum(case when opens then conversion_count else 0 end) as bigint) as initiator,
            cast(sum(case when helps then conversion_count else 0 end) as bigint) as assist,
            cast(sum(case when closes then conversion_count else 0 end) as bigint) as closer
        from (
            select player, conversion_id, max(conversion_count) as conversion_count,
                bool_or(step = 1) as opens,
                bool_or(step > 1 and step < step_count) as helps,
                bool_or(step = step_count) as closes
            from ({by.of_steps(chosen.steps)}) as steps
            group by player, conversion_id
        ) as journeys
        group by player order by initiator + assist + closer desc, player
    """


REPORT = Report(name="roles", summary="Who initiates, assists and closes", answer=roles)
