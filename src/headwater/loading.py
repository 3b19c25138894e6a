"""Loading: bring new files of the archive into the raw tables of the warehouse.

Reads  archive/<kind>/received=*/*.parquet
Makes  the raw tables (`contract.tables.RAW_TABLES`), `loaded_files`, and the batch of new rows

An event id is stored once: of two rows with one id the one known first counts, whatever the order in
which their files are loaded. What a file brought twice is counted in `intake`, so that
received = stored + duplicate + refused holds over all files together. Touches and conversions that were
posted are events too; they stand in the tables of the imported ones as well (`posted`), and so does a
touchpoint id that came both ways stand once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import duckdb

from headwater.contract.errors import HeadwaterError
from headwater.contract.tables import (
    ARCHIVE_KINDS,
    EVENTS,
    IMPORTED_TOUCHPOINTS,
    RAW_TABLES,
    table,
)
from headwater.posted import POSTED, TYPES, posted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from headwater.contract.tables import Table
    from headwater.engine.duckdb import DuckDB

LOADED_FILES = table(
    "loaded_files",
    "The files of the archive that the raw tables hold.",
    "path",
    """
    path VARCHAR relative to the archive
    """,
)

BATCH = "batch"
"""Schema that holds the rows of the last load until they are built."""

NAMED_FILES = 5
"""Broken files that an error names."""

_ORDER = {
    EVENTS: "known_at, origin, occurred_at, claimed_at",
    IMPORTED_TOUCHPOINTS: "known_at, origin, occurred_at, person",
}
"""Of several rows with one key the first in this order counts."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one load brought: new rows by table name; `is_first` where there was nothing before."""

    rows: dict[str, int] = field(default_factory=dict)
    is_first: bool = False
    restated: int = 0
    """Events whose earlier report came later: what was built on the later one is void."""

    def __bool__(self) -> bool:
        return any(self.rows.values()) or bool(self.restated)


def prepare(engine: DuckDB) -> None:
    """Make the raw tables, empty, where they are missing."""
    for raw in (*RAW_TABLES, LOADED_FILES):
        engine.create(raw)
        for column in raw.columns:  # those that a warehouse of an older version lacks
            engine.execute(f'alter table {raw.name} add column if not exists "{column.name}" {column.type}')


def load(
    engine: DuckDB,
    root: Path,
    *,
    as_of: datetime | None = None,
    admitted: Mapping[str, str] = MappingProxyType({}),
) -> Batch:
    """Load the files that are new, all or none; `as_of` (UTC) leaves out what was not known yet.

    `admitted` leaves out more: by kind of file, the SQL condition that a row must meet. The new rows stand in the schema `batch` under their table's name until `forget_batch`, except
    after a first load, whose batch is everything.
    """
    prepare(engine)
    forget_batch(engine)
    new = {kind: paths for kind in ARCHIVE_KINDS if (paths := _new_files(engine, root, kind))}
    if not new:
        return Batch()
    is_first = not engine.rows("select 1 from loaded_files limit 1")
    rows: dict[str, int] = {}
    restated = 0
    with engine.transaction():
        engine.execute(f"create schema {BATCH}")
        for kind, paths in new.items():
            target = ARCHIVE_KINDS[kind]
            place = "main" if is_first else BATCH
            conditions = [f"({admitted[kind]})"] if kind in admitted else []
            conditions += [f"known_at <= timestamp '{as_of.isoformat(' ')}'"] if as_of else []
            files = [root / "archive" / path for path in paths]
            _read(engine, files, place=place, target=target, where=" and ".join(conditions) or "true")
            engine.execute("insert into loaded_files select unnest(?)", [paths])
        place = "main" if is_first else BATCH
        tables = [ARCHIVE_KINDS[kind] for kind in new]
        if EVENTS in tables:
            restated += _once(engine, place, EVENTS)
            tables += [target for target in _posted(engine, place, tables) if target not in tables]
        if IMPORTED_TOUCHPOINTS in tables:
            restated += _once(engine, place, IMPORTED_TOUCHPOINTS)
        for target in tables:
            rows[target.name] = engine.rows(f"select count(*) from {place}.{target.name}")[0][0]
            if not is_first:
                engine.execute(f"insert into main.{target.name} by name select * from {BATCH}.{target.name}")
    return Batch(rows, is_first, restated)


def is_pending(engine: DuckDB) -> bool:
    """Say whether a load was never built: its rows are in the raw tables and nowhere else."""
    return bool(engine.rows("select 1 from information_schema.schemata where schema_name = ?", [BATCH]))


def forget_batch(engine: DuckDB) -> None:
    """Drop the rows of the last load from the schema `batch`."""
    engine.execute(f"drop schema if exists {BATCH} cascade")


def _new_files(engine: DuckDB, root: Path, kind: str) -> list[str]:
    archive = root / "archive"
    there = sorted(str(path.relative_to(archive)) for path in (archive / kind).glob("received=*/*.parquet"))
    loaded = {path for (path,) in engine.rows("select path from loaded_files")}
    return [path for path in there if path not in loaded]


