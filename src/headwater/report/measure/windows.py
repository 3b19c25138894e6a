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

WHOLE = "c.net_value, c.net_micros, c.conversion_count, c.null_count"
"""What stands for the whole journey and is repeated on each of its steps."""

SHARES = ("decay", "engaged", "engaged_decay")
"""Columns of `journey_steps` that add up to 1 in a journey and must do so again in another window."""


def steps_in(window: timedelta, *, conversions: str, settings: Settings, with_flagged: bool = False) -> str:
    """Return the SELECT of the steps of `conversions` (a SELECT), with net_value and the counts.

    The steps that were built leave flagged touchpoints out; `with_flagged` works all of them out afresh.
    """
    built = built_window(settings)
    if with_flagged:
        return _afresh(window, conversions, settings, which="true")
    if window == built:
        return _as_built(conversions)
    return _shorter(window, conversions) if window < built else _afresh(window, conversions, settings)


def journeys_in(
    window: timedelta, *, conversions: str, settings: Settings, with_flagged: bool = False
) -> str:
    """Return the SELECT of `conversions` with step_count, first_at, last_at and last_no."""
    if window == built_window(settings) and not with_flagged:
        return f"""
            select c.*, j.step_count, j.first_at, j.last_at, j.last_no
            from ({conversions}) as c join journeys as j on j.conversion_id = c.conversion_id
        """
    steps = steps_in(window, conversions=conversions, settings=settings, with_flagged=with_flagged)
    return f"""
        select c.*, coalesce(s.step_count, 0) as step_count, s.first_at, s.last_at, s.last_no
        from ({conversions}) as c
        left join (
            select conversion_id, count(*) as step_count,
                min(occurred_at) as first_at, max(occurred_at) as last_at, max(touch_no) as last_no
            from ({steps}) as steps group by conversion_id
        ) as s on s.conversion_id = c.conversion_id
    """


def built_window(settings: Settings) -> timedelta:
    """Return the window that `journey_steps` was built with."""
    return timedelta(days=settings.window_days) if settings.window_days else ALL_TIME


def _as_built(conversions: str) -> str:
    return f"""
        select s.conversion_id, s.step, s.touchpoint_id, s.person_id, s.occurred_at, s.channel, s.step_count,
            s.known_step, s.lead_step, s.opportunity_step, s.decay, s.engaged, s.engaged_decay, s.touch_no, {WHOLE}
        from journey_steps as s
        join ({conversions}) as c on c.conversion_id = s.conversion_id
    """


def _shorter(window: timedelta, conversions: str) -> str:
    """Drop the first `cut` steps; shares keep their proportions among the steps that stay."""
    shares, kept = (
        ", ".join(form.format(name=name) for name in SHARES)
        for form in (
            """case when c.{name}_kept > 0 then round(1e15 * s.{name}) / cast(c.{name}_kept as double)
                else 1e0 / (s.step_count - c.cut) end as {name}""",
            "sum(cast(round(1e15 * s.{name}) as bigint)) as {name}_kept",
        )
    )
    return f"""
        select s.conversion_id, s.step - c.cut as step, s.touchpoint_id, s.person_id, s.occurred_at,
            s.channel, s.step_count - c.cut as step_count,
            case when s.known_step > c.cut then s.known_step else s.step_count end - c.cut as known_step,
            greatest(s.lead_step - c.cut, 0) as lead_step,
            greatest(s.opportunity_step - c.cut, 0) as opportunity_step,
            {shares}, s.touch_no, {WHOLE}
        from journey_steps as s
        join (
            select c.conversion_id, any_value(c.net_value) as net_value,
                any_value(c.net_micros) as net_micros,
                any_value(c.conversion_count) as conversion_count, any_value(c.null_count) as null_count,
                min(s.step) - 1 as cut, {kept}
            from journey_steps as s
            join ({conversions}) as c on c.conversion_id = s.conversion_id
            where s.occurred_at >= c.occurred_at - to_microseconds({literal(window)})
            group by c.conversion_id
        ) as c on c.conversion_id = s.conversion_id
        where s.step > c.cut
    """


def _afresh(window: timedelta, conversions: str, settings: Settings, which: str = "flag is null") -> str:
    """Build the steps from touchpoints, numbered once per person: a journey is a run of the numbers.

    `which` is a condition on the touchpoints that count.
    Weights are whole numbers, so that the order of adding never matters.
    """
    weights = _weights(settings)
    shares = ", ".join(
        f"case when e.{name}_whole > 0 then {weight} / cast(e.{name}_whole as double)"
        f" else 1e0 / e.step_count end as {name}"
        for name, weight in weights.items()
    )
    return f"""
        with chosen as materialized ({conversions}),
        numbered as materialized (
            select person_id, touchpoint_id, occurred_at, channel, engagement,
                row_number() over (partition by person_id order by occurred_at, touchpoint_id) as place
            from touchpoints where person_id in (select person_id from chosen) and is_uncredited is not true and {which}
        ),
        extents as materialized ({_extents(window, weights)})
        select c.conversion_id, t.place - e.cut as step, t.touchpoint_id, t.person_id, t.occurred_at,
            t.channel, e.step_count, e.known_step, e.lead_step, e.opportunity_step,
            {shares}, t.place as touch_no, {WHOLE}
        from extents as e
        join chosen as c on c.conversion_id = e.conversion_id
        join numbered as t
            on t.person_id = c.person_id and t.place > e.cut and t.place <= e.cut + e.step_count
    """


def _extents(window: timedelta, weights: dict[str, str]) -> str:
    """Build the SELECT of where each journey begins and ends, of its marked steps and sums of weights."""
    wholes = ", ".join(f"sum(cast({weight} as bigint)) as {name}_whole" for name, weight in weights.items())
    within = (
        ""
        if window >= ALL_TIME
        else f"and t.occurred_at >= c.occurred_at - to_microseconds({literal(window)})"
    )
    return f"""
        select c.conversion_id,
            min(t.place) - 1 as cut,
            count(*) as step_count,
            coalesce(max(case when lower(t.channel) <> 'direct' then t.place end), max(t.place)) - min(t.place) + 1
                as known_step,
            {_reached("lead_at")} as lead_step,
            {_reached("opportunity_at")} as opportunity_step,
            {wholes}
        from chosen as c
        join numbered as t on t.person_id = c.person_id and t.occurred_at <= c.occurred_at {within}
        left join stage_times as stages on stages.person_id = c.person_id
        group by c.conversion_id
    """


def _weights(settings: Settings) -> dict[str, str]:
    """Build the weights of touchpoint `t` at conversion `c`: halved with each half-life of its age, and engaged."""
    half_life = literal(timedelta(days=settings.half_life_days))
    age = f"date_diff('microsecond', c.occurred_at, t.occurred_at) / cast({half_life} as double)"
    fading, engagement = f"power(2e0, {age})", "cast(t.engagement as double)"
    return {
        "decay": f"round(1e15 * {fading})",
        "engaged": engagement,
        "engaged_decay": f"round(1e9 * {engagement} * {fading})",
    }


def _reached(stage: str) -> str:
    """Build the last step at or before a stage that came no later than the conversion; else 0."""
    return f"""count(
                case when t.occurred_at <= stages.{stage} and stages.{stage} <= c.occurred_at then 1 end
            )"""
