"""Totals: rows that are added up before they count (paths, and the spend of a day).

Reads  the good rows of this import and what the archive says of the same paths or days
Makes  one Parquet file with the paths that changed, or with every row of the days that changed

All files of one import are one statement: two exports of the same day, imported together, add up;
imported one after the other, the second replaces the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.collect.importing.bench import literal, read_parquet
from headwater.collect.importing.facts import PARQUET
from headwater.collect.importing.settled import Settled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from headwater.collect.importing.bench import Bench
    from headwater.collect.importing.rows import Rows

DAY = ("platform", "account_id", "spent_on")
SPEND_KEY = (*DAY, "campaign_id", "adset_id", "ad_id", "currency")
ADDED = ("spend", "impressions", "clicks", "platform_conversions", "platform_value")
NAMES = ("campaign", "adset", "ad")


def settled_paths(
    bench: Bench, made: Sequence[Rows], *, archive: Sequence[Path], tick: Callable[[float], None]
) -> Settled:
    """Add up the rows of each path and write the paths whose totals are new, a row for each touch."""
    _given(bench, made, tick)
    bench.execute("""
        create table paths as
        select path_id, any_value(path) as path, cast(sum(conversions) as bigint) as conversions,
            cast(sum(value) as decimal(18, 6)) as value, cast(sum(nulls) as bigint) as nulls,
            count(*) as rows, max(known_at) as known_at, min(origin) as origin
        from given group by path_id
    """)
    same = "false"
    if archive:
        bench.execute(f"""
            create table current as
            select path_id, conversions, value, nulls from {read_parquet(archive)}
            where step = 1 and path_id in (select path_id from paths)
            qualify row_number() over (partition by path_id order by known_at desc, origin) = 1
        """)
        totals = "(path_id, conversions, value, nulls)"
        same = f"{totals} in (select {totals} from current)"
    bench.execute(f"create table verdict as select *, not {same} as is_new from paths")
    path = bench.folder / "made.parquet"
    bench.execute(f"""
        copy (
            select path_id, step, path[step] as channel, conversions, value, nulls, known_at, origin
            from (select *, unnest(range(1, len(path) + 1)) as step from verdict where is_new)
            order by path_id, step
        ) to {literal(str(path))} ({PARQUET})
    """)
    accepted = bench.number("select sum(rows) from verdict")
    stored = bench.number("select sum(rows) from verdict where is_new")
    return Settled(
        files=[path] if stored else [], accepted=accepted, stored=stored, duplicate=accepted - stored
    )


def settled_days(
    bench: Bench, made: Sequence[Rows], *, archive: Sequence[Path], tick: Callable[[float], None]
) -> Settled:
    """Add up the rows of each ad and day, and write every row of the days that are not as before."""
    _given(bench, made, tick)
    key, day = ", ".join(SPEND_KEY), ", ".join(DAY)
    said = ", ".join((*SPEND_KEY, *NAMES, *ADDED))
    types = {column.name: column.type for column in made[0].kind.table.columns}
    sums = ", ".join(f"cast(sum({name}) as {types[name]}) as {name}" for name in ADDED)
    names = ", ".join(f"max({name}) as {name}" for name in NAMES)
    bench.execute(f"""
        create table spend as
        select {key}, {names}, {sums}, count(*) as rows, max(known_at) as known_at, min(origin) as origin
        from (select distinct on (file, raw) * from given)
        group by {key}
    """)
    _contents(bench, "spend", said=said, day=day, into="days")
    bench.execute(
        f"create table current_days ({', '.join(f'{name} {types[name]}' for name in DAY)}, content varchar)"
    )
    if archive:
        bench.execute(f"""
            create table current as
            select * from {read_parquet(archive)}
            where ({day}) in (select ({day}) from days)
            qualify known_at = max(known_at) over (partition by {day})
        """)
        bench.execute("drop table current_days")
        _contents(bench, "current", said=said, day=day, into="current_days")
    bench.execute(f"""
        create table verdict as
        select days.*, current_days.content is not null as was_there,
            current_days.content is distinct from days.content as is_new
        from days left join current_days using ({day})
    """)
    path = bench.folder / "made.parquet"
    columns = ", ".join(column.name for column in made[0].kind.table.columns)
    changed = f"({day}) in (select ({day}) from verdict where is_new)"
    bench.execute(
        f"copy (select {columns} from spend where {changed} order by {key})"
        f" to {literal(str(path))} ({PARQUET})"
    )
    accepted = bench.number("select count(*) from given")
    stored = bench.number(f"select sum(rows) from spend where {changed}")
    replaced = bench.number("select count(*) from verdict where is_new and was_there")
    return Settled(
        files=[path] if stored else [],
        accepted=accepted,
        stored=stored,
        duplicate=accepted - stored,
        replaced_days=replaced,
    )


def _given(bench: Bench, made: Sequence[Rows], tick: Callable[[float], None]) -> None:
    for place, rows in enumerate(made):
        create = "create table given as" if place == 0 else "insert into given"
        bench.watched(f"{create} select {place} as file, * from ({rows.made()})", tick)


def _contents(bench: Bench, table: str, *, said: str, day: str, into: str) -> None:
    """Make one text of all that is said of a day, to compare it with another."""
    bench.execute(f"""
        create table {into} as
        select {day}, md5(string_agg(line, chr(10) order by line)) as content
        from (select *, cast(row({said}) as varchar) as line from {table})
        group by {day}
    """)
