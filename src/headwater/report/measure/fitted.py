"""Fitted: what a fitted model credits to each player, how that scatters, and its bounds, in one reading.

Reads  the steps of a Selection, and what the model is fitted to
Makes  one row per player: its credit as whole numbers, sums of squares over conversions, and the model's interval

The weighted steps are the dear part, and all three are sums of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.report.measure.rows import rows

if TYPE_CHECKING:
    from headwater.contract.models import FittedModel
    from headwater.contract.ports import Reader
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

MICROS = "1e6"
"""Parts that a unit of money is counted in."""
WEIGHTED = "select * from weighted_steps"


def fitted(
    reader: Reader, chosen: Selection, *, by: Dimension, model: FittedModel, bounded: bool
) -> list[dict[str, Any]]:
    """Return `player, units_0, micros_0` of each player that the model met, and where `bounded` what follows.

    `credit, worth, credit2, cross, worth2` are sums over conversions of the player's share, its value and their
    squares; they are None where it has no conversion. `bound_of, low, high` are the model's interval and the
    conversions that it is of; None where the model states none.
    """
    placed = model.weighted(by.of_steps(chosen.steps))
    if not bounded:
        return rows(reader, credit_sql(placed))
    return rows(
        reader,
        f"""
        with weighted_steps as materialized ({placed})
        select given.*, sizes.credit, sizes.worth, sizes.credit2, sizes.cross, sizes.worth2,
            bounds.conversions as bound_of, bounds.low, bounds.high
        from ({credit_sql(WEIGHTED)}) as given
        left join ({sizes_sql(WEIGHTED)}) as sizes on sizes.player = given.player
        left join ({model.bounds_sql(WEIGHTED)}) as bounds on bounds.player = given.player
        """,
    )


def credit_sql(placed: str) -> str:
    """Return the SELECT of credit by player; what the shares leave of a conversion stays unattributed."""
    return f"""
        select player,
            cast(sum(cast(round(weight * 1e15) as hugeint) * conversion_count) as decimal(38,0)) as units_0,
            cast(sum(cast(held - coalesce(passed, 0) as hugeint)) as decimal(38,0)) as micros_0
        from (
            select player, conversion_count, weight, held,
                lag(held) over (partition by conversion_id order by step) as passed
            from (
                select player, conversion_id, step, conversion_count, weight,
                    cast(round(net_micros * upto) as bigint) as held
                from ({placed}) as placed
            ) as running
        ) as parts group by player
    """


def sizes_sql(placed: str) -> str:
    """Return the SELECT of credit and worth by player, and of the sums of squares that scatter follows from."""
    return f"""
        select player, sum(share * many) as credit, sum(share * worth) as worth,
            sum(share * share * many) as credit2, sum(share * share * worth) as cross,
            sum(share * share * worth * worth / many) as worth2
        from (
            select player, conversion_id, sum(weight) as share, cast(max(conversion_count) as double) as many,
                cast(max(net_micros) as double) / {MICROS} as worth
            from ({placed}) as placed where conversion_count > 0
            group by player, conversion_id
        ) as conversions group by player
    """
