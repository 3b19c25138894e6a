"""Bench: the DuckDB connection in which one import is done, and the folder that it works in.

The one rule that a reader would get wrong: the connection may open the files of this import and of
the archive and nothing else, and cannot be talked into more, whatever a condition says.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

MEMORY_LIMIT = "1GB"
POLL_SECONDS = 0.25
BATCH_ROWS = 20_000

ZONED = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d+)?)?\s?([Zz]|UTC|GMT|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
NAIVE = r"\d{4}([-/])\d\d([-/])\d\d([T ]\d\d:\d\d(:\d\d([.]\d+)?)?)?"
NUMBER = r"[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]{1,2})?"
MACROS = f"""
    -- 23:59:60 exists once in some years; it is the first moment of the next day
    create macro leap(x) as coalesce(
        try_cast(x as timestamptz),
        try_cast(replace(x, ':60', ':59') as timestamptz) + interval 1 second
    );
    create macro epoch(x) as case
        when x between 100000000 and 99999999999 then make_timestamp(cast(x * 1000000 as bigint))
        when x between 100000000000 and 99999999999999 then make_timestamp(cast(x * 1000 as bigint))
        when x between 100000000000000 and 99999999999999999 then make_timestamp(cast(x as bigint))
    end;
    create macro is_naive(x) as regexp_full_match(x, '{NAIVE}');
    -- a clock set back shows an hour twice (half an hour on Lord Howe Island): the first one is meant;
    -- a time that a clock set forward jumps over is read as if it had not been set yet
    create macro first_of(t, local, zone) as case
        when zone in ('UTC', 'Etc/UTC') then t
        when timezone(zone, t - interval 1 hour) = local then t - interval 1 hour
        when timezone(zone, t - interval 30 minute) = local then t - interval 30 minute
        else t
    end;
    create macro local(x, zone) as first_of(timezone(zone, x), x, zone);
    create macro moment(x, zone) as case
        when regexp_full_match(x, '{ZONED}') then cast(leap(replace(upper(x), 'GMT', 'UTC')) as timestamp)
        when is_naive(x) then timezone('UTC', local(try_cast(x as timestamp), zone))
        when regexp_full_match(x, '[0-9]{{9,16}}([.][0-9]+)?') then epoch(try_cast(x as decimal(25, 6)))
    end;
    create macro in_range(t) as
        case when t >= timestamp '1900-01-01' and t < timestamp '10000-01-01' then t end;
    create macro exact(x) as
        case when regexp_full_match(x, '{NUMBER}') then try_cast(x as decimal(38, 18)) end;
    -- half to even, so that the sum of many rounded values does not drift
    create macro money(x) as try_cast(round_even(x, 6) as decimal(18, 6));
    create macro looks_hashed(x) as regexp_full_match(x, '[0-9A-Fa-f]{{16,}}');
    create macro is_address(x) as regexp_full_match(x, '[^@[:space:]:]+@[^@[:space:]]+[.][^@[:space:]]+')
"""


class Bench:
    """One connection for one import."""

    def __init__(self, folder: Path, *, readable: Sequence[Path], archive: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect(":memory:")
        for setting in (
            f"memory_limit = '{MEMORY_LIMIT}'",
            f"temp_directory = {literal(str(folder / 'spill'))}",
            "TimeZone = 'UTC'",
            "preserve_insertion_order = true",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            f"allowed_directories = [{literal(str(folder) + '/')}, {literal(str(archive) + '/')}]",
            f"allowed_paths = [{', '.join(literal(str(path)) for path in readable)}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self.connection.execute(f"set {setting}").fetchall()
        self.connection.execute(MACROS)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement for its effect."""
        self.connection.execute(sql, list(params)).fetchall()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT."""
        return self.connection.execute(sql).fetchall()

    def number(self, sql: str) -> int:
        """Return the one number that a SELECT answers."""
        return int(self.rows(sql)[0][0] or 0)

    def records(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of one SELECT as dictionaries."""
        return [row for batch in self.batches(sql) for row in batch]

    def batches(self, sql: str) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of one SELECT, some thousand at a time, from a connection of their own."""
        reader = self.connection.cursor()
        try:
            found = reader.execute(sql)
            names = [column[0] for column in found.description]
            while rows := found.fetchmany(BATCH_ROWS):
                yield [dict(zip(names, row, strict=True)) for row in rows]
        finally:
            reader.close()

    def insert(self, name: str, rows: pa.Table) -> None:
        """Append Arrow rows to a table."""
        self.connection.register("arrow_rows", rows)
        try:
            self.connection.execute(f"insert into {name} select * from arrow_rows").fetchall()
        finally:
            self.connection.unregister("arrow_rows")

    def watched(self, sql: str, tick: Callable[[float], None]) -> None:
        """Run one long statement and tell `tick` its progress, 0 to 1."""
        done = threading.Event()

        def poll() -> None:
            while not done.wait(POLL_SECONDS):
                tick(min(max(self.connection.query_progress(), 0.0), 100.0) / 100)

        watcher = threading.Thread(target=poll, name="import-progress", daemon=True)
        watcher.start()
        try:
            self.execute(sql)
        finally:
            done.set()
            watcher.join()
        tick(1.0)

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()


def literal(text: str) -> str:
    """Return an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def read_parquet(paths: Sequence[Path], *, options: str = "") -> str:
    """Return the SQL that reads Parquet files, by column name."""
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false{options})"
