"""Windows: the touchpoints of each journey, within the window that a report is asked for.

Reads  journey_steps, journeys   within the window of the settings, as built
       touchpoints, stage_times  where the window asked for is longer than that
Makes  SQL with the columns of `journey_steps`, and of `journeys`

A shorter window drops the oldest steps and numbers the rest anew; a longer one is worked out from
the touchpoints. Touchpoints at the very time of the conversion count, and none after it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from headwater.contract.query import ALL_TIME
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

WHOLE = "c.net_value, c.conversion_count, c.null_count"
"""What stands for the whole journey and is repeated on each of its steps."""


def steps_in(window: timedelta, *, conversions: str, settings: Settings) -> str:
    """Return the SELECT of the steps of `conversions` (a SELECT), with net_value and the counts."""
    built = built_window(settings)
    if window == built:
        return _as_built(conversions)
    return _shorter(window, conversions) if window < built else _afresh(window, conversions, settings)


def journeys_in(window: timedelta, *, conversions: str, settings: Settings) -> str:
    """Return the SELECT of `conversions` with step_count, first_at and last_at."""
    if window == built_window(settings):
        return f"""
            select c.*, j.step_count, j.first_at, j.last_at
            from ({conversions}) as c join journeys as j on j.conversion_id = c.conversion_id
        """
    steps = steps_in(window, conversions=conversions, settings=settings)
    return f"""
        select c.*, coalesce(s.step_count, 0) as step_count, s.first_at, s.last_at
        from ({conversions}) as c
        left join (
            select conversion_id, count(*) as step_count,
                min(occurred_at) as first_at, max(occurred_at) as last_at
            from ({steps}) as steps group by conversion_id
        ) as s on s.conversion_id = c.conversion_id
    """


def built_window(settings: Settings) -> timedelta:
    """Return the window that `journey_steps` was built with."""
    return timedelta(days=settings.window_days) if settings.window_days else ALL_TIME


def _as_built(conversions: str) -> str:
    return f"""
        select s.conversion_id, s.step, s.touchpoint_id, s.person_id, s.occurred_at, s.channel, s.step_count,
            s.known_step, s.lead_step, s.opportunity_step, s.decay_before, s.decay_upto, {WHOLE}
        from journey_steps as s
        join ({conversions}) as c on c.conversion_id = s.conversion_id
    """


def _shorter(window: timedelta, conversions: str) -> str:
    """Drop the first `cut` steps; shares of decay keep their proportions among those that stay."""
    return f"""
        select s.conversion_id, s.step - c.cut as step, s.touchpoint_id, s.person_id, s.occurred_at,
            s.channel, s.step_count - c.cut as step_count,
            case when s.known_step > c.cut then s.known_step else s.step_count end - c.cut as known_step,
            greatest(s.lead_step - c.cut, 0) as lead_step,
            greatest(s.opportunity_step - c.cut, 0) as opportunity_step,
            (s.decay_before - c.decay_cut) / (1e0 - c.decay_cut) as decay_before,
            case when s.step = s.step_count then 1e0
                else (s.decay_upto - c.decay_cut) / (1e0 - c.decay_cut) end as decay_upto,
            {WHOLE}
        from journey_steps as s
        join (
            select c.conversion_id, any_value(c.net_value) as net_value,
                any_value(c.conversion_count) as conversion_count, any_value(c.null_count) as null_count,
                min(s.step) - 1 as cut, min(s.decay_before) as decay_cut
            from journey_steps as s
            join ({conversions}) as c on c.conversion_id = s.conversion_id
            where s.occurred_at >= c.occurred_at - to_microseconds({literal(window)})
            group by c.conversion_id
        ) as c on c.conversion_id = s.conversion_id
        where s.step > c.cut
    """


def _afresh(window: timedelta, conversions: str, settings: Settings) -> str:
    """Work the steps out from the touchpoints; weights are whole numbers, so order never matters."""
    half_life = literal(timedelta(days=settings.half_life_days)) + "e0"
    within = (
        ""
        if window >= ALL_TIME
        else f"and t.occurred_at >= c.occurred_at - to_microseconds({literal(window)})"
    )
    return f"""
        select conversion_id, step, touchpoint_id, person_id, occurred_at, channel, step_count,
            coalesce(
                max(case when channel <> 'direct' then step end) over (partition by conversion_id), step_count
            ) as known_step,
            lead_step, opportunity_step,
            cast(decay_sum - decay as double) / cast(decay_whole as double) as decay_before,
            cast(decay_sum as double) / cast(decay_whole as double) as decay_upto,
            net_value, conversion_count, null_count
        from (
            select *, sum(decay) over sofar as decay_sum, sum(decay) over whole as decay_whole,
                row_number() over sofar as step, count(*) over whole as step_count,
                count(case when occurred_at <= lead_at then 1 end) over whole as lead_step,
                count(case when occurred_at <= opportunity_at then 1 end) over whole as opportunity_step
            from (
                select *, cast(round(
                    1e15 * power(2e0, -date_diff('microsecond', occurred_at, last_at) / {half_life})
                ) as bigint) as decay
                from ({_pairs(conversions, within)}) as pairs
            ) as weighed
            window whole as (partition by conversion_id),
                sofar as (partition by conversion_id order by occurred_at, touchpoint_id
                    rows between unbounded preceding and current row)
        ) as numbered
    """


def _pairs(conversions: str, within: str) -> str:
    return f"""
        select c.conversion_id, t.touchpoint_id, t.person_id, t.occurred_at, t.channel, {WHOLE},
            max(t.occurred_at) over (partition by c.conversion_id) as last_at,
            case when stages.lead_at <= c.occurred_at then stages.lead_at end as lead_at,
            case when stages.opportunity_at <= c.occurred_at then stages.opportunity_at end as opportunity_at
        from ({conversions}) as c
        join touchpoints as t on t.person_id = c.person_id and t.occurred_at <= c.occurred_at {within}
        left join stage_times as stages on stages.person_id = c.person_id
    """
