"""Persons: the one behind each identifier, and the person of every event.

Reads  identifiers, components, events, event_flags
Makes  persons         identifier -> person_id
       device_owners   who used a shared device, by time
       person_events   event -> person_id

An event belongs to its customer id, else its device, else its e-mail address or phone number; one
with none of them that may link is a person of its own. What browsers say of a page when they leave it
(Plausible's and Google's engagement) may come after the next page, so it is no part of a visit.
"""

from __future__ import annotations

from headwater.contract.steps import Step
from headwater.contract.tables import (
    COMPONENTS,
    DEVICE_OWNERS,
    EVENT_FLAGS,
    EVENTS,
    HOSTS,
    IDENTIFIERS,
    PERSON_EVENTS,
    PERSONS,
)

EVER = "timestamp '9999-12-31 00:00:00'"
BEGINNING = "timestamp '0001-01-01 00:00:00'"


def host_of(column: str) -> str:
    """Return SQL for the host in a url column, lower case and without port (empty where there is none)."""
    return host_in(f"split_part({column}, '/', 3)")


def host_in(place: str) -> str:
    """Return SQL for the host in the third part of a url (between its second and third slash)."""
    plain = f"split_part({place}, ':', 1)"
    # a query or fragment right behind the host is rare: look for it before cutting
    return f"""lower(case
        when strpos({place}, '?') > 0 or strpos({place}, '#') > 0
            then split_part(split_part({plain}, '?', 1), '#', 1)
        else {plain}
    end)"""


def persons() -> Step:
    """Make `persons`: identifiers without a link are persons of their own.

    One event that flags its person (see `flag_rules`) flags all identifiers of the person.
    """
    return Step(
        makes=PERSONS,
        reads=(IDENTIFIERS, COMPONENTS, EVENT_FLAGS),
        sql="""
            with named as (
                select
                    i.identifier,
                    coalesce(c.person_id, stable_hash(i.identifier)) as person_id,
                    coalesce(c.is_shared, false) as is_shared
                from identifiers as i
                left join components as c on c.identifier = i.identifier
                where i.may_link
            ),

            flagged as (
                select n.person_id, min(f.flag) as flag
                from event_flags as f
                join named as n on n.identifier = f.identifier
                group by n.person_id
            )

            select n.identifier, n.person_id, n.is_shared, f.flag
            from named as n
            left join flagged as f on f.person_id = n.person_id
        """,
    )


def device_owners() -> Step:
    """Make `device_owners`: from one naming of a person to the next; the first reaches back for ever."""
    return Step(
        makes=DEVICE_OWNERS,
        reads=(EVENTS, PERSONS, IDENTIFIERS),
        sql=f"""
            with shared as (
                select identifier from persons where is_shared
            ),

            naming as (
                select
                    s.identifier,
                    e.occurred_at,
                    e.event_id,
                    case
                        when e.user_id <> '' and u.value is null then 'user:' || e.user_id
                        when e.email <> '' then 'email:' || e.email
                        when e.phone <> '' then 'phone:' || e.phone
                    end as name
                from events as e
                join shared as s on s.identifier = 'anonymous:' || e.anonymous_id
                left join (select value from identifiers where kind = 'user' and not may_link) as u on u.value = e.user_id
                union all
                select s.identifier, e.occurred_at, e.event_id, 'user:' || e.user_id as name
                from events as e
                join shared as s on s.identifier = 'anonymous:' || e.previous_id
                where e.previous_id <> '' and e.user_id <> '' and e.previous_id <> coalesce(e.anonymous_id, '')
            ),

            named as (
                select n.identifier, p.person_id, n.occurred_at, n.event_id
                from naming as n
                join persons as p on p.identifier = n.name
            ),

            previous as (
                select
                    *,
                    lag(person_id) over (partition by identifier order by occurred_at, event_id) as previous_id
                from named
            ),

            changes as (
                select identifier, person_id, occurred_at, event_id, previous_id is null as is_first
                from previous
                where previous_id is null or previous_id <> person_id
            ),

            spans as (
                select
                    identifier,
                    person_id,
                    case when is_first then {BEGINNING} else occurred_at end as from_at,
                    lead(occurred_at, 1, {EVER}) over (partition by identifier order by occurred_at, event_id) as until_at
                from changes
            )

            select * from spans where from_at < until_at
        """,
    )


def person_events(*, tag_pattern: str) -> Step:
    """Make `person_events`; `tag_pattern` finds UTM parameters and click ids in a url (RE2)."""
    return Step(
        makes=PERSON_EVENTS,
        reads=(EVENTS, EVENT_FLAGS, PERSONS, DEVICE_OWNERS, IDENTIFIERS, HOSTS),
        params={"tag_pattern": tag_pattern},
        sql=f"""
            with keyed as (
                select
                    e.event_id,
                    e.occurred_at,
                    e.url,
                    case
                        when e.user_id <> '' and u.value is null then 'user:' || e.user_id
                        when e.anonymous_id <> '' and a.value is null then 'anonymous:' || e.anonymous_id
                        when e.email <> '' then 'email:' || e.email
                        when e.phone <> '' then 'phone:' || e.phone
                    end as identifier,
                    case
                        when e.type in ('page', 'screen') then true
                        when e.event in ('engagement', 'user_engagement') then false
                        else e.url <> ''
                    end as is_visit,
                    (strpos(e.url, '?') > 0 and regexp_matches(e.url, :tag_pattern))
                        -- some clients always send a campaign, mostly an empty one
                        or case
                            when strpos(e.context, '"campaign"') > 0
                                then regexp_matches(e.context, '"campaign" *: *[{{] *"')
                            else false
                        end as has_tags,
                    case when e.referrer <> '' then split_part(e.referrer, '/', 3) end as referrer_place,
                    case when e.referrer <> '' then split_part(e.url, '/', 3) end as url_place
                from events as e
                left join (select value from identifiers where kind = 'user' and not may_link) as u on u.value = e.user_id
                left join (select value from identifiers where kind = 'anonymous' and not may_link) as a
                    on a.value = e.anonymous_id
            ),

            elsewhere as (
                select
                    *,
                    case when referrer_place <> coalesce(url_place, '') then {host_in("referrer_place")} end as referrer_host,
                    case when referrer_place <> url_place then {host_in("url_place")} end as url_host
                from keyed
            )

            select
                coalesce(o.person_id, p.person_id, stable_hash('event:' || k.event_id)) as person_id,
                k.occurred_at,
                k.event_id,
                coalesce(k.is_visit, false) as is_visit,
                coalesce(k.has_tags, false) as has_tags,
                case
                    when k.referrer_host = '' or k.referrer_host = k.url_host or h.is_excluded or k.url_host = h.site
                        or ends_with(k.url_host, '.' || h.site) then null
                    else k.referrer_host
                end as referrer_host,
                k.url,
                coalesce(f.flag, p.flag) as flag
            from elsewhere as k
            left join event_flags as f on f.event_id = k.event_id
            left join persons as p on p.identifier = k.identifier
            left join device_owners as o
                on o.identifier = k.identifier and k.occurred_at >= o.from_at and k.occurred_at < o.until_at
            left join hosts as h on h.host = k.referrer_host
        """,
    )