def _read(engine: DuckDB, paths: list[Path], *, place: str, target: Table, where: str) -> None:
    source = _source(paths)
    try:
        there = {name for name, *_ in engine.rows(f"describe select * from {source}")}
        columns = ", ".join(
            f'cast({_value(column.name, there)} as {column.type}) as "{column.name}"'
            for column in target.columns
        )
        engine.execute(
            f"create or replace table {place}.{target.name} as select {columns} from {source} where {where}"
        )
    except duckdb.Error as error:
        if broken := [path for path in paths if not _is_readable(engine, path)]:
            raise _unreadable(broken) from error
        raise


def _source(paths: list[Path]) -> str:
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"


def _is_readable(engine: DuckDB, path: Path) -> bool:
    """Read every value of a file, beside the transaction that failed."""
    reader = engine.cursor()
    try:
        reader.query(f"select bit_xor(hash(columns(*))) from {_source([path])}")
    except duckdb.Error:
        return False
    finally:
        reader.close()
    return True


def _unreadable(broken: list[Path]) -> HeadwaterError:
    named = ", ".join(str(path) for path in broken[:NAMED_FILES])
    more = f" and {len(broken) - NAMED_FILES} more" if len(broken) > NAMED_FILES else ""
    return HeadwaterError(
        f"The archive holds what cannot be read: {named}{more}.",
        hint="restore it from the last backup, or move it out of the archive and lose what is in it; then build again.",
    )


def _value(name: str, there: Collection[str]) -> str:
    """Return SQL for a column; files that were written before there was such a column lack it."""
    if name in there:
        return f'"{name}"'
    if name == "user_agent" and "context" in there:
        return "case when strpos(context, '\"userAgent\"') > 0 then json_extract_string(context, '$.userAgent') end"
    return "null"


def _posted(engine: DuckDB, place: str, brought: list[Table]) -> list[Table]:
    """Put what was posted beside what was imported; return the tables that got rows."""
    types = ", ".join(f"'{name}'" for name in TYPES)
    if not engine.rows(f"select 1 from {place}.events where type in ({types}) limit 1"):
        return []
    for target in POSTED:
        if place == BATCH and target not in brought:
            columns = ", ".join(f'"{column.name}" {column.type}' for column in target.columns)
            engine.execute(f"create table {BATCH}.{target.name} ({columns})")
        engine.execute(f"insert into {place}.{target.name} by name {posted(target, place=place)}")
    return list(POSTED)


def _once(engine: DuckDB, place: str, target: Table) -> int:
    """Leave one row per key in batch and warehouse together; return how many were restated."""
    name, key = target.name, target.key[0]
    total, keys = engine.rows(f"select count(*), count(distinct {key}) from {place}.{name}")[0]
    again: list[datetime | None] = []
    if keys < total:
        numbered = f"""
            select *, row_number() over (partition by {key} order by {_ORDER[target]}) as place
            from {place}.{name}
        """
        again += engine.rows(f"select max(known_at) from ({numbered}) as numbered where place > 1")[0]
        engine.execute(
            f"create or replace table {place}.{name} as "
            f"select * exclude (place) from ({numbered}) as numbered where place = 1"
        )
    duplicates, earlier = total - keys, 0
    if place == BATCH:
        seen, earlier, newest = _against_stored(engine, target)
        duplicates += seen
        again.append(newest)
    if duplicates:
        kind = next(kind for kind, table in ARCHIVE_KINDS.items() if table is target)
        engine.execute(
            f"insert into main.intake select 'load:' || count(*), 'archive', '{kind}', 0, ?, ?, 0, ? "
            "from main.intake",
            # the time of what is left out: the same, whatever was loaded together
            [-duplicates, duplicates, max((moment for moment in again if moment), default=None)],
        )
    return earlier


def _against_stored(engine: DuckDB, target: Table) -> tuple[int, int, datetime | None]:
    """Keep the row known first; return how many were there twice, how many came earlier, and the newest left out."""
    name, key = target.name, target.key[0]
    engine.execute(
        f"""
        create or replace table {BATCH}.again as
        select b.{key}, (b.known_at, b.origin) < (e.known_at, e.origin) as is_earlier,
            greatest(b.known_at, e.known_at) as left_out_at
        from main.{name} as e
        join {BATCH}.{name} as b on b.{key} = e.{key}
        """
    )
    seen, earlier, newest = engine.rows(
        f"select count(*), count(*) filter (where is_earlier), max(left_out_at) from {BATCH}.again"
    )[0]
    for place, void in ((BATCH, "not is_earlier"), ("main", "is_earlier")):
        engine.execute(
            f"delete from {place}.{name} where {key} in (select {key} from {BATCH}.again where {void})"
        )
    return seen, earlier, newest
