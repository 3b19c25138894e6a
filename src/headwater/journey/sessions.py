"""Sessions: cut each person's events into visits.

Reads  person_events   one row per event, with the person it belongs to
Makes  sessions        one row per visit

A visit ends when the person has been silent for longer than `idle`, or comes again from a source
(tags that differ from the page before, or a referrer that is not our own). An event exactly `idle`
after the one before still belongs to the visit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import Step
from headwater.contract.tables import PERSON_EVENTS, SESSIONS

if TYPE_CHECKING:
    from datetime import timedelta


def sessions(*, idle: timedelta) -> Step:
    """Make `sessions`; the first event of a visit lends it its id."""
    return Step(
        makes=SESSIONS,
        reads=(PERSON_EVENTS,),
        params={"idle": idle},
        sql="""
            with previous as (
                select
                    person_id,
                    occurred_at,
                    event_id,
                    has_tags,
                    referrer_host,
                    url,
                    lag(occurred_at) over person as previous_at,
                    lag(url) over person as previous_url,
                    row_number() over person as place,
                    max(occurred_at) over (partition by person_id) as last_at,
                    count(*) over (partition by person_id) as place_count
                from person_events
                where is_visit
                window person as (partition by person_id order by occurred_at, event_id)
            ),

            starts as (
                select *
                from previous
                where
                    previous_at is null
                    or date_diff('microsecond', previous_at, occurred_at) > :idle
                    or (has_tags and (previous_url is null or previous_url <> url))
                    or referrer_host is not null
            )

            select
                event_id as session_id,
                person_id,
                occurred_at as started_at,
                coalesce(lead(previous_at) over person, last_at) as ended_at,
                coalesce(lead(place) over person, place_count + 1) - place as event_count,
                has_tags,
                referrer_host,
                url
            from starts
            window person as (partition by person_id order by occurred_at, event_id)
        """,
    )
