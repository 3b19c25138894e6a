"""Warehouse: one file of tables: opened, made by every step, put aside where it is of no more use.

Reads  a DuckDB file
Makes  every table of the pipeline; those in LAZY stay empty until somebody asks for them
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from headwater.contract.errors import WorkspaceBusyError
from headwater.contract.tables import INCREMENTAL_EFFECTS, REMOVAL_EFFECTS
from headwater.engine.duckdb import DuckDB

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from headwater.contract.steps import AnyStep

LAZY = (REMOVAL_EFFECTS, INCREMENTAL_EFFECTS)
"""Tables that a build leaves as they are: they are solved when somebody asks for what needs them."""
SOLVED = "create table if not exists solved (name varchar)"


def opened(path: Path) -> DuckDB:
    """Open a warehouse; one that cannot be read is put aside, and an empty one takes its place.

    Raises WorkspaceBusyError where another process holds it.
    """
    try:
        return DuckDB(path)
    except WorkspaceBusyError as error:
        if "lock" in error.problem.lower():
            raise
    except duckdb.Error:
        pass
    put_aside(path)
    return DuckDB(path)


def is_fatal(error: BaseException | None) -> bool:
    """Say whether an error, or one behind it, has left the engine unable to go on."""
    while error is not None:
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            return True
        error = error.__cause__ or error.__context__
    return False


def put_aside(path: Path) -> None:
    """Rename a warehouse that is of no more use, so that it can be looked at; the last one is kept."""
    for part in (path, path.with_name(f"{path.name}.wal")):
        if part.exists():
            part.replace(part.with_name(f"{part.name}.broken"))


def build_fully(engine: DuckDB, steps: Sequence[AnyStep]) -> None:
    """Make every table afresh; those in LAZY wait for `solve`."""
    forget_solved(engine)
    for step in steps:
        if step.makes in LAZY:
            engine.create(step.makes)
        else:
            engine.run(step)


def solve(engine: DuckDB, steps: Sequence[AnyStep], tables: Collection[str]) -> None:
    """Make those of the named tables in LAZY that have not been made since the last build."""
    engine.execute(SOLVED)
    known = {name for (name,) in engine.rows("select name from solved")}
    due = [step for step in steps if step.makes in LAZY and step.makes.name in {*tables} - known]
    if due:
        with _one_thread():
            for step in due:
                engine.run(step)
                engine.execute("insert into solved values (?)", [step.makes.name])


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let linear algebra use one thread: with as many as a machine has, each has other last digits.

    They mostly wait for each other besides: matrices here are small, and a fit took three times the time.
    """
    import scipy.linalg  # noqa: F401 (its threads can be limited once it is there)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


def forget_solved(engine: DuckDB) -> None:
    """Note that the tables in LAZY are not up to date: something that they read has changed."""
    engine.execute(SOLVED)
    engine.execute("delete from solved")
