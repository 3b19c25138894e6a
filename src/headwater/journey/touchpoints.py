"""Touchpoints: every marketing contact of a person, with its canonical source and its channel.

Reads  sessions, landings, hosts, source_aliases, tag_aliases, click_id_names,
       imported_touchpoints, imported_paths, persons, event_flags
Makes  touchpoints

Each session is one touchpoint. Imported ones keep the channel they name; without one the same rules
decide, and for an answer to a survey the table of answers. Touches of imported paths have no time of
their own: they stand a second apart from 1970 on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from headwater.contract.steps import Step, literal
from headwater.contract.tables import (
    CLICK_ID_NAMES,
    EVENT_FLAGS,
    HOSTS,
    IMPORTED_PATHS,
    IMPORTED_TOUCHPOINTS,
    LANDINGS,
    PERSONS,
    SESSIONS,
    SOURCE_ALIASES,
    TAG_ALIASES,
    TOUCHPOINTS,
)
from headwater.journey.engagement import BOUNCE, kind_sql, visit_sql
from headwater.journey.surveys import KIND, plain_of, survey_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.contract.settings import Settings

LATEST_PATHS = """
    select path_id, step, channel, conversions, value, nulls
    from (
        select *, max(known_at) over (partition by path_id) as latest_at from imported_paths
    ) as versions
    where known_at = latest_at
