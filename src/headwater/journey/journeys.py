"""Journeys: the touchpoints before each conversion, in order, within the window.

Reads  conversions, touchpoints
Makes  stage_times     when each person became a lead and an opportunity
       journey_steps   one row per touchpoint of a journey
       journeys        one row per conversion, also without any touchpoint

A touchpoint at the very time of the conversion counts; one after it, or older than the window, does
not, nor does one that is flagged or whose kind earns no credit. Ties in time are broken by touchpoint_id, the same way
each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import Step
from headwater.contract.tables import CONVERSIONS, JOURNEY_STEPS, JOURNEYS, STAGE_TIMES, TOUCHPOINTS
from headwater.journey.numbering import numbered_sql

if TYPE_CHECKING:
    from datetime import timedelta

LEAD_GOALS = ("lead", "signup", "demo_request")
OPPORTUNITY_GOALS = ("opportunity",)


def stage_times() -> Step:
    """Make `stage_times` from the conversions of lead and opportunity goals."""
    leads, opportunities = (
        ", ".join(f"'{goal}'" for goal in goals) for goals in (LEAD_GOALS, OPPORTUNITY_GOALS)
    )
    return Step(
        makes=STAGE_TIMES,
        reads=(CONVERSIONS,),
        sql=f"""
            select
                person_id,
                min(case when goal in ({leads}) then occurred_at end) as lead_at,
                min(case when goal in ({opportunities}) then occurred_at end) as opportunity_at
            from conversions
            where goal in ({leads}, {opportunities}) and flag is null
            group by person_id
        """,
    )


def journey_steps(*, window: timedelta | None, half_life: timedelta) -> Step:
    """Make `journey_steps`; `window` None takes every earlier touchpoint.

    Time decay: a touchpoint's weight halves with every `half_life` of its age at the conversion.
    """
    inside = "" if window is None else "and date_diff('microsecond', t.occurred_at, c.occurred_at) <= :window"
    # whole numbers, so that their sum does not depend on the order of adding
    fading = "power(2e0, date_diff('microsecond', c.last_at, t.occurred_at) / cast(:half_life as double))"
    weight, engaged = f"round(1e15 * {fading})", f"round(1e9 * cast(t.engagement as double) * {fading})"
    return Step(
        makes=JOURNEY_STEPS,
        reads=(CONVERSIONS, TOUCHPOINTS, STAGE_TIMES),
        params={"half_life": half_life} | ({} if window is None else {"window": window}),
        # a journey is a run of its person's touchpoints without a gap: as these are numbered, the
        # places in each journey are differences, without sorting every journey
        sql=f"""
            with numbered as (
                {numbered_sql("person_id in (select person_id from conversions)")}
            ),

            staged as (
                select
                    c.conversion_id,
                    c.person_id,
                    c.occurred_at,
                    case when s.lead_at <= c.occurred_at then s.lead_at end as lead_at,
                    case when s.opportunity_at <= c.occurred_at then s.opportunity_at end as opportunity_at
                from conversions as c
                left join stage_times as s on s.person_id = c.person_id
            ),

            extents as (
                select
                    c.conversion_id,
                    c.person_id,
                    c.occurred_at,
                    min(t.touch_no) - 1 as base,
                    max(t.touch_no) as last_no,
                    max(case when lower(t.channel) <> 'direct' then t.touch_no end) as known_no,
                    max(case when t.occurred_at <= c.lead_at then t.touch_no end) as lead_no,
                    max(case when t.occurred_at <= c.opportunity_at then t.touch_no end) as opportunity_no,
                    max(t.occurred_at) as last_at
                from staged as c
                join numbered as t
                    on t.person_id = c.person_id
                    and t.occurred_at <= c.occurred_at
                    {inside}
                group by c.conversion_id, c.person_id, c.occurred_at
            ),

            weighed as (
                select
                    c.conversion_id,
                    sum(cast({weight} as bigint)) as weight_sum,
                    sum(t.engagement) as engagement_sum,
                    sum(cast({engaged} as bigint)) as engaged_sum
                from extents as c
                join numbered as t on t.person_id = c.person_id and t.touch_no > c.base and t.touch_no <= c.last_no
                group by c.conversion_id
            )

            select
                c.conversion_id,
                t.touch_no - c.base as step,
                t.touchpoint_id,
                t.person_id,
                t.occurred_at,
                t.channel,
                c.last_no - c.base as step_count,
                coalesce(c.known_no, c.last_no) - c.base as known_step,
                coalesce(c.lead_no - c.base, 0) as lead_step,
                coalesce(c.opportunity_no - c.base, 0) as opportunity_step,
                {weight} / cast(w.weight_sum as double) as decay,
                cast(t.engagement as double) / cast(w.engagement_sum as double) as engaged,
                {engaged} / cast(w.engaged_sum as double) as engaged_decay,
                t.touch_no
            from extents as c
            join weighed as w on w.conversion_id = c.conversion_id
            join numbered as t on t.person_id = c.person_id and t.touch_no > c.base and t.touch_no <= c.last_no
        """,
    )


def journeys() -> Step:
    """Make `journeys`: conversions with the extent of their touchpoints."""
    return Step(
        makes=JOURNEYS,
        reads=(CONVERSIONS, JOURNEY_STEPS),
        sql="""
            with extents as (
                select
                    last.conversion_id,
                    last.step_count,
                    first.occurred_at as first_at,
                    last.occurred_at as last_at,
                    last.touch_no as last_no
                from (select * from journey_steps where step = step_count) as last
                join (select * from journey_steps where step = 1) as first
                    on first.conversion_id = last.conversion_id
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
                c.flag,
                coalesce(e.step_count, 0) as step_count,
                e.first_at,
                e.last_at,
                e.last_no
            from conversions as c
            left join extents as e on e.conversion_id = c.conversion_id
        """,
    )
