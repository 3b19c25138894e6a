"""Loading: bring new files of the archive into the raw tables of the warehouse.

Reads  archive/<kind>/received=*/*.parquet
Makes  the raw tables (`contract.tables.RAW_TABLES`), `loaded_files`, and the batch of new rows

An event id is stored once: of two rows with one id the one known first counts, whatever the order in
which their files are loaded. What a file brought twice is counted in `intake`, so that
received = stored + duplicate + refused holds over all files together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headwater.contract.tables import ARCHIVE_KINDS, EVENTS, RAW_TABLES, table

if TYPE_CHECKING:
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

_FIRST = "row_number() over (partition by event_id order by known_at, origin, occurred_at, claimed_at)"


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


def load(engine: DuckDB, root: Path, *, as_of: datetime | None = None) -> Batch:
    """Load the files that are new, all or none; `as_of` (UTC) leaves out what was not known yet.

    The new rows stand in the schema `batch` under their table's name until `forget_batch`, except
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
            _read(
                engine, [root / "archive" / path for path in paths], place=place, target=target, as_of=as_of
            )
            if target is EVENTS:
                restated = _once(engine, place)
            rows[target.name] = engine.rows(f"select count(*) from {place}.{target.name}")[0][0]
            if not is_first:
                engine.execute(f"insert into main.{target.name} by name select * from {BATCH}.{target.name}")
            engine.execute("insert into loaded_files select unnest(?)", [paths])
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


def _read(engine: DuckDB, paths: list[Path], *, place: str, target: Table, as_of: datetime | None) -> None:
    columns = ", ".join(
        f'cast("{column.name}" as {column.type}) as "{column.name}"' for column in target.columns
    )
    known = "" if as_of is None else "where known_at <= ?"
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    engine.execute(
        f"create or replace table {place}.{target.name} as "
        f"select {columns} from read_parquet([{files}], union_by_name = true, hive_partitioning = false) {known}",
        [] if as_of is None else [as_of],
    )


def _once(engine: DuckDB, place: str) -> int:
    """Leave one row per event id in batch and warehouse together; return how many were restated."""
    total, ids = engine.rows(f"select count(*), count(distinct event_id) from {place}.events")[0]
    if ids < total:
        engine.execute(
            f"create or replace table {place}.events as select * exclude (place) from "
            f"(select *, {_FIRST} as place from {place}.events) where place = 1"
        )
    duplicates, earlier = total - ids, 0
    if place == BATCH:
        seen, earlier = _against_stored(engine)
        duplicates += seen
    if duplicates:
        engine.execute(
            "insert into main.intake select 'load:' || count(*), 'archive', 'events', 0, ?, ?, 0, "
            f"(select max(known_at) from {place}.events) from main.intake",
            [-duplicates, duplicates],
        )
    return earlier


def _against_stored(engine: DuckDB) -> tuple[int, int]:
    engine.execute(
        f"""
        create table {BATCH}.again as
        select b.event_id, (b.known_at, b.origin) < (e.known_at, e.origin) as is_earlier
        from main.events as e
        join {BATCH}.events as b on b.event_id = e.event_id
        """
    )
    seen, earlier = engine.rows(f"select count(*), count(*) filter (where is_earlier) from {BATCH}.again")[0]
    for name, void in ((f"{BATCH}.events", "not is_earlier"), ("main.events", "is_earlier")):
        engine.execute(
            f"delete from {name} where event_id in (select event_id from {BATCH}.again where {void})"
        )
    return seen, earlier
