"""Journeys: the touchpoints before each conversion, in order, within the window.

Reads  conversions, touchpoints
Makes  stage_times     when each person became a lead and an opportunity
       journey_steps   one row per touchpoint of a journey
       journeys        one row per conversion, also without any touchpoint

A touchpoint at the very time of the conversion counts; one after it, or older than the window, does
not. Ties in time are broken by touchpoint_id, the same way each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import Step
from headwater.contract.tables import CONVERSIONS, JOURNEY_STEPS, JOURNEYS, STAGE_TIMES, TOUCHPOINTS

if TYPE_CHECKING:
    from datetime import timedelta

LEAD_GOALS = ("lead", "signup", "demo_request")
OPPORTUNITY_GOALS = ("opportunity",)


def stage_times() -> Step:
    """Make `stage_times` from the conversions of lead and opportunity goals."""
    leads, opportunities = (", ".join(f"'{goal}'" for goal in goals) for goals in (LEAD_GOALS, OPPORTUNITY_GOALS))
    return Step(
        makes=STAGE_TIMES,
        reads=(CONVERSIONS,),
        sql=f"""
            select
                person_id,
                min(case when goal in ({leads}) then occurred_at end) as lead_at,
                min(case when goal in ({opportunities}) then occurred_at end) as opportunity_at
            from conversions
            where goal in ({leads}, {opportunities})
            group by person_id
        """,
    )


def journey_steps(*, window: timedelta | None, half_life: timedelta) -> Step:
    """Make `journey_steps`; `window` None takes every earlier touchpoint.

    Time decay: a touchpoint's weight halves with every `half_life` of its age at the conversion.
    """
    inside = "" if window is None else "and date_diff('microsecond', t.occurred_at, c.occurred_at) <= :window"
    return Step(
        makes=JOURNEY_STEPS,
        reads=(CONVERSIONS, TOUCHPOINTS, STAGE_TIMES),
        params={"half_life": half_life} | ({} if window is None else {"window": window}),
        sql=f"""
            with reached as (
                select
                    c.conversion_id,
                    t.touchpoint_id,
                    t.person_id,
                    t.occurred_at,
                    t.channel,
                    power(2e0, date_diff('microsecond', c.occurred_at, t.occurred_at) / cast(:half_life as double)) as weight,
                    coalesce(t.occurred_at <= s.lead_at and s.lead_at <= c.occurred_at, false) as before_lead,
                    coalesce(t.occurred_at <= s.opportunity_at and s.opportunity_at <= c.occurred_at, false) as before_opportunity
                from conversions as c
                join touchpoints as t
                    on t.person_id = c.person_id
                    and t.occurred_at <= c.occurred_at
                    {inside}
                left join stage_times as s on s.person_id = c.person_id
            ),

            numbered as (
                select
                    *,
                    row_number() over (partition by conversion_id order by occurred_at, touchpoint_id) as step
                from reached
            ),

            placed as (
                select
                    *,
                    count(*) over journey as step_count,
                    max(case when channel <> 'direct' then step end) over journey as known_step,
                    max(case when before_lead then step end) over journey as lead_step,
                    max(case when before_opportunity then step end) over journey as opportunity_step,
                    sum(weight) over journey as weight_sum,
                    sum(weight) over (
                        partition by conversion_id
                        order by step
                        rows between unbounded preceding and current row
                    ) as weight_upto
                from numbered
                window journey as (partition by conversion_id)
            )

            select
                conversion_id,
                step,
                touchpoint_id,
                person_id,
                occurred_at,
                channel,
                step_count,
                coalesce(known_step, step_count) as known_step,
                coalesce(lead_step, 0) as lead_step,
                coalesce(opportunity_step, 0) as opportunity_step,
                case
                    when step = 1 then 0e0
                    when weight_sum > 0e0 then (weight_upto - weight) / weight_sum
                    else (step - 1e0) / step_count
                end as decay_before,
                case
                    when step = step_count then 1e0
                    when weight_sum > 0e0 then weight_upto / weight_sum
                    else step / cast(step_count as double)
                end as decay_upto
            from placed
        """,
    )


def journeys() -> Step:
    """Make `journeys`: conversions with the extent of their touchpoints."""
    return Step(
        makes=JOURNEYS,
        reads=(CONVERSIONS, JOURNEY_STEPS),
        sql="""
            with extents as (
                select conversion_id, count(*) as step_count, min(occurred_at) as first_at, max(occurred_at) as last_at
                from journey_steps
                group by conversion_id
            )

            select
                c.conversion_id,
                c.person_id,
                c.goal,
                c.is_macro,
                c.occurred_at,
                c.net_value,
                c.conversion_count,
                c.null_count,
                coalesce(e.step_count, 0) as step_count,
                e.first_at,
                e.last_at
            from conversions as c
            left join extents as e on e.conversion_id = c.conversion_id
        """,
    )
