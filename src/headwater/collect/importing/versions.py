"""Versions: what may be corrected (conversions, persons, experiments); the latest known row counts.

Reads  the good rows of this import and the current version of the same keys in the archive
Makes  one Parquet file with the rows that are new or say something else than before

Within one import the last row of a key counts; an earlier one that says something else is refused,
so that it can be seen.
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


def settled_versions(
    bench: Bench, made: Sequence[Rows], *, archive: Sequence[Path], tick: Callable[[float], None]
) -> Settled:
    """Write the new versions and count what says the same as before as duplicate."""
    table = made[0].kind.table
    keys = [name for name in table.key if name != "known_at"]
    said = [column.name for column in table.columns if column.name not in (*keys, "known_at", "origin")]
    own_id = keys[0] if keys[0].endswith("_id") else None
    for place, rows in enumerate(made):
        create = "create table given as" if place == 0 else "insert into given"
        bench.watched(f"{create} select {place} as file, * from ({_numbered(rows, own_id)})", tick)
    by, content = ", ".join(keys), ", ".join(f"'{name}': {name}" for name in said)
    bench.execute(f"""
        create table judged as
        select *, last_value(content) over same = content as is_last,
            row_number() over (partition by {by}, content order by file desc, row desc) as nth
        from (select *, {{{content}}} as content from given)
        window same as (
            partition by {by} order by file, row rows between unbounded preceding and unbounded following
        )
    """)
    same = "false"
    if archive:
        bench.execute(
            f"""
            create table current as
            select *, {{{content}}} as content from {read_parquet(archive)}
            where ({by}) in (select ({by}) from given)
            qualify row_number() over (partition by {by} order by known_at desc, origin) = 1
        """
            if len(keys) == 1
            else f"""
            create table current as
            select *, {{{content}}} as content from {read_parquet(archive)}
            qualify row_number() over (partition by {by} order by known_at desc, origin) = 1
        """
        )
        matched = " and ".join(f"current.{name} is not distinct from judged.{name}" for name in keys)
        same = f"exists (select 1 from current where {matched} and current.content = judged.content)"
    bench.execute(
        f"create table verdict as select *, is_last and nth = 1 and not {same} as is_new from judged"
    )
    path = bench.folder / "made.parquet"
    columns = ", ".join(column.name for column in table.columns)
    bench.execute(
        f"copy (select {columns} from verdict where is_new order by file, row)"
        f" to {literal(str(path))} ({PARQUET})"
    )
    accepted = bench.number("select count(*) from verdict")
    stored = bench.number("select count(*) from verdict where is_new")
    repeated = bench.number("select count(*) from verdict where not is_last")
    ours = ", ".join(f"'{name}': {name}" for name in (*keys, *said))
    listed = f"select row, cast(to_json({{{ours}}}) as varchar) as raw from verdict where not is_last"
    lists = {place: f"{listed} and file = {place}" for place in range(len(made))}
    return Settled(
        files=[path] if stored else [],
        accepted=accepted,
        stored=stored,
        duplicate=accepted - stored - repeated,
        repeated=lists if repeated else {},
    )


def _numbered(rows: Rows, own_id: str | None) -> str:
    """Tell identical rows without an id of their own apart by their place among each other."""
    if own_id is None or own_id in rows.layout.ours:
        return rows.made()
    return f"""
        select * exclude (nth)
            replace (case when nth > 1 then md5({own_id} || '#' || nth) else {own_id} end as {own_id})
        from (select *, row_number() over (partition by {own_id} order by row) as nth from ({rows.made()}))
    """
