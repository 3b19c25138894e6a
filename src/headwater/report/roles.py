"""Roles: who opens journeys, who helps on the way and who closes them, and who of them is so by chance.

Reads  the steps of the journeys that the query means, spend
Makes  the dimension, initiator, assist, closer (conversions), their shares, the gap first - last with its
       interval, alone, and the role; meta warns of what a view of the last click would cut

A conversion counts once per role and value: a journey of one touchpoint has it as initiator and as
closer; a value that stands in the middle more than once assists once. Persons are the blocks of the
intervals: all journeys of one person come or stay away together.
"""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.meta import meta
from headwater.report.measure.rows import rows
from headwater.report.measure.spend import spent
from headwater.report.render import money

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

ROLES = ("initiator", "assist", "closer")
SURE = 0.95
"""Of the interval of each row, and of all roles together: Bonferroni's level for as many rows."""
EVEN = 0.2
"""A gap that is surely within this part of the mean of first and last is none."""
UNDERSOLD = 0.5
"""What closes less than this part of what it opens is warned of, where that is no chance."""
TENTHS = 10_000
"""Parts that a share is counted in, so that sums do not depend on the order of adding."""
CENT = Decimal("0.01")


def roles(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per value of `query.by`, those in most conversions first.

    Shares are of all conversions with a touchpoint; `gap` is initiator less closer: positive opens
    more journeys than it closes, so a last-touch view undervalues it.
    """
    by = dimension(query.by, reader=context.reader)
    chosen = selection(context, query)
    found = rows(context.reader, roles_sql(chosen, by=by))
    whole = sum(row["initiator"] for row in found)
    table = [_row(row, by=by.name, whole=whole, among=len(found)) for row in found]
    shown = table[: query.limit]
    return ReportTable(
        report="roles",
        columns=(
            by.name, *ROLES, *(f"{role}_share" for role in ROLES), "gap", "gap_low", "gap_high", "by_chance",
            "conversions", "alone", "alone_share", "role",
        ),
        rows=shown,
        meta=meta(
            context,
            query,
            chosen,
            by=by.name,
            total_conversions=whole,
            intervals="95 %, normal approximation, persons as blocks and their number as chance;"
            " roles and warnings at 95 % for all rows together (Bonferroni)",
            warnings=warnings(context, query, chosen, found=found),
            left_out_rows=len(table) - len(shown),
        ),
    )  # fmt: skip


def roles_sql(chosen: Selection, *, by: Dimension) -> str:
    """Return the SELECT of player, the conversions of each role and their squares by person, in order.

    A row of an aggregated path stands for `many` persons with the same journey. `by_chance` is how often
    the player would open, and close, were the touches of each journey in any order: its share of them.
    """
    return f"""
        select player,
            cast(sum(opens * many) as bigint) as initiator, cast(sum(helps * many) as bigint) as assist,
            cast(sum(closes * many) as bigint) as closer, cast(sum(parts * many) as bigint) as conversions,
            cast(sum(alone * many) as bigint) as alone,
            cast(sum(opened_value) as decimal(38,6)) as opened_value,
            cast(sum(closed_value) as decimal(38,6)) as closed_value,
            cast(sum((opens - closes) * (opens - closes) * many) as double) as gap2,
            cast(sum(by_chance * many) as double) / {TENTHS} as by_chance,
            cast(sum((opens * {TENTHS} - by_chance) * (opens * {TENTHS} - by_chance) * many) as double)
                / {TENTHS}e0 / {TENTHS} as opens2,
            cast(sum((closes * {TENTHS} - by_chance) * (closes * {TENTHS} - by_chance) * many) as double)
                / {TENTHS}e0 / {TENTHS} as closes2
        from (
            select player, person_id, max(conversion_count) as many, count(*) as parts,
                count(case when opens then 1 end) as opens, count(case when helps then 1 end) as helps,
                count(case when closes then 1 end) as closes, count(case when covers then 1 end) as alone,
                sum(share) as by_chance, sum(case when opens then net_value end) as opened_value,
                sum(case when closes then net_value end) as closed_value
            from (
                select player, person_id, conversion_id, max(conversion_count) as conversion_count,
                    max(net_value) as net_value,
                    bool_or(step = 1) as opens,
                    bool_or(step > 1 and step < step_count) as helps,
                    bool_or(step = step_count) as closes,
                    cast(round({TENTHS}e0 * count(*) / max(step_count)) as bigint) as share,
                    count(*) = max(step_count) as covers
                from ({by.of_steps(chosen.steps)}) as steps
                where conversion_count > 0
                group by player, person_id, conversion_id
            ) as journeys
            group by player, person_id
        ) as persons
        group by player order by initiator + assist + closer desc, player
    """


def _row(row: dict[str, Any], *, by: str, whole: int, among: int) -> dict[str, Any]:
    gap = row["initiator"] - row["closer"]
    margin = _margin(row["gap2"], sure=SURE)
    return {
        by: row["player"],
        **{role: row[role] for role in ROLES},
        **{f"{role}_share": row[role] / whole if whole else None for role in ROLES},
        "gap": gap,
        "gap_low": gap - margin,
        "gap_high": gap + margin,
        "by_chance": row["by_chance"],
        "conversions": row["conversions"],
        "alone": row["alone"],
        "alone_share": row["alone"] / row["conversions"] if row["conversions"] else None,
        "role": role_of(row, among=among),
    }


def role_of(row: dict[str, Any], *, among: int) -> str:
    """Return initiator, sustainer, closer, even (both ends alike) or unclear: chance could make it another.

    A sustainer stands at both ends less often than it would, were the order of touches chance.
    """
    sure = 1 - (1 - SURE) / (2 * max(among, 1))  # two questions to each row
    gap = row["initiator"] - row["closer"]
    margin = _margin(row["gap2"], sure=sure)
    if all(
        row["by_chance"] - row[end] > _margin(row[squares], sure=sure)
        for end, squares in (("initiator", "opens2"), ("closer", "closes2"))
    ):
        return "sustainer"
    if abs(gap) > margin:
        return "initiator" if gap > 0 else "closer"
    # a share of nothing is no evidence of evenness: counts so small leave a margin above it
    return (
        "even" if abs(gap) + max(margin, 1.0) <= EVEN * (row["initiator"] + row["closer"]) / 2 else "unclear"
    )


def _margin(squares: float, *, sure: float) -> float:
    """Return half the width of an interval of a sum over persons, from its sum of squares.

    How many persons come is chance as well (Poisson), so that four who all do the same prove little.
    """
    return NormalDist().inv_cdf((1 + sure) / 2) * sqrt(squares)


def warnings(
    context: ReportContext,
    query: ReportQuery,
    chosen: Selection,
    *,
    found: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Return what opens far more than it closes, surely: a view of the last click would cut it."""
    sure = 1 - (1 - SURE) / (2 * max(len(found), 1))
    undersold = [
        row
        for row in found
        if row["closer"] < UNDERSOLD * row["initiator"]
        and row["initiator"] - row["closer"] > _margin(row["gap2"], sure=sure)
    ]
    if not undersold:
        return []
    players, currency = {row["player"] for row in found}, chosen.currency
    paid = spent(context.reader, query, currency=currency, home=context.settings.currency, players=players)
    return [
        {query.by: row["player"], **_warning(row, cost=paid.by_player.get(row["player"]), currency=currency)}
        for row in undersold
    ]


def _warning(row: dict[str, Any], *, cost: Decimal | None, currency: str) -> dict[str, Any]:
    gap = row["initiator"] - row["closer"]
    value = (row["opened_value"] or Decimal(0)) - (row["closed_value"] or Decimal(0))
    first, last = _per(cost, row["initiator"]), _per(cost, row["closer"])
    text = (
        f"opens {row['initiator']:,} conversions and closes {row['closer']:,}: by the last click it shows"
        f" {row['closer'] / row['initiator']:.0%} of what it starts, and {gap:,} conversions"
        f" ({money(value)} {currency}) stand elsewhere"
    )
    if first is not None:
        by_last = f"{money(last)} by the last" if last is not None else "no conversion to pay for by the last"
        text += f"; a conversion costs {money(first)} {currency} by the first click, {by_last}"
    return {"warning": text, "gap": gap, "gap_value": value, "cost_by_first": first, "cost_by_last": last}


def _per(cost: Decimal | None, conversions: int) -> Decimal | None:
    return (cost / conversions).quantize(CENT) if cost and conversions else None


REPORT = Report(name="roles", summary="Who initiates, assists and closes, beyond chance", answer=roles)
