"""Click links: the device that a click landed on, and the person that a CRM or a call names for the click.

Reads  events, imported_touchpoints, imported_conversions, identifiers, click_id_names
Makes  click_links   links whose evidence is a click id

A link that somebody copies and sends on carries its click id to other people's devices. So a click
id is evidence only while a single device has landed with it. Who is known by a click id alone is the
person `click:ID`.
"""

from __future__ import annotations

from headwater.contract.steps import Step
from headwater.contract.tables import (
    CLICK_ID_NAMES,
    CLICK_LINKS,
    EVENTS,
    IDENTIFIERS,
    IMPORTED_CONVERSIONS,
    IMPORTED_TOUCHPOINTS,
)

_CLICK = "nullif(json_extract_string(properties, '$.click_id'), '')"


def click_links() -> Step:
    """Make `click_links`; click ids are compared byte for byte."""
    return Step(
        makes=CLICK_LINKS,
        reads=(EVENTS, IMPORTED_TOUCHPOINTS, IMPORTED_CONVERSIONS, IDENTIFIERS, CLICK_ID_NAMES),
        sql=f"""
            with claims as (
                select click_id, person from imported_touchpoints where click_id <> '' and person <> ''
                union all
                select substr(person, 7) as click_id, person
                from (
                    select person from imported_touchpoints
                    union all
                    select person from imported_conversions
                ) as named
                where starts_with(person, 'click:')
                union all
                -- a posted conversion that names the click beside the person
                select
                    {_CLICK} as click_id,
                    case
                        when user_id <> '' then 'user:' || user_id
                        when email <> '' then 'email:' || email
                        when phone <> '' then 'phone:' || phone
                    end as person
                from events
                where type = 'conversion' and {_CLICK} is not null
            ),

            claimed as (
                select click_id, person from claims where person is not null group by click_id, person
            ),

            pairs as (
                select
                    event_id,
                    occurred_at,
                    'anonymous:' || anonymous_id as device,
                    unnest(string_split(regexp_extract(url, '[?]([^#]*)', 1), '&')) as pair
                from events
                where anonymous_id <> '' and strpos(url, '?') > 0
            ),

            captured as (
                select c.click_id, c.person, p.device, p.event_id, p.occurred_at
                from pairs as p
                join claimed as c on c.click_id = substr(p.pair, strpos(p.pair, '=') + 1)
                join click_id_names as n on n.name = split_part(p.pair, '=', 1)
                where c.person <> p.device
            ),

            alone as (
                select click_id
                from captured
                group by click_id
                having min(device) = max(device)
            ),

            placeholders as (
                select identifier from identifiers where not may_link
            )

            select
                least(c.device, c.person) as identifier,
                greatest(c.device, c.person) as other_identifier,
                'click_id' as evidence,
                min(c.event_id) as event_id,
                min(c.occurred_at) as first_at,
                max(c.occurred_at) as last_at,
                count(*) as link_count
            from captured as c
            join alone as a on a.click_id = c.click_id
            left join placeholders as d on d.identifier = c.device
            left join placeholders as p on p.identifier = c.person
            where d.identifier is null and p.identifier is null
            group by least(c.device, c.person), greatest(c.device, c.person)
        """,
    )
