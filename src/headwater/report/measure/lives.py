"""Lives: who was observed from when to when, what they met and when they converted, as arrays.

Reads  touchpoints, the conversions of a Selection, persons, imported_persons
Makes  `Lives` for `at_risk`, with the names of the values of a dimension

Who was imported with a time of observation is observed for that time, anybody else from the first touchpoint
to the end of the data; of both, the days that the query means. Aggregated paths have no times and stay out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.contract.steps import literal
from headwater.report.filters import bounds, segment_persons
from headwater.report.measure.at_risk import DAY, WEEK, Lives, Moments
from headwater.report.measure.survival import data_end

if TYPE_CHECKING:
    from datetime import datetime

    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection
    from headwater.report.measure.at_risk import Floats, Whole

MOST_SEGMENTS = 12
"""An attribute of more values than this does not divide persons."""
MOST_ATTRIBUTES = 20
"""Attributes that are looked at, in the order of their names."""
NEVER = np.iinfo(np.int64).min
TIMES = ("person_id", "observed_from", "observed_until")
SURE = 12.0
"""Twice the log-likelihood per value that an attribute must add: what chance hardly does."""
MONDAY = 4 * DAY
"""The first Monday after 1970 began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Lives, and what their numbers stand for."""

    lives: Lives
    values: tuple[str, ...]
    """Of the dimension, those met by most persons first."""
    others: int
    """Values that fewer persons met and that are not among these."""
    segment: str | None
    """The imported attribute that divides persons; None where none tells them apart."""
    left_out: int
    """Conversions outside of the time in which their person was observed."""


def known(
    context: ReportContext, query: ReportQuery, chosen: Selection, *, by: Dimension, most: int
) -> Known | None:
    """Return the lives of the persons of the query, with up to `most` values; None where nobody was met."""
    reader = context.reader
    since, until = bounds(query, zone=context.settings.time_zone)
    over = data_end(reader, until=until)
    of_segment = segment_persons(reader, query.segment) if query.segment else None
    if over is None:
        return None
    touched = reader.query(_touches_sql(by, chosen, of_segment, over=over))
    if not touched.num_rows:
        return None
    came = reader.query(_conversions_sql(chosen))
    told = _told(reader, of_segment)
    parts = [table.column("person_id").to_numpy() for table in (touched, told)]
    everybody = _distinct(np.concatenate(parts))
    person, of_told = (np.searchsorted(everybody, part) for part in parts)
    time = _millis(touched.column("occurred_at"))
    begin = np.full(len(everybody), np.iinfo(np.int64).max)
    end = np.full(len(everybody), NEVER)
    seen = told.column("observed_from"), told.column("observed_until")
    last = _milli(over)
    begin[of_told] = _millis(seen[0], empty=last)
    end[of_told] = _millis(seen[1], empty=NEVER)
    is_open = end == NEVER
    np.minimum.at(begin, person, time)
    np.maximum.at(end, person, time)
    end = np.minimum(np.where(is_open, last, end), last)
    if since is not None:
        begin = np.maximum(begin, _milli(since))
    end = np.maximum(end, begin + 1)
    origin = int(min(begin.min(), time.min()))
    converted, moment = came.column("person_id").to_numpy(), _millis(came.column("occurred_at"))
    place = np.minimum(np.searchsorted(everybody, converted), len(everybody) - 1)
    kept = (everybody[place] == converted) & (moment >= begin[place]) & (moment <= end[place])
    place, moment = place[kept], moment[kept]
    values, code, others = _coded(touched.column("player"), person, most=most)
    days = (end - begin) / DAY
    counted = np.bincount(place, minlength=len(everybody)).astype(np.float64)
    name, segment = _segment(told, of_told, counted, days)
    order = np.lexsort((time, person))
    return Known(
        lives=Lives(
            begin=begin - origin,
            end=end - origin,
            segment=segment,
            touches=Moments(person[order], time[order] - origin),
            value=code[order],
            conversions=Moments(place, moment - origin),
            window=int(chosen.window.total_seconds() * 1000),
            week=(MONDAY - origin) % WEEK,
        ),
        values=values,
        others=others,
        segment=name,
        left_out=int((~kept).sum()),
    )


def _touches_sql(by: Dimension, chosen: Selection, of_segment: str | None, *, over: datetime) -> str:
    where = [
        "t.is_uncredited is not true",
        "t.kind <> 'path'",
        f"t.occurred_at <= timestamp {literal(over.isoformat(' '))}",
        *([] if chosen.with_flagged else ["t.flag is null"]),
        *([f"t.person_id in ({of_segment})"] if of_segment else []),
    ]
    return f"{by.of_touchpoints('t.person_id, t.occurred_at')} where {' and '.join(where)}"


def _conversions_sql(chosen: Selection) -> str:
    return f"""
        select person_id, occurred_at from ({chosen.conversions}) as c
        where person_id is not null and conversion_count = 1 and null_count = 0
        order by person_id, occurred_at, conversion_id
    """


def _told(reader: Reader, of_segment: str | None) -> pa.Table:
    """Return what was imported of persons, one row each: TIMES, then each attribute."""
    keys = "select distinct unnest(json_keys(attributes)) from imported_persons where json_valid(attributes)"
    names = sorted(one for one in reader.query(keys).column(0).to_pylist() if one)[:MOST_ATTRIBUTES]
    paths = [literal("/" + name.replace("~", "~0").replace("/", "~1")) for name in names]
    columns = "".join(
        f", min(json_extract_string(case when json_valid(i.attributes) then i.attributes end, {path})) as a{place}"
        for place, path in enumerate(paths)
    )
    where = f"and p.person_id in ({of_segment})" if of_segment else ""
    found: pa.Table = reader.query(
        f"""
        select p.person_id, min(i.observed_from) as observed_from, max(i.observed_until) as observed_until {columns}
        from (
            select *, row_number() over (partition by person order by known_at desc, origin desc) as place
            from imported_persons
        ) as i
        inner join persons as p on p.identifier = i.person
        where i.place = 1 {where} group by p.person_id order by p.person_id
        """
    )
    return found.rename_columns([*TIMES, *names])


def _coded(player: pa.ChunkedArray, person: Whole, *, most: int) -> tuple[tuple[str, ...], Whole, int]:
    """Return the values that most persons met, each touch's place among them, and how many others there are."""
    found = player.combine_chunks().dictionary_encode()
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    names, code = found.dictionary.to_pylist(), found.indices.to_numpy().astype(np.int64)
    met = np.bincount(_distinct(person * len(names) + code) % len(names), minlength=len(names))
    order = sorted(range(len(names)), key=lambda place: (-met[place], names[place]))[:most]
    places = np.full(len(names), -1)
    places[order] = np.arange(len(order))
    return tuple(names[place] for place in order), places[code], len(names) - len(order)


