"""Steps: the values that the pipeline is a list of.

A `Step` makes one table with SQL, a `Solve` takes small tables into Python and gives one back, a
`View` is a step whose table is computed when it is read. None of them touches an engine: they can
be printed, transpiled and checked without data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from headwater.contract.tables import Table

Parameter = str | int | float | bool | timedelta | None
_PARAM = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):([a-z][a-z0-9_]*)")
"""A text in quotes, which is left alone, or a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One table made by SQL (DuckDB dialect, kept to what SQLGlot carries to Spark).

    `sql` names the tables of `reads` and parameters as `:name`; `materialised=False` makes it a view.
    """

    makes: Table
    reads: tuple[Table, ...]
    sql: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    materialised: bool = True

    def rendered(self) -> str:
        """Return the SQL with its parameters as literals, as the engine runs it."""
        return _PARAM.sub(lambda found: literal(self.params[found[1]]) if found[1] else found[0], self.sql)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solve:
    """One table made by a pure function from small tables (Arrow in, Arrow out, by table name)."""

    makes: Table
    reads: tuple[Table, ...]
    solve: Callable[[Mapping[str, pa.Table]], pa.Table]
    params: Mapping[str, Any] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)
    """SQL that narrows a table before it is taken into Python, by table name; default: all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A query over `makes` itself that is repeated until it changes nothing.

    `start` fills the table, `again` makes its next state from it. Used where an engine has no
    solver at hand (connected components on a cluster).
    """

    makes: Table
    reads: tuple[Table, ...]
    start: str
    again: str
    params: Mapping[str, Parameter] = field(default_factory=dict)


AnyStep = Step | Solve | Loop


def literal(value: Parameter) -> str:
    """Return `value` as an SQL literal; durations become whole microseconds.

    >>> literal("it's"), literal(timedelta(minutes=30)), literal(None)
    ("'it''s'", '1800000000', 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return str(value // timedelta(microseconds=1))
    if isinstance(value, float):
        return f"{value!r}e0" if "e" not in repr(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    quoted = value.replace("'", "''")
    return f"'{quoted}'"
