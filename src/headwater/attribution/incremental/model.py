"""Model: `incremental` as reports and the ledger use it.

Reads  steps of journeys, journeys, persons, touchpoints, incremental_effects
Makes  SQL of each step's share of its conversion, and of the intervals of sums of such shares

At a conversion each touch before it has added to the intensity of converting; its share is what it added
over the whole, 1 + all that was added. What is left of 1 would have come anyway.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from headwater.attribution.behind import by_increment
from headwater.attribution.incremental.histories import HORIZON, PAST
from headwater.contract.models import FittedModel
from headwater.contract.tables import INCREMENTAL_EFFECTS

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

METHOD = "95 %, likelihood with persons as blocks, experiments and priors weighed in"
CAUTIONS = "select distinct goal, caution from incremental_effects where caution is not null order by goal"
ADDS = ("adds_hours", "adds_days", "adds_weeks")


def model(settings: Settings) -> FittedModel:
    """Return the model as reports use it."""
    del settings  # roles, priors and experiments are in the table
    return FittedModel(
        name="incremental",
        summary="What would not have come without the touch; the rest is left unattributed.",
        fits=INCREMENTAL_EFFECTS.name,
        weighted=weighted,
        bounds_sql=bounds_sql,
        method=METHOD,
        bias="Sees too little where cookies are lost, and too much of a channel that follows what nobody recorded.",
        cautions_sql=CAUTIONS,
        behind=partial(by_increment, weighted=weighted),
    )


def weighted(steps_sql: str) -> str:
    """Return the SELECT of the steps with `weight`; see `FittedModel`."""
    age = "cast(date_diff('microsecond', added_at, converted_at) as double) / 86400000000e0"
    faded = " + ".join(
        f"fit.{name} * power(2e0, -({age}) / {half_life}e0)"
        for name, half_life in zip(ADDS, PAST, strict=True)
    )
    in_order = "partition by placed.conversion_id order by placed.step rows between unbounded preceding and"
    return f"""
        select placed.*,
            placed.added / (1e0 + sum(placed.added) over ({in_order} unbounded following)) as weight,
            sum(placed.added) over ({in_order} current row)
                / (1e0 + sum(placed.added) over ({in_order} unbounded following)) as upto
        from (
            select steps.*, fit.channel as fit_channel, fit.campaign as fit_campaign,
                case when {age} > {HORIZON}e0 then 0e0 else coalesce({faded}, 0e0) end as added
            from (
                select given.*, met.campaign as met_campaign, met.occurred_at as added_at,
                    ends.goal as met_goal, ends.occurred_at as converted_at
                from ({steps_sql}) as given
                left join (
                    select conversion_id as ending_id, goal, occurred_at from journeys
                    where person_id not in (select person_id from persons where identifier like 'path:%')
                ) as ends on ends.ending_id = given.conversion_id
                left join (
                    select touchpoint_id as met_id, coalesce(campaign, '') as campaign, occurred_at
                    from touchpoints
                ) as met on met.met_id = given.touchpoint_id
            ) as steps
            left join (select * from incremental_effects where campaign is not null) as fit
                on fit.goal = steps.met_goal and fit.channel = coalesce(steps.channel, '(none)')
                and fit.campaign = steps.met_campaign
        ) as placed
    """


def bounds_sql(placed_sql: str) -> str:
    """Return the SELECT of `player, conversions, low, high`; see `FittedModel`.

    A player's conversions are summed by channel, campaign and goal. Where it has all campaigns of a channel the
    channel's own interval counts. Within a channel ends add up, since its campaigns err together; channels err apart.
    """
    return f"""
        select player, sum(credit) as conversions,
            greatest(sum(credit) - sqrt(sum(below * below)), 0e0) as low,
            sum(credit) + sqrt(sum(above * above)) as high
        from (
            select cells.player, cells.goal, cells.channel, sum(cells.credit) as credit,
                case when abs(sum(cells.credit) - max(whole.incremental)) <= 1e-6 * (1e0 + max(whole.incremental))
                    then max(whole.incremental - whole.low)
                    else sum(cells.below) end as below,
                case when abs(sum(cells.credit) - max(whole.incremental)) <= 1e-6 * (1e0 + max(whole.incremental))
                    then max(whole.high - whole.incremental)
                    else sum(cells.above) end as above
            from (
                select counted.player, part.goal, part.channel, counted.credit,
                    case when part.incremental > 0e0
                        then counted.credit * (part.incremental - part.low) / part.incremental else 0e0 end as below,
                    case when part.incremental > 0e0
                        then counted.credit * (part.high - part.incremental) / part.incremental
                        else counted.steps * part.high / cast(part.touches as double) end as above
                from (
                    select player, met_goal, fit_channel, fit_campaign,
                        sum(weight * conversion_count) as credit, cast(count(*) as double) as steps
                    from ({placed_sql}) as placed
                    where fit_channel is not null
                    group by player, met_goal, fit_channel, fit_campaign
                ) as counted
                inner join (select * from incremental_effects where campaign is not null) as part
                    on part.goal = counted.met_goal and part.channel = counted.fit_channel
                    and part.campaign = counted.fit_campaign
            ) as cells
            inner join (select * from incremental_effects where campaign is null) as whole
                on whole.goal = cells.goal and whole.channel = cells.channel
            group by cells.player, cells.goal, cells.channel
        ) as channels
        group by player
    """
