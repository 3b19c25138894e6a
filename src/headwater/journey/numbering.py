"""Numbering: the place of every touchpoint among those of its person, oldest first.

Reads  touchpoints
Makes  the SELECT that journeys are cut from; channel_codes, person_paths

Visits were numbered where they were made, in one go with the rest; only persons who have touchpoints of
another kind, or flagged ones, need sorting. Ties in time are broken by touchpoint_id, the same way each time.
"""

from __future__ import annotations

from headwater.contract.steps import Step
from headwater.contract.tables import CHANNEL_CODES, PERSON_PATHS, TOUCHPOINTS

UNNAMED = "(none)"
"""What a touchpoint without a channel is called, as in reports."""
CHANNEL = f"coalesce(nullif(channel, ''), '{UNNAMED}')"


def numbered_sql(where: str = "true") -> str:
    """Return the SELECT of touchpoint_id, person_id, occurred_at, channel, engagement and touch_no, from 1.

    `where` is a condition on the person_id of `touchpoints`. Touchpoints in no journey (flagged, or of a kind without credit)
    have no place.
    """
    return f"""
                select touchpoint_id, person_id, occurred_at, channel, engagement, visit_no as touch_no
                from touchpoints
                where
                    person_id not in (select person_id from touchpoints where visit_no is null)
                    and {where}
                union all
                select
                    touchpoint_id,
                    person_id,
                    occurred_at,
                    channel,
                    engagement,
                    row_number() over (partition by person_id order by occurred_at, touchpoint_id) as touch_no
                from touchpoints
                where
                    person_id in (select person_id from touchpoints where visit_no is null)
                    and is_uncredited is not true
                    and flag is null
                    and {where}"""


def channel_codes() -> Step:
    """Make `channel_codes`: the channels in order of their names, numbered from 1."""
    return Step(
        makes=CHANNEL_CODES,
        reads=(TOUCHPOINTS,),
        sql=f"""
            select channel, row_number() over (order by channel) as code
            from (
                select distinct {CHANNEL} as channel
                from (select distinct channel from touchpoints where is_uncredited is not true) as given
            ) as named
        """,
    )


def person_paths() -> Step:
    """Make `person_paths`: codes become digits of one number, so that nothing is sorted or joined up."""
    return Step(
        makes=PERSON_PATHS,
        reads=(TOUCHPOINTS, CHANNEL_CODES),
        sql=f"""
            with numbered as (
                {numbered_sql()}
            ),

            size as (
                select
                    case when count(*) <= 255 then 8 when count(*) <= 65535 then 16 else 32 end as bits,
                    case when count(*) <= 255 then 7 when count(*) <= 65535 then 3 else 1 end as room
                from channel_codes
            ),

            coded as (
                select
                    n.person_id,
                    cast(floor(cast(n.touch_no - 1 as double) / cast(size.room as double)) as bigint) as piece,
                    c.code * cast(power(2e0, size.bits * ((n.touch_no - 1) % size.room)) as bigint) as digit
                from numbered as n
                cross join size
                join channel_codes as c on c.channel = coalesce(nullif(n.channel, ''), '{UNNAMED}')
            )

            select person_id, piece, cast(sum(digit) as bigint) as pack
            from coded
            group by person_id, piece
        """,
    )