"""


def _without_scheme(url: str) -> str:
    return f"case when strpos({url}, '://') > 0 then substr({url}, strpos({url}, '://') + 3) else {url} end"


def _soon(time: str, soon: timedelta) -> str:
    age = f"date_diff('microsecond', m.occurred_at, {time})"
    return f"{age} >= 0 and {age} <= {literal(soon)}"


def touchpoints(
    *, channel_case: str, settings: Settings | None = None, uncredited_kinds: Sequence[str] = ()
) -> Step:
    """Make `touchpoints`; `channel_case` is the compiled table of channel rules.

    Of `settings` only the survey answers and the engagement are used; touches of `uncredited_kinds` are marked.
    """
    strength = settings.engagement_strength if settings else 1.0
    seconds = "date_diff('second', s.started_at, s.ended_at)"
    engagement = visit_sql(seconds=seconds, events="s.event_count", strength=strength)
    kind_weight = kind_sql(settings.engagement_kinds if settings else {})
    soon = timedelta(seconds=settings.scanner_seconds if settings else 10)
    kinds = ", ".join(literal(kind.lower()) for kind in uncredited_kinds) or "''"
    return Step(
        makes=TOUCHPOINTS,
        reads=(
            SESSIONS,
            LANDINGS,
            HOSTS,
            SOURCE_ALIASES,
            TAG_ALIASES,
            CLICK_ID_NAMES,
            IMPORTED_TOUCHPOINTS,
            IMPORTED_PATHS,
            PERSONS,
            EVENT_FLAGS,
        ),
        sql=f"""
            with tagged as (
                select
                    l.session_id,
                    coalesce(a.source, nullif(lower(trim(l.utm_source)), ''), h.source, k.source, '') as source,
                    -- a source that the tags name is never lent the referrer's category
                    case
                        when coalesce(trim(l.utm_source), '') <> '' then coalesce(a.category, '')
                        else coalesce(h.category, '')
                    end as source_category,
                    coalesce(lower(m.name), lower(trim(l.utm_medium)), '') as medium,
                    coalesce(n.name, l.utm_campaign) as raw_campaign,
                    coalesce(lower(n.name), lower(trim(l.utm_campaign)), '') as campaign,
                    l.utm_content as content,
                    l.utm_term as term,
                    l.ad_id,
                    coalesce(l.click_id_name, '') as click_id_name,
                    l.click_id,
                    coalesce(k.paid, '') as click_paid,
                    coalesce(s.referrer_host, '') as referrer_host,
                    coalesce(h.category, '') as referrer_category,
                    'visit' as kind
                from landings as l
                join sessions as s on s.session_id = l.session_id
                left join hosts as h on h.host = s.referrer_host
                left join source_aliases as a on a.alias = lower(trim(l.utm_source))
                left join tag_aliases as m on m.tag = 'medium' and m.alias = lower(trim(l.utm_medium))
                left join tag_aliases as n on n.tag = 'campaign' and n.alias = lower(trim(l.utm_campaign))
                left join click_id_names as k on k.name = l.click_id_name
            ),

            ruled as (
                select *, {channel_case} as channel from tagged
            ),

            -- without tags the referrer alone decides: one verdict per host serves all its sessions
            untagged as (
                select
                    host,
                    source,
                    category as source_category,
                    '' as medium,
                    '' as campaign,
                    '' as click_id_name,
                    '' as click_paid,
                    host as referrer_host,
                    category as referrer_category,
                    'visit' as kind
                from (
                    select host, source, category from hosts
                    union all
                    select '' as host, '' as source, '' as category
                ) as referrers
            ),

            untagged_ruled as (
                select host, source, {channel_case} as channel from untagged
            ),

            -- a link in a mail that is opened at once, and then nothing: a gateway looks where it leads
            mailings as (
                select coalesce(p.person_id, stable_hash('touchpoint:' || t.touchpoint_id)) as person_id, t.occurred_at
                from imported_touchpoints as t
                left join persons as p on p.identifier = t.person
                where lower(t.kind) in ('email_sent', 'email_delivered', 'sent', 'delivered')
            ),

            mailed as (
                select s.session_id
                from sessions as s
                join mailings as m on m.person_id = s.person_id
                where s.event_count = 1 and {_soon("s.started_at", soon)}
                group by s.session_id
            ),

            visits as (
                select
                    s.session_id as touchpoint_id,
                    s.person_id,
                    s.started_at as occurred_at,
                    'visit' as kind,
                    coalesce(r.channel, u.channel) as channel,
                    coalesce(nullif(coalesce(r.source, u.source), ''), 'direct') as source,
                    coalesce(r.medium, '') as medium,
                    r.raw_campaign as campaign,
                    r.content,
                    r.term,
                    r.ad_id,
                    nullif(r.click_id_name, '') as click_id_name,
                    r.click_id,
                    case
                        when strpos(s.url, '?') > 0 or strpos(s.url, '#') > 0
                            then {_without_scheme("split_part(split_part(s.url, '?', 1), '#', 1)")}
                        else {_without_scheme("s.url")}
                    end as landing_page,
                    s.referrer_host as referrer,
                    s.event_count,
                    s.visit_no,
                    {seconds} as duration_seconds,
                    {engagement} as engagement,
                    cast(null as decimal(18, 6)) as cost,
                    false as is_uncredited,
                    s.flag,
                    b.session_id is not null and coalesce(r.channel, u.channel, '') = 'email' as is_scanned
                from sessions as s
                left join ruled as r on r.session_id = s.session_id
                left join untagged_ruled as u on u.host = coalesce(s.referrer_host, '')
                left join mailed as b on b.session_id = s.session_id
            ),

            imported as (
                select
                    t.touchpoint_id,
                    coalesce(p.person_id, stable_hash('touchpoint:' || t.touchpoint_id)) as person_id,
                    t.occurred_at,
                    coalesce(nullif(t.kind, ''), 'touch') as kind,
                    coalesce(trim(t.channel), '') as given_channel,
                    coalesce(a.source, lower(trim(t.source)), '') as source,
                    coalesce(a.category, '') as source_category,
                    coalesce(lower(m.name), lower(trim(t.medium)), '') as medium,
                    coalesce(n.name, t.campaign) as raw_campaign,
                    coalesce(lower(n.name), lower(trim(t.campaign)), '') as campaign,
                    t.content,
                    t.term,
                    t.ad_id,
                    '' as click_id_name,
                    t.click_id,
                    '' as click_paid,
                    '' as referrer_host,
                    '' as referrer_category,
                    t.cost,
                    case
                        when lower(t.kind) = '{KIND}'
                            then {plain_of("coalesce(nullif(t.content, ''), t.source, '')")}
                    end as answer,
                    coalesce(f.flag, p.flag) as flag
                from imported_touchpoints as t
                left join event_flags as f on f.event_id = t.touchpoint_id
                left join persons as p on p.identifier = t.person
                left join source_aliases as a on a.alias = lower(trim(t.source))
                left join tag_aliases as m on m.tag = 'medium' and m.alias = lower(trim(t.medium))
                left join tag_aliases as n on n.tag = 'campaign' and n.alias = lower(trim(t.campaign))
            ),

            paths as (
                {LATEST_PATHS}
            ),

            scanned as (
                select t.touchpoint_id
                from imported as t
                join mailings as m on m.person_id = t.person_id
                where lower(t.kind) in ('email_click', 'click') and {_soon("t.occurred_at", soon)}
            )

            select
                v.touchpoint_id,
                v.person_id,
                v.occurred_at,
                v.kind,
                v.channel,
                v.source,
                v.medium,
                v.campaign,
                v.content,
                v.term,
                v.ad_id,
                v.click_id_name,
                v.click_id,
                v.landing_page,
                v.referrer,
                v.event_count,
                -- a flagged visit is in no journey, and has no place among those that are
                case when v.flag is null and not v.is_scanned then v.visit_no end as visit_no,
                v.duration_seconds,
                v.engagement,
                v.cost,
                v.is_uncredited,
                coalesce(v.flag, case when v.is_scanned then 'link_scanner' end) as flag
            from visits as v
            union all
            select
                touchpoint_id,
                person_id,
                occurred_at,
                kind,
                case
                    when given_channel <> '' then given_channel
                    when lower(kind) = '{KIND}' then {survey_case(settings)}
                    else {channel_case}
                end as channel,
                coalesce(
                    nullif(source, ''),
                    nullif(lower(given_channel), ''),
                    case when lower(kind) = '{KIND}' then 'self-reported' else 'direct' end
                ) as source,
                medium,
                raw_campaign as campaign,
                content,
                term,
                ad_id,
                cast(null as varchar) as click_id_name,
                click_id,
                cast(null as varchar) as landing_page,
                cast(null as varchar) as referrer,
                1 as event_count,
                cast(null as bigint) as visit_no,
                0 as duration_seconds,
                {kind_weight} as engagement,
                cost,
                lower(kind) in ({kinds}) as is_uncredited,
                case
                    when touchpoint_id in (select touchpoint_id from scanned) then 'link_scanner'
                    else flag
                end as flag
            from imported
            union all
            select
                'path:' || path_id || ':' || cast(step as varchar) as touchpoint_id,
                stable_hash('path:' || path_id) as person_id,
                timestamp '1970-01-01 00:00:00' + step * interval '1' second as occurred_at,
                'path' as kind,
                channel,
                channel as source,
                '' as medium,
                null as campaign,
                null as content,
                null as term,
                null as ad_id,
                null as click_id_name,
                null as click_id,
                null as landing_page,
                null as referrer,
                1 as event_count,
                cast(null as bigint) as visit_no,
                0 as duration_seconds,
                {BOUNCE} as engagement,
                null as cost,
                false as is_uncredited,
                null as flag
            from paths
        """,
    )
