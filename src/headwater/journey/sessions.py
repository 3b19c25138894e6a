"""Sessions: cut each person's events into visits.

Reads  person_events   one row per event, with the person it belongs to
Makes  sessions        one row per visit

A visit ends when the person has been silent for longer than `idle`, or comes from another source: the
tags or the outside referrer are not those of the event before. Pages that carry the same tags on, and
clients that repeat the first referrer on every event, split nothing. An event exactly `idle` after the
one before still belongs to the visit. Events that are flagged have visits of their own, for each flag: a
person_id has 60 bits, the flag's place stands above them and parts the streams at no cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import Step
from headwater.contract.tables import PERSON_EVENTS, SESSIONS
from headwater.journey.flags import BURST, FLAGS

if TYPE_CHECKING:
    from datetime import timedelta


def _tags(url: str) -> str:
    return f"replace(array_to_string(regexp_extract_all({url}, :tag_values), ''), '?', '&')"


ABOVE = 2**60
"""Person ids are smaller than this."""
_CODES = " ".join(f"when '{flag}' then {place * ABOVE}" for place, flag in enumerate(FLAGS, start=1))
VISITOR = f"person_id + case when flag is null then 0 else case flag {_CODES} end end"
_FLAG = " ".join(f"when {place} then '{flag}'" for place, flag in enumerate(FLAGS, start=1))


def sessions(*, idle: timedelta, tag_pattern: str, burst: int = 120) -> Step:
    """Make `sessions`; the first event of a visit lends it its id.

    A visit with more than `burst` events in each of its minutes, begun ones included, is flagged as such.
    `tag_pattern` finds the names of UTM parameters and click ids in a url (RE2), up to the `=`.
    """
    return Step(
        makes=SESSIONS,
        reads=(PERSON_EVENTS,),
        params={"idle": idle, "burst": burst, "tag_values": f"{tag_pattern}[^&#]*"},
        sql=f"""
            with streams as (
                select *, {VISITOR} as visitor
                from person_events
                where is_visit
            ),

            previous as (
                select
                    visitor,
                    occurred_at,
                    event_id,
                    has_tags,
                    referrer_host,
                    url,
                    lag(occurred_at) over person as previous_at,
                    lag(case when has_tags then coalesce(url, '') end) over person as previous_tagged_url,
                    lag(referrer_host) over person as previous_referrer_host,
                    row_number() over person as place,
                    max(occurred_at) over (partition by visitor) as last_at,
                    count(*) over (partition by visitor) as place_count
                from streams
                window person as (partition by visitor order by occurred_at, event_id)
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
            ),

            visits as (
                select
                    event_id as session_id,
                    visitor,
                    occurred_at as started_at,
                    coalesce(lead(previous_at) over person, last_at) as ended_at,
                    coalesce(lead(place) over person, place_count + 1) - place as event_count,
                    row_number() over person as visit_no,
                    has_tags,
                    referrer_host,
                    url
                from starts
                window person as (partition by visitor order by occurred_at, event_id)
            )

            select
                session_id,
                visitor % {ABOVE} as person_id,
                started_at,
                ended_at,
                event_count,
                visit_no,
                has_tags,
                referrer_host,
                url,
                case
                    when visitor >= {ABOVE} then case cast((visitor - visitor % {ABOVE}) / {ABOVE} as bigint) {_FLAG} end
                    when event_count > :burst
                        and event_count > :burst * (date_diff('second', started_at, ended_at) / 60e0 + 1) then '{BURST}'
                end as flag
            from visits
        """,
    )