def _segment(told: pa.Table, of_told: Whole, counted: Floats, days: Floats) -> tuple[str | None, Whole]:
    """Return the attribute that tells rates of conversion apart best, and each person's group by it."""
    nobody = np.zeros(len(counted), dtype=np.int64)
    best, chosen, most = None, nobody, 0.0
    for name in told.column_names[len(TIMES) :]:
        found = told.column(name).combine_chunks().dictionary_encode()
        number = len(found.dictionary)
        if not 1 <= number <= MOST_SEGMENTS:
            continue
        group = nobody.copy()
        group[of_told] = pc.fill_null(found.indices, -1).to_numpy() + 1
        gain = 2 * (_likelihood(group, counted, days) - _likelihood(nobody, counted, days))
        if gain > max(most, SURE * number):
            best, chosen, most = name, group, gain
    return best, chosen


def _distinct(numbers: Whole) -> Whole:
    """Return the distinct numbers, rising; `np.unique` takes several times as long."""
    in_order = np.sort(numbers)
    made: Whole = in_order[np.flatnonzero(np.diff(in_order, prepend=in_order[0] - 1))]
    return made


def _likelihood(group: Whole, counted: Floats, days: Floats) -> float:
    came, seen = np.bincount(group, weights=counted), np.bincount(group, weights=days)
    known_ = came > 0
    return float((came[known_] * np.log(came[known_] / seen[known_])).sum())


def _milli(moment: datetime) -> int:
    return int(np.datetime64(moment, "ms").astype(np.int64))


def _millis(column: pa.ChunkedArray, *, empty: int = 0) -> Whole:
    """Return times as whole milliseconds since 1970."""
    millis = column.cast(pa.timestamp("us")).cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
    made: Whole = pc.fill_null(millis, empty).to_numpy()
    return made
