"""Survival: how long after a touch people convert, with those whose time has not come yet.

Reads  the conversions of a Selection, touchpoints, persons, imported_persons
Makes  the share of conversions that come within so many hours, as seen and as expected

A wait begins at a touch. After the first touch since the person's last conversion it ends with the
next conversion; after any touch it ends with a conversion or with the next touch, whichever is first.
Waits that are open when the data end are censored there: they count as long as they were watched, no
longer. So the expected share is the Aalen-Johansen estimate of cumulative incidence (Kaplan-Meier
where nothing competes), divided by its value at the horizon: the last hour at which LEAST waits or
more are watched, and at least a fifth of those that would still run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headwater.contract.steps import literal
from headwater.report.measure.meta import latest_known

if TYPE_CHECKING:
    from datetime import datetime

    import numpy.typing as npt

    from headwater.contract.ports import Reader
    from headwater.report.filters import Selection

LEAST = 30
"""Fewer waits than this say nothing about what comes after."""
LEAST_WATCHED = 0.2
"""With a smaller share of the waits watched, one late conversion would stand for more than five."""
HOUR = 3_600_000_000
"""Microseconds."""
FIRST, LAST = "first", "last"
CONVERTED, MOVED_ON, OPEN = "converted", "moved_on", "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The waits after one kind of touch, by the hour (rounded up) in which they end."""

    converted: npt.NDArray[np.float64]
    """Shares of the conversions seen that came within so many hours."""
    expected: npt.NDArray[np.float64]
    """The same for all that would come up to the horizon, were everybody watched so long."""
    horizon: int
    """Hours up to which enough waits were watched; 0 where there were too few from the start."""
    conversions: int
    open: int
    """Waits that were still open when the data ended."""

    def observed_within(self, hours: float) -> float | None:
        """Return the share of the conversions seen whose wait is up to `hours`; None where there are none."""
        return _at(self.converted, hours) if self.conversions else None

    def expected_within(self, hours: float) -> float | None:
        """Return the expected share; None where too few waits were watched to say it."""
        return _at(self.expected, min(hours, self.horizon)) if self.horizon else None


def _at(curve: npt.NDArray[np.float64], hours: float) -> float:
    return float(curve[min(int(hours), len(curve) - 1)])


def curve(
    converted: npt.NDArray[np.int64], moved_on: npt.NDArray[np.int64], still_open: npt.NDArray[np.int64]
) -> Curve:
    """Return the curve from counts by hour; in one hour conversions come before waits are lost sight of."""
    leaving = converted + moved_on + still_open
    at_risk = leaving[::-1].cumsum()[::-1]
    share = np.divide(1.0, at_risk, out=np.zeros(len(at_risk)), where=at_risk > 0)
    staying = np.concatenate([[1.0], np.cumprod(1.0 - (converted + moved_on) * share)[:-1]])
    incidence = np.cumsum(staying * converted * share)
    enough = np.flatnonzero((at_risk >= LEAST) & (at_risk >= LEAST_WATCHED * at_risk[0] * staying))
    horizon = int(enough[-1]) if len(enough) else 0
    reached = incidence[horizon] if horizon else 0.0
    seen = int(converted.sum())
    return Curve(
        converted=converted.cumsum() / max(seen, 1),
        expected=np.minimum(incidence / reached, 1.0) if reached > 0 else incidence * 0.0,
        horizon=horizon if reached > 0 else 0,
        conversions=seen,
        open=int(still_open.sum()),
    )


def curves(reader: Reader, chosen: Selection, *, until: datetime | None) -> dict[str, Curve]:
    """Return the curves after the first and after the last touch; the data end with `until` at the latest."""
    end = data_end(reader, until=until)
    found = [] if end is None else reader.query(waits_sql(chosen, end=end)).to_pylist()
    made = {}
    for touch in (FIRST, LAST):
        rows = [row for row in found if row["touch"] == touch]
        size = max((row["hours"] for row in rows), default=0) + 1
        counts = {outcome: np.zeros(size, dtype=np.int64) for outcome in (CONVERTED, MOVED_ON, OPEN)}
        for row in rows:
            counts[row["outcome"]][row["hours"]] += row["waits"]
        made[touch] = curve(*counts.values())
    return made


def data_end(reader: Reader, *, until: datetime | None) -> datetime | None:
    """Return the time up to which the data reach, UTC: the newest touch or conversion, none from the future."""
    sql = """
        select max(moment) from (
            select max(occurred_at) as moment from touchpoints where kind <> 'path'
            union all
            select max(occurred_at) from conversions where conversion_id not like 'path:%'
        ) as newest
    """
    newest = reader.query(sql).column(0)[0].as_py()
    moments = [moment for moment in (newest, until, latest_known(reader)) if moment is not None]
    return min(moments) if newest is not None else None


def waits_sql(chosen: Selection, *, end: datetime) -> str:
    """Return the SELECT of touch, outcome, hours and waits.

    A person whose observation ended before `end` (import of persons) is watched until then.
    """
    over = f"timestamp {literal(end.isoformat(' '))}"
    flagged = "true" if chosen.with_flagged else "t.flag is null"
    return f"""
        with chosen as materialized (
            select person_id, occurred_at from ({chosen.conversions}) as c
            where person_id is not null and conversion_count = 1 and null_count = 0 and occurred_at <= {over}
        ),
        ended as (
            select p.person_id, least(max(i.observed_until), {over}) as over_at
            from imported_persons as i join persons as p on p.identifier = i.person
            where i.observed_until is not null group by p.person_id
        ),
        touched as materialized (
            select t.person_id, t.occurred_at,
                lead(t.occurred_at) over (
                    partition by t.person_id order by t.occurred_at, t.touchpoint_id
                ) as next_at
            from touchpoints as t
            where t.is_uncredited is not true and {flagged} and t.kind <> 'path' and t.occurred_at <= {over}
                and (
                    t.person_id in (select person_id from chosen)
                    or ({chosen.null_persons})
                )
        ),
        placed as materialized (
            select t.person_id, t.occurred_at, t.next_at, c.occurred_at as converted_at
            from touched as t
            asof left join chosen as c on c.person_id = t.person_id and t.occurred_at <= c.occurred_at
        ),
        finished as (
            select p.*, coalesce(e.over_at, {over}) as over_at from placed as p
            left join ended as e on e.person_id = p.person_id
        ),
        waits as (
            select '{LAST}' as touch,
                case
                    when converted_at is not null and (next_at is null or next_at > converted_at)
                        then '{CONVERTED}'
                    when next_at is not null then '{MOVED_ON}' else '{OPEN}'
                end as outcome,
                date_diff('microsecond', occurred_at, least(
                    coalesce(converted_at, next_at, over_at), coalesce(next_at, converted_at, over_at)
                )) as micros
            from finished
            union all
            select '{FIRST}' as touch,
                case when converted_at is null then '{OPEN}' else '{CONVERTED}' end as outcome,
                date_diff('microsecond', min(occurred_at), any_value(coalesce(converted_at, over_at))) as micros
            from finished group by person_id, converted_at
        )
        select touch, outcome, cast(ceil(greatest(micros, 0) / {HOUR}e0) as bigint) as hours,
            count(*) as waits
        from waits group by all order by all
    """
