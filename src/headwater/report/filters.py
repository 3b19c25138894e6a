"""Filters: the conversions, steps and touchpoints that a query means, as SQL.

Reads  journeys, journey_steps, conversions, touchpoints, persons, imported_persons, fx_rates
Makes  a Selection: SELECT statements that every report builds on

Days of a query are days in the workspace's zone; bounds are turned to UTC here, once. Values from
the caller only enter SQL as literals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from headwater.contract.errors import UnknownNameError, UsageError
from headwater.contract.query import ALL_TIME
from headwater.contract.steps import literal
from headwater.report.measure.currency import check_currency, converted
from headwater.report.measure.windows import built_window, journeys_in, steps_in

if TYPE_CHECKING:
    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.contract.settings import Settings
    from headwater.report.dimensions import Dimension


class UnknownGoalError(UnknownNameError):
    """No goal has this name."""

    kind = "goal"


class UnknownAttributeError(UnknownNameError):
    """No imported person has this attribute."""

    kind = "attribute of persons"


MICROS = "cast(cast(net_value as decimal(38,6)) * 1000000 as bigint) as net_micros"
"""The value as a whole number; in DECIMAL(18,6) the product would overflow from a million on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a query means, as SELECT statements over the tables of one workspace."""

    conversions: str
    """One row per chosen conversion: conversion_id, person_id, goal, is_macro, occurred_at, net_value
    (in `currency`), conversion_count, null_count."""
    journeys: str
    """`conversions` with step_count, first_at and last_at in the window."""
    steps: str
    """The columns of `journey_steps` in the window, with net_value, conversion_count and null_count."""
    null_persons: str
    """Condition over the touchpoint `t`: its person has none of the chosen conversions."""
    null_runs: str
    """The same persons: person_id, `skipped` touchpoints before the first that counts, and `touches`
    that count; all of them where that column is not there."""
    transitions: str | None
    """The rows of `transitions` that count these journeys, added up; None where they do not."""
    currency: str
    window: timedelta
    """The window that counts; ALL_TIME for every earlier touchpoint."""
    with_flagged: bool = False
    """Flagged touchpoints count too: the paths that are stored leave them out."""

    def paths(self, by: Dimension) -> str:
        """Return the steps of all journeys, converting or not, as a PathModel reads them."""
        return f"""
            select conversion_id as journey_id, step, step_count, player,
                conversion_count, null_count, net_value
            from ({by.of_steps(self.steps)}) as converting
            union all
            {self.null_paths(by)}
        """

    def null_paths(self, by: Dimension) -> str:
        """Return the steps of the journeys of persons with none of the chosen conversions."""
        touchpoints = by.of_touchpoints("t.person_id, t.occurred_at, t.touchpoint_id")
        return f"""
            select 'person:' || person_id as journey_id,
                row_number() over (partition by person_id order by occurred_at, touchpoint_id) as step,
                count(*) over (partition by person_id) as step_count,
                player,
                cast(0 as bigint) as conversion_count,
                cast(1 as bigint) as null_count,
                cast(0 as decimal(18,6)) as net_value
            from ({touchpoints} where {self.null_persons}) as alone
        """


def selection(context: ReportContext, query: ReportQuery) -> Selection:
    """Return what `query` means.

    Raises UnknownGoalError, UnknownAttributeError, UnknownCurrencyError and UsageError (a window that
    is not positive, days in the wrong order, a segment that is no `attribute=value`).
    """
    reader, settings = context.reader, context.settings
    window = _window(query, settings)
    chosen = _conversions(reader, settings, query)
    alone = _alone(reader, query, conversions=chosen)
    since, until = bounds(query, zone=settings.time_zone)
    first = since - window if since and window < ALL_TIME else None
    between = _between("t.occurred_at", first, until)
    return Selection(
        conversions=chosen,
        journeys=journeys_in(window, conversions=chosen, settings=settings, with_flagged=query.with_flagged),
        steps=steps_in(window, conversions=chosen, settings=settings, with_flagged=query.with_flagged),
        null_persons=" and ".join(
            [
                "t.is_uncredited is not true",
                "true" if query.with_flagged else "t.flag is null",
                *alone,
                *between,
            ]
        ),
        null_runs=_null_runs(alone, between, before=_between("t.occurred_at", None, first)),
        transitions=_transitions(query, settings, window=window),
        currency=query.currency or settings.currency,
        window=window,
        with_flagged=query.with_flagged,
    )


def bounds(query: ReportQuery, *, zone: str) -> tuple[datetime | None, datetime | None]:
    """Return the first moment of `since` and the first after `until`, in UTC without a zone mark.

    >>> from headwater.contract.query import ReportQuery
    >>> bounds(ReportQuery(since=date(2026, 3, 29), until=date(2026, 3, 29)), zone="Europe/Berlin")
    (datetime.datetime(2026, 3, 28, 23, 0), datetime.datetime(2026, 3, 29, 22, 0))
    """
    if query.since and query.until and query.until < query.since:
        raise UsageError(
            f"The last day {query.until} is before the first day {query.since}.",
            hint="since and until are both included; swap them.",
        )
    after = query.until + timedelta(days=1) if query.until else None
    return _midnight(query.since, zone=zone), _midnight(after, zone=zone)


def segment_persons(reader: Reader, segment: str) -> str:
    """Return the SELECT of the person_ids whose attribute has the value, from `attribute=value`.

    The latest known row of a person counts. Raises UsageError and UnknownAttributeError.
    """
    attribute, equals, value = segment.partition("=")
    if not (attribute.strip() and equals):
        raise UsageError(
            f"The segment {segment!r} cannot be read.", hint="write attribute=value, e.g. plan=pro."
        )
    attribute, value = attribute.strip(), value.strip()
    keys = "select distinct unnest(json_keys(attributes)) from imported_persons where json_valid(attributes)"
    known = reader.query(keys).column(0).to_pylist()
    if attribute not in known:
        raise UnknownAttributeError.named(attribute, known=known)
    path = literal("/" + attribute.replace("~", "~0").replace("/", "~1"))
    return f"""
        select p.person_id from persons as p
        join (
            select person, attributes from imported_persons
            qualify row_number() over (partition by person order by known_at desc, origin desc) = 1
        ) as latest on latest.person = p.identifier
        where json_valid(attributes) and json_extract_string(attributes, {path}) = {literal(value)}
    """


def _window(query: ReportQuery, settings: Settings) -> timedelta:
    if query.window is None:
        return timedelta(days=settings.window_days) if settings.window_days else ALL_TIME
    if query.window <= timedelta(0):
        raise UsageError(
            f"A window cannot be {query.window}.", hint="e.g. 30d, or all for every earlier touchpoint."
        )
    return min(query.window, ALL_TIME)


def _conversions(reader: Reader, settings: Settings, query: ReportQuery) -> str:
    where = [
        _goal(reader, settings, query.goal),
        *_between("occurred_at", *bounds(query, zone=settings.time_zone)),
        *([] if query.with_flagged else ["flag is null"]),
    ]
    if query.segment:
        where.append(f"person_id in ({segment_persons(reader, query.segment)})")
    columns = "conversion_id, person_id, goal, is_macro, occurred_at, net_value, conversion_count, null_count"
    rows = f"select {columns}, {MICROS} from journeys where {' and '.join(where)}"
    target, source = query.currency or settings.currency, settings.currency
    check_currency(reader, target, source=source)
    if target == source:
        return rows
    day = "cast(r.occurred_at as date)"
    stated = converted(rows, amount="net_value", day=day, currency=literal(source), target=target)
    return f"""
        select {columns}, {MICROS}
        from (select * replace (money as net_value) from ({stated}) as stated) as restated
    """


def _goal(reader: Reader, settings: Settings, goal: str | None) -> str:
    if goal is None:
        return "is_macro"
    known = {named.name for named in settings.goals}
    if goal not in known:
        known |= set(
            reader.query("select distinct goal from journeys where goal is not null").column(0).to_pylist()
        )
    if goal not in known:
        raise UnknownGoalError.named(goal, known=known)
    return f"goal = {literal(goal)}"


def _alone(reader: Reader, query: ReportQuery, *, conversions: str) -> list[str]:
    """Build the conditions on the person `t.person_id` who has none of the conversions.

    An aggregated path brings its own null_count, so it is never one as well.
    """
    many = """
        select person_id from journeys
        where (conversion_count <> 1 or null_count <> 0) and person_id is not null
    """
    where = [
        f"t.person_id not in (select person_id from ({conversions}) as chosen where person_id is not null)",
        "t.person_id not in (select person_id from persons where identifier like 'path:%')",
        f"t.person_id not in ({many})",
    ]
    if query.segment:
        where.append(f"t.person_id in ({segment_persons(reader, query.segment)})")
    return where


def _transitions(query: ReportQuery, settings: Settings, *, window: timedelta) -> str | None:
    """Build the SELECT of steps that builds keep: of all days and persons, in the window of the settings."""
    stated = query.currency or settings.currency
    if query.since or query.until or query.segment or query.with_flagged or stated != settings.currency:
        return None
    if window != built_window(settings):
        return None
    wanted = "part = 'macro'" if query.goal is None else f"part = 'goal' and goal = {literal(query.goal)}"
    return f"""
        select origin, channel, cast(sum(step_count) as bigint) as step_count,
            cast(sum(conversion_count) as bigint) as conversion_count,
            cast(sum(null_count) as bigint) as null_count,
            cast(sum(net_value) as decimal(38,6)) as net_value
        from transitions where part = 'persons' or {wanted} group by origin, channel
        having sum(step_count) <> 0 or sum(conversion_count) <> 0 or sum(null_count) <> 0 or sum(net_value) <> 0
        order by origin, channel
    """


def _null_runs(alone: list[str], between: list[str], *, before: list[str]) -> str:
    """Build the SELECT of persons without conversion; days cut a run out of a person's touchpoints."""
    if not between:
        return f"""
            select t.person_id, cast(0 as bigint) as skipped
            from person_paths as t where t.piece = 0 and {" and ".join(alone)}
        """
    earlier = " and ".join(before) or "false"
    return f"""
        select * from (
            select t.person_id,
                count(case when {earlier} then 1 end) as skipped,
                count(case when {" and ".join(between)} then 1 end) as touches
            from touchpoints as t
            where {" and ".join(["t.is_uncredited is not true", "t.flag is null", *alone])}
            group by t.person_id
        ) as counted where touches > 0
    """


def _between(column: str, first: datetime | None, after: datetime | None) -> list[str]:
    lower = [f"{column} >= timestamp {literal(first.isoformat(' '))}"] if first else []
    return lower + ([f"{column} < timestamp {literal(after.isoformat(' '))}"] if after else [])


def _midnight(day: date | None, *, zone: str) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
