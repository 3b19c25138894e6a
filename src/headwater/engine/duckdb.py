"""DuckDB: the embedded engine. One process holds the file; readers are cursors of it.

The one rule that a reader would get wrong: results are always fetched whole, since a connection
with an unfinished result refuses the next statement.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from headwater.contract.errors import HeadwaterError, WorkspaceBusyError
from headwater.contract.steps import AnyStep, Loop, Solve, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from headwater.contract.tables import Table

MEMORY_LIMIT = "2800MB"
"""Leaves room for Python, Arrow and SciPy below 4 GiB."""

MACROS = (
    # 60 bits of MD5, the same on every engine and machine: the seed of person ids
    "create or replace macro stable_hash(x) as cast('0x' || substr(md5(x), 1, 15) as bigint)",
)


class StepError(HeadwaterError):
    """The engine refused the SQL of a step."""


class DuckDB:
    """A DuckDB file (or memory) and the steps that run in it."""

    def __init__(
        self, path: Path | None = None, *, memory_limit: str = MEMORY_LIMIT, threads: int | None = None
    ) -> None:
        self.path = path
        try:
            self.connection = duckdb.connect(str(path) if path else ":memory:")
        except duckdb.IOException as error:
            raise WorkspaceBusyError(
                f"{path} is held by another process ({error}).",
                hint="stop the other process, or use its server: the command line finds it by itself.",
            ) from error
        self.lock = threading.RLock()
        self.execute(f"set memory_limit = '{memory_limit}'")
        self.execute("set preserve_insertion_order = false")
        self.execute("set TimeZone = 'UTC'")
        if path:
            self.execute(f"set temp_directory = '{path}.tmp'")
        if threads:
            self.execute(f"set threads = {threads}")
        for macro in MACROS:
            self.execute(macro)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement for its effect."""
        with self.lock:
            self.connection.execute(sql, list(params)).fetchall()

    def query(self, sql: str, params: Sequence[Any] = ()) -> pa.Table:
        """Return the rows of one SELECT as an Arrow table."""
        with self.lock:
            return self.connection.sql(sql, params=list(params)).to_arrow_table()

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT as tuples."""
        with self.lock:
            return self.connection.execute(sql, list(params)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block so that readers see all of its effects or none."""
        with self.lock:
            self.execute("begin")
            try:
                yield
            except BaseException:
                self.execute("rollback")
                raise
            self.execute("commit")

    def cursor(self) -> Cursor:
        """Return a reader of its own for another thread."""
        return Cursor(self.connection.cursor())

    def create(self, table: Table) -> None:
        """Make the table, empty, where it does not exist."""
        self.execute(table.ddl())

    def insert(self, name: str, rows: pa.Table) -> None:
        """Append Arrow rows to a table, by column name."""
        with self.lock:
            self.connection.register("arrow_rows", rows)
            try:
                columns = ", ".join(f'"{column}"' for column in rows.column_names)
                self.connection.execute(
                    f"insert into {name} ({columns}) select {columns} from arrow_rows"
                ).fetchall()
            finally:
                self.connection.unregister("arrow_rows")

    def run(self, step: AnyStep, *, into: str = "main") -> None:
        """Make the table of one step in the schema `into`, reading along the search path."""
        name = f'{into}."{step.makes.name}"'
        try:
            if isinstance(step, Step):
                kind = "table" if step.materialised else "view"
                self.execute(f"create or replace {kind} {name} as {cast_to(step.makes, step.rendered())}")
            elif isinstance(step, Solve):
                given = {
                    table.name: self.query(step.queries.get(table.name, f"select * from {table.name}"))
                    for table in step.reads
                }
                self._replace(name, step.makes, step.solve(given))
            else:
                self._loop(step, into=into)
        except duckdb.Error as error:
            raise StepError(
                f"The step that makes {step.makes.name} failed: {error}",
                hint=f"`headwater steps {step.makes.name}` prints its SQL.",
            ) from error

    def _replace(self, name: str, table: Table, rows: pa.Table) -> None:
        with self.lock:
            self.connection.register("solved_rows", rows)
            try:
                columns = ", ".join(f'cast("{c.name}" as {c.type}) as "{c.name}"' for c in table.columns)
                self.connection.execute(
                    f"create or replace table {name} as select {columns} from solved_rows"
                ).fetchall()
            finally:
                self.connection.unregister("solved_rows")

    def _loop(self, step: Loop, *, into: str) -> None:
        name, after = f'{into}."{step.makes.name}"', f'{into}."{step.makes.name}_next"'
        self.execute(f"create or replace table {name} as {cast_to(step.makes, step.start)}")
        while True:
            self.execute(f"create or replace table {after} as {cast_to(step.makes, step.again)}")
            [[changed]] = self.rows(
                f"select count(*) from (select * from {after} except select * from {name})"
            )
            self.execute(f"create or replace table {name} as select * from {after}")
            self.execute(f"drop table {after}")
            if not changed:
                return

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            self.connection.close()


class Cursor:
    """A reader for one thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._stays = False

    def query(self, sql: str, params: Sequence[Any] = ()) -> pa.Table:
        """Return the rows of one SELECT as an Arrow table."""
        return self.connection.sql(sql, params=list(params)).to_arrow_table()

    def stay(self) -> None:
        """See the tables as they are now, whatever is written, until this is called again or the cursor closed."""
        if self._stays:
            self.connection.execute("rollback").fetchall()
        self._stays = True
        self.connection.execute("begin transaction read only").fetchall()
        self.connection.execute(
            "select count(*) from built"
        ).fetchall()  # the moment is that of the first look

    def close(self) -> None:
        """Let go of the cursor."""
        self.connection.close()


def cast_to(table: Table, sql: str) -> str:
    """Wrap a SELECT so that each column has the name and type that the table promises."""
    columns = ", ".join(
        f'cast("{column.name}" as {column.type}) as "{column.name}"' for column in table.columns
    )
    return f"select {columns} from ({sql}) as made"
