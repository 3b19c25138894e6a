"""Rates: what the workspace's own persons do, as SQL that `headwater sql` could run too.

Reads  touchpoints, conversions, persons, imported_persons
Makes  the SQL of how often persons whom a channel met convert, and of the groups of a test

Persons of equal conversions come as one row with their number, so a million of them are a few rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.experiments.given import HELD_WORDS, People
from headwater.attribution.experiments.power import Rates
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa


def met_sql(*, channel: str, goal: str, days: int) -> str:
    """Return the SQL of persons whom the channel met in the last `days` of the data, by conversions.

    `outcome` counts from the first meeting on, `before` as long before it.
    """
    return f"""
        with met as (
            select person_id, min(occurred_at) as met_at, max(last_at) as last_at
            from touchpoints cross join (select max(occurred_at) as last_at from touchpoints) as ends
            where channel = {literal(channel)} and flag is null
                and occurred_at > last_at - interval {int(days)} day
            group by person_id
        ),
        counted as (
            select
                met.person_id,
                coalesce(sum(case when made.occurred_at >= met.met_at and made.occurred_at <= met.last_at
                    then made.conversion_count end), 0) as outcome,
                coalesce(sum(case when made.occurred_at < met.met_at
                    and made.occurred_at >= met.met_at - interval {int(days)} day
                    then made.conversion_count end), 0) as before
            from met
            left join (select * from conversions where goal = {literal(goal)} and flag is null) as made
                on made.person_id = met.person_id
            group by met.person_id
        )
        select cast(outcome as double) as outcome, cast(before as double) as before, count(*) as persons
        from counted group by outcome, before order by outcome, before
    """


def groups_sql(*, attribute: str, goal: str, since: date, until: date) -> str:
    """Return the SQL of the persons of a test whose group is an attribute of the imported persons.

    `before` counts as many days before the test as it has. Persons whose identifiers are in several groups come
    with no group.
    """
    days = (until - since).days + 1
    path = '$."' + attribute.replace('"', "") + '"'
    return f"""
        with latest as (
            select person, arg_max(attributes, known_at) as attributes from imported_persons group by person
        ),
        named as (
            select persons.person_id, json_extract_string(latest.attributes, {literal(path)}) as member
            from latest inner join persons on persons.identifier = latest.person
        ),
        grouped as (
            select person_id, case when count(distinct lower(member)) = 1 then min(lower(member)) end as member
            from named where member is not null group by person_id
        ),
        counted as (
            select
                grouped.person_id,
                grouped.member,
                coalesce(sum(case when made.occurred_at >= {literal(f"{since} 00:00:00")}::timestamp
                    then made.conversion_count end), 0) as outcome,
                coalesce(sum(case when made.occurred_at < {literal(f"{since} 00:00:00")}::timestamp
                    then made.conversion_count end), 0) as before
            from grouped
            left join (
                select * from conversions
                where goal = {literal(goal)} and flag is null
                    and occurred_at >= {literal(f"{since} 00:00:00")}::timestamp - interval {days} day
                    and occurred_at < {literal(f"{until} 00:00:00")}::timestamp + interval 1 day
            ) as made on made.person_id = grouped.person_id
            group by grouped.person_id, grouped.member
        )
        select member, cast(outcome as double) as outcome, cast(before as double) as before, count(*) as persons
        from counted group by member, outcome, before order by member, outcome, before
    """


def rates_of(rows: pa.Table) -> Rates:
    """Return mean, variance and what the time before explains, from the rows of `met_sql`."""
    outcome, before = _repeated(rows)
    if len(outcome) < 2:
        return Rates(persons=len(outcome), mean=0.0, variance=0.0)
    explained = 0.0
    if outcome.var() and before.var():
        explained = float(np.corrcoef(outcome, before)[0, 1] ** 2)
    return Rates(
        persons=len(outcome),
        mean=float(outcome.mean()),
        variance=float(outcome.var(ddof=1)),
        explained=explained,
    )


def people_in(rows: pa.Table, *, held: str | None = None) -> tuple[People, int]:
    """Return the persons of both groups from the rows of `groups_sql`, and how many are in several groups."""
    good = rows.filter(rows["member"].is_valid())
    outcome, before = _repeated(good)
    words = (held.lower(),) if held else HELD_WORDS
    is_held = np.repeat([name in words for name in good["member"].to_pylist()], good["persons"].to_numpy())
    torn = sum(rows["persons"].to_pylist()) - len(outcome)
    return People(outcome=outcome, is_held=is_held.astype(np.bool_), before=before), torn


def _repeated(rows: pa.Table) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    times = rows["persons"].to_numpy()
    return tuple(np.repeat(rows[name].to_numpy().astype(np.float64), times) for name in ("outcome", "before"))
