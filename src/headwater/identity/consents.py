"""Consents: the latest decision of each person, for whoever sends something to ad platforms.

Reads  events, person_events, persons
Makes  consents   a view: it costs nothing until somebody asks

What was said counts, the latest word of all; a region's default only where nothing was ever said, and
then the strictest of them. Somebody who took consent back is found by the hashes of the ids that were
given, since the event itself belongs to nobody.
"""

from __future__ import annotations

from headwater.contract.steps import Step
from headwater.contract.tables import CONSENTS, EVENTS, PERSON_EVENTS, PERSONS


def consents() -> Step:
    """Make `consents`."""
    return Step(
        makes=CONSENTS,
        reads=(EVENTS, PERSON_EVENTS, PERSONS),
        materialised=False,
        sql="""
            with decided as (
                select event_id, consent, may_sync, known_at, occurred_at, context
                from events
                where consent is not null
            ),

            taken_back as (
                select
                    event_id,
                    unnest(string_split(replace(regexp_extract(context, '"[$]refused":[[]([^]]*)[]]', 1), '"', ''), ',')) as hash
                from decided
                where strpos(context, '"$refused"') > 0
            ),

            named as (
                select identifier, person_id, substr(identifier, strpos(identifier, ':') + 1) as value
                from persons
            ),

            owned as (
                select p.person_id, d.event_id
                from decided as d
                join person_events as p on p.event_id = d.event_id
                union
                select n.person_id, t.event_id
                from taken_back as t
                join named as n on cast(stable_hash(n.identifier) as varchar) = t.hash
                union
                select n.person_id, t.event_id
                from taken_back as t
                join named as n on n.value = t.hash
            ),

            ranked as (
                select
                    o.person_id,
                    d.consent,
                    d.may_sync,
                    d.known_at,
                    row_number() over (
                        partition by o.person_id
                        order by
                            case when d.consent = 'unknown' then 1 else 0 end,
                            case when d.consent = 'unknown' and not d.may_sync then 0 else 1 end,
                            d.known_at desc, d.occurred_at desc, d.event_id desc
                    ) as place
                from owned as o
                join decided as d on d.event_id = o.event_id
            )

            select person_id, consent, may_sync, known_at as decided_at
            from ranked
            where place = 1
        """,
    )
