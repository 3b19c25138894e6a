"""Sessions: cut each person's events into visits.

Reads  person_events   one row per event, with the person it belongs to
Makes  sessions        one row per visit

A visit ends when the person has been silent for longer than `idle`, or comes from another source: the
tags or the outside referrer are not those of the event before. Pages that carry the same tags on, and
clients that repeat the first referrer on every event, split nothing. An event exactly `idle` after the
one before still belongs to the visit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import Step
from headwater.contract.tables import PERSON_EVENTS, SESSIONS

if TYPE_CHECKING:
    from datetime import timedelta


def _tags(url: str) -> str:
    return f"replace(array_to_string(regexp_extract_all({url}, :tag_values), ''), '?', '&')"


def sessions(*, idle: timedelta, tag_pattern: str) -> Step:
    """Make `sessions`; the first event of a visit lends it its id.

    `tag_pattern` finds the names of UTM parameters and click ids in a url (RE2), up to the `=`.
    """
    return Step(
        makes=SESSIONS,
        reads=(PERSON_EVENTS,),
        params={"idle": idle, "tag_values": f"{tag_pattern}[^&#]*"},
        sql=f"""
            with previous as (
                select
                    person_id,
                    occurred_at,
                    event_id,
                    has_tags,
                    referrer_host,
                    url,
                    lag(occurred_at) over person as previous_at,
                    lag(case when has_tags then coalesce(url, '') end) over person as previous_tagged_url,
                    lag(referrer_host) over person as previous_referrer_host,
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
                    or case
                        when not has_tags then false
                        when previous_tagged_url is null then true
                        when previous_tagged_url = coalesce(url, '') then false
                        else {_tags("coalesce(url, '')")} <> {_tags("previous_tagged_url")}
                    end
                    or referrer_host <> coalesce(previous_referrer_host, '')
            )

            select
                event_id as session_id,
                person_id,
                occurred_at as started_at,
                coalesce(lead(previous_at) over person, last_at) as ended_at,
                coalesce(lead(place) over person, place_count + 1) - place as event_count,
                row_number() over person as visit_no,
                has_tags,
                referrer_host,
                url
            from starts
            window person as (partition by person_id order by occurred_at, event_id)
        """,
    )
