"""Business: what a workspace is like, in the few numbers that decide which model and window fit it.

Reads  the journeys and steps of a Selection, stage_times, touchpoints, spend, experiments
Makes  a Business
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.report.measure.rows import one, rows
from headwater.report.measure.spread import middle

if TYPE_CHECKING:
    from headwater.contract.ports import Reader
    from headwater.report.filters import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """The workspace in numbers; shares are None where there is nothing to take a share of."""

    conversions: int
    touched: int
    """Conversions with a touch in the window."""
    channels: int
    """Channels in the journeys."""
    median_touches: float | None
    median_lag_days: float | None
    """From the first touch in the window to the conversion."""
    one_touch_share: float | None
    """Of the conversions with a touch, those with a single one: no model can divide them."""
    direct_close_share: float | None
    """Of the same, those whose last touch is direct."""
    persons: int
    """Persons who converted."""
    repeat_share: float | None
    """Of them, those who did more than once."""
    leads: int
    """Of them, those who were a lead before."""
    opportunities: int
    measured_share: float | None
    """Of all touchpoints, visits in which more than one thing happened: what `engaged` can weigh."""
    spend_rows: int
    experiments: int


def business(reader: Reader, chosen: Selection) -> Business:
    """Return the numbers of what the query means."""
    whole = one(
        reader,
        f"""
        select cast(coalesce(sum(conversion_count), 0) as bigint) as conversions,
            cast(coalesce(sum(case when step_count > 0 then conversion_count end), 0) as bigint) as touched,
            cast(coalesce(sum(case when step_count = 1 then conversion_count end), 0) as bigint) as single
        from ({chosen.journeys}) as journeys
        """,
    )
    steps = one(
        reader,
        f"""
        select count(distinct channel) as channels,
            cast(coalesce(sum(case when step = step_count and lower(channel) = 'direct'
                then conversion_count end), 0) as bigint) as direct_closes
        from ({chosen.steps}) as steps
        """,
    )
    people = one(
        reader,
        f"""
        select count(*) as persons, count(case when orders > 1 then 1 end) as repeaters,
            count(case when s.lead_at < p.first_at then 1 end) as leads,
            count(case when s.opportunity_at < p.first_at then 1 end) as opportunities
        from (
            select person_id, count(*) as orders, min(occurred_at) as first_at
            from ({chosen.conversions}) as chosen where person_id is not null group by person_id
        ) as p left join stage_times as s on s.person_id = p.person_id
        """,
    )
    others = one(
        reader,
        """
        select count(*) as touchpoints,
            count(case when kind = 'visit' and (event_count > 1 or duration_seconds > 0) then 1 end) as measured,
            (select count(*) from spend) as spend_rows, (select count(*) from experiments) as experiments
        from touchpoints where flag is null
        """,
    )
    hours = "date_diff('microsecond', first_at, occurred_at) // 3600000000"
    lag = _median(reader, chosen, hours)
    return Business(
        conversions=whole["conversions"],
        touched=whole["touched"],
        channels=steps["channels"],
        median_touches=_median(reader, chosen, "step_count"),
        median_lag_days=None if lag is None else lag / 24,
        one_touch_share=_part(whole["single"], whole["touched"]),
        direct_close_share=_part(steps["direct_closes"], whole["touched"]),
        persons=people["persons"],
        repeat_share=_part(people["repeaters"], people["persons"]),
        leads=people["leads"],
        opportunities=people["opportunities"],
        measured_share=_part(others["measured"], others["touchpoints"]),
        spend_rows=others["spend_rows"],
        experiments=others["experiments"],
    )


def _median(reader: Reader, chosen: Selection, number: str) -> float | None:
    counted: list[dict[str, Any]] = rows(
        reader,
        f"""
        select {number} as number, cast(sum(conversion_count) as bigint) as conversions
        from ({chosen.journeys}) as journeys where step_count > 0 group by number order by number
        """,
    )
    return middle([(row["number"], row["conversions"]) for row in counted])


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None
