"""Show: results as text on stdout.

Reads  plain values and ReportResults
Makes  tables, lists of facts, JSON, CSV or Parquet

A table that goes into a file or a pipe is as wide as its rows: only a terminal folds.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from headwater.contract.errors import UsageError
from headwater.contract.query import ReportTable
from headwater.report import render
from headwater.result import ReportResult, cell

Format = Literal["table", "json", "csv", "parquet"]
UNBOUND = 10_000
"""Width of what is no terminal."""
TOLD = ("currency", "window", "complete_to", "as_of")
"""What stands below a table, of the meta."""


def result(answer: ReportResult, *, format: Format) -> None:
    """Print a report in the format that was asked for."""
    if format == "json":
        print(answer.to_json().decode())
    elif format == "csv":
        print(answer.to_csv(), end="")
    elif format == "parquet":
        if sys.stdout.isatty():
            raise UsageError(
                "Parquet is no text for a terminal.", hint="send it to a file: ... > report.parquet"
            )
        sys.stdout.buffer.write(answer.to_parquet())
    else:
        grids(answer.table)


def grids(table: ReportTable) -> None:
    """Print a report and what stands beside it as tables."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else UNBOUND, soft_wrap=True)
    console.print(render.terminal_table(table))
    for grid in render.beside(table):
        console.print(grid)
    said = [f"{name.replace('_', ' ')}: {cell(table.meta[name])}" for name in TOLD if table.meta.get(name)]
    if said:
        print("   ".join(said))
    for note in table.meta.get("notes", ()):
        print(f"Note: {note}", file=sys.stderr)


def facts(said: Mapping[str, Any], *, json: bool, text: str | None = None) -> None:
    """Print a mapping as JSON, or as `text`, or one fact a line."""
    if json:
        print(orjson.dumps(render.plain(dict(said)), option=orjson.OPT_INDENT_2).decode())
    else:
        print(
            text if text is not None else "\n".join(f"{name}: {cell(value)}" for name, value in said.items())
        )


def listing(title: str, rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str], json: bool) -> None:
    """Print rows as JSON or as a table."""
    if json:
        print(orjson.dumps(render.plain([dict(row) for row in rows]), option=orjson.OPT_INDENT_2).decode())
    else:
        grids(ReportTable(report=title, columns=tuple(columns), rows=[dict(row) for row in rows]))
