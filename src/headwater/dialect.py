"""Dialect: the SQL of a step in any dialect that SQLGlot writes.

Reads  a step (its SQL is DuckDB's)
Makes  SQL text, or None for a step that is solved in Python
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.errors import HeadwaterError, UnknownNameError
from headwater.contract.steps import Loop, Step

if TYPE_CHECKING:
    from headwater.contract.steps import AnyStep

OURS = "duckdb"


class UnknownDialectError(UnknownNameError):
    """SQLGlot writes no such dialect."""

    kind = "SQL dialect"


class UntranslatableError(HeadwaterError):
    """The SQL of a step cannot be said in another dialect."""


def sql_of(step: AnyStep, *, dialect: str = OURS) -> str | None:
    """Return the SQL of `step` as the engine runs it, in `dialect`; None where Python solves it."""
    if isinstance(step, Step):
        return translated(step.rendered(), dialect=dialect)
    if isinstance(step, Loop):
        start, again = translated(step.start, dialect=dialect), translated(step.again, dialect=dialect)
        return f"-- start\n{start}\n\n-- repeated until nothing changes\n{again}"
    if dialect != OURS:
        _known(dialect)
    return None


def translated(sql: str, *, dialect: str) -> str:
    """Return DuckDB's SQL in another dialect; DuckDB's own text is left as its author wrote it.

    Raises UnknownDialectError for a name that SQLGlot does not know.
    """
    from textwrap import dedent

    if dialect == OURS:
        return dedent(sql).strip()
    import sqlglot

    _known(dialect)
    try:
        return sqlglot.transpile(sql, read=OURS, write=dialect, pretty=True)[0]
    except sqlglot.errors.SqlglotError as error:
        raise UntranslatableError(
            f"This step cannot be written in {dialect}: {error}",
            hint="leave --dialect away to see it as it runs.",
        ) from error


def _known(dialect: str) -> None:
    from sqlglot.dialects import Dialects

    names = {found.value for found in Dialects if found.value}
    if dialect not in names:
        raise UnknownDialectError.named(dialect, known=names)
