"""Conversions: the events that fulfil a goal, with their value; refunds as negative facts.

Reads  events, person_events, sessions, goal_events, imported_conversions, imported_paths, persons, fx_rates
Makes  refunds       money given back, by order id
       conversions   one row per order, deal, lead, ...

One order is one conversion, however often and by whichever side it was reported: the earliest report
counts. Amounts keep their currency; `net_value` is in the workspace's, at the rate of the day. A refund
in another currency than its order is turned into the order's at the rate of the refund's day. A conversion
bears the flag of the event that reported it first, or of the burst that it happened in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.orders import ORDER_KEYS, first_said
from headwater.contract.steps import Step, literal
from headwater.contract.tables import (
    CONVERSIONS,
    EVENTS,
    FX_RATES,
    GOAL_EVENTS,
    IMPORTED_CONVERSIONS,
    IMPORTED_PATHS,
    PERSON_EVENTS,
    PERSONS,
    REFUNDS,
    SESSIONS,
)
from headwater.journey.amounts import MONEY, amount
from headwater.journey.goals import plain_of
from headwater.journey.touchpoints import LATEST_PATHS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.contract.settings import Goal

_VALUE_KEYS = ("revenue", "value", "total", "amount", "$revenue")
_REFUND_KEYS = ("refund_value", "refund", "refund_amount", "revenue", "value", "total", "amount")
_FAR = "999999999999"
"""More than this no amount holds."""


def refunds() -> Step:
    """Make `refunds`; an amount is stored as a negative number whichever sign was sent.

    A refund that states no amount is of the whole order; one whose amount cannot be read, of nothing.
    """
    return Step(
        makes=REFUNDS,
        reads=(EVENTS, GOAL_EVENTS),
        sql=f"""
            with reported as (
                select
                    e.event_id as refund_id,
                    {first_said(ORDER_KEYS)} as order_id,
                    e.occurred_at,
                    {first_said(_REFUND_KEYS)} as amount,
                    upper(trim({first_said(("currency", "$currency"))})) as currency
                from events as e
                join goal_events as g on g.event = e.event and g.is_refund
                where e.type = 'track'
            )

            select
                refund_id,
                order_id,
                occurred_at,
                case when amount is not null then -abs(coalesce({amount("amount")}, 0)) end as value,
                currency
            from reported
        """,
    )


def conversions(*, currency: str, rated_until: str, goals: Sequence[Goal]) -> Step:
    """Make `conversions`; `rated_until` is the last day with an exchange rate (ISO date).

    A conversion in a currency without a rate keeps its value and has a net value of zero; the
    quality report counts these.
    """
    kinds = (
        " union all ".join(
            f"select {literal(goal.name)} as goal, {literal(goal.is_macro)} as is_macro" for goal in goals
        )
        or "select '' as goal, true as is_macro where false"
    )
    return Step(
        makes=CONVERSIONS,
        reads=(
            EVENTS,
            PERSON_EVENTS,
            SESSIONS,
            GOAL_EVENTS,
            IMPORTED_CONVERSIONS,
            IMPORTED_PATHS,
            PERSONS,
            REFUNDS,
            FX_RATES,
        ),
        params={"currency": currency, "rated_until": rated_until},
        sql=f"""
            with reported as (
                select
                    coalesce(case when g.is_macro then {first_said(ORDER_KEYS, "e.properties")} end, e.event_id) as conversion_id,
                    e.event_id,
                    e.occurred_at,
                    g.goal,
                    g.is_macro,
                    {first_said(_VALUE_KEYS, "e.properties")} as amount,
                    coalesce(upper(trim({first_said(("currency", "$currency"), "e.properties")})), :currency) as currency
                from events as e
                join goal_events as g on g.event = e.event and not g.is_refund
                where
                    e.type = 'track'
                    and (g.stage = '' or g.stage = {plain_of(first_said(("stage",), "e.properties"))})
            ),

            owned as (
                select r.*, coalesce({amount("r.amount")}, 0) as value, p.person_id, p.flag
                from reported as r
                join person_events as p on p.event_id = r.event_id
            ),

            bursts as (
                select o.event_id
                from owned as o
                join (select person_id, started_at, ended_at from sessions where flag = 'burst') as b
                    on b.person_id = o.person_id and o.occurred_at >= b.started_at and o.occurred_at <= b.ended_at
                group by o.event_id
            ),

            once as (
                select
                    *,
                    row_number() over (partition by conversion_id order by occurred_at, event_id) as report
                from owned
            ),

            versions as (
                select *, row_number() over (partition by conversion_id order by known_at desc, occurred_at, person, value) as version
                from imported_conversions
            ),

            paths as (
                {LATEST_PATHS}
            ),

            goal_kinds as (
                {kinds}
            ),

            facts as (
                select
                    conversion_id,
                    event_id,
                    person_id,
                    occurred_at,
                    goal,
                    is_macro,
                    value,
                    currency,
                    1 as conversion_count,
                    0 as null_count,
                    coalesce(flag, case when event_id in (select event_id from bursts) then 'burst' end) as flag
                from once
                where report = 1 and conversion_id not in (select conversion_id from versions)
                union all
                select
                    i.conversion_id,
                    null as event_id,
                    coalesce(p.person_id, stable_hash('conversion:' || i.conversion_id)) as person_id,
                    i.occurred_at,
                    i.goal,
                    coalesce(m.is_macro, true) as is_macro,
                    coalesce(i.value, 0) as value,
                    coalesce(nullif(i.currency, ''), :currency) as currency,
                    1 as conversion_count,
                    0 as null_count,
                    p.flag
                from versions as i
                left join persons as p on p.identifier = i.person
                left join goal_kinds as m on m.goal = i.goal
                where i.version = 1
                union all
                select
                    'path:' || path_id as conversion_id,
                    null as event_id,
                    stable_hash('path:' || path_id) as person_id,
                    timestamp '1970-01-01 00:00:00' + max(step) * interval '1' second as occurred_at,
                    'conversion' as goal,
                    true as is_macro,
                    max(value) as value,
                    :currency as currency,
                    max(conversions) as conversion_count,
                    max(nulls) as null_count,
                    null as flag
                from paths
                group by path_id
            ),

            returned as (
                select
                    f.conversion_id,
                    r.value,
                    -- currencies only where there is something to exchange, so that rates join by equality
                    case when r.currency <> f.currency then r.currency end as paid_in,
                    case when r.currency <> f.currency then f.currency end as stated_in,
                    least(cast(r.occurred_at as date), cast(:rated_until as date)) as rated_on
                from refunds as r
                join facts as f on f.conversion_id = r.order_id
            ),

            given_back as (
                select
                    r.conversion_id,
                    sum(
                        case
                            when r.paid_in is null then r.value
                            else coalesce(try_cast(round(cast(r.value as double) * t.per_eur / s.per_eur, 6) as {MONEY}), 0)
                        end
                    ) as value,
                    max(case when r.value is null then 1 else 0 end) as is_whole
                from returned as r
                left join fx_rates as s on s.currency = r.paid_in and s.rated_on = r.rated_on
                left join fx_rates as t on t.currency = r.stated_in and t.rated_on = r.rated_on
                group by r.conversion_id
            ),

            netted as (
                select
                    f.*,
                    case when f.currency <> :currency then f.currency end as paid_in,
                    case when f.currency <> :currency then :currency end as stated_in,
                    least(cast(f.occurred_at as date), cast(:rated_until as date)) as rated_on,
                    case
                        when b.conversion_id is null then 0
                        when b.is_whole = 1 then -f.value
                        else greatest(b.value, -{_FAR})
                    end as refunded
                from facts as f
                left join given_back as b on b.conversion_id = f.conversion_id
            )

            select
                n.conversion_id,
                n.event_id,
                n.person_id,
                n.occurred_at,
                n.goal,
                n.is_macro,
                n.value,
                n.currency,
                n.refunded,
                -- money that does not fit must not stop a build
                case
                    when n.currency = :currency then greatest(n.value + n.refunded, -{_FAR})
                    else coalesce(try_cast(round(cast(n.value + n.refunded as double) * t.per_eur / f.per_eur, 6) as {MONEY}), 0)
                end as net_value,
                n.conversion_count,
                n.null_count,
                n.flag
            from netted as n
            left join fx_rates as f on f.currency = n.paid_in and f.rated_on = n.rated_on
            left join fx_rates as t on t.currency = n.stated_in and t.rated_on = n.rated_on
        """,
    )
