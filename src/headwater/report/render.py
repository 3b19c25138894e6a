"""Render: an answer as JSON, CSV, Parquet or a table for the terminal.

Reads  a ReportTable
Makes  bytes or text

Money is a decimal written out, with at least two digits after the point, and never a float.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from headwater.contract.query import ALL_TIME

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

    from headwater.contract.query import ReportTable

DIGITS = 12
"""Significant digits of a credit; what lies behind is the noise of floating point."""
FORMULA = re.compile("['\ufeff]*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]")
"""What a spreadsheet runs: these signs at the start of a cell, also in full width (U+FF1D ...)."""
MOST_SHOWN = 50
"""Rows of a table on the terminal; the other forms hold all."""


def json_bytes(table: ReportTable) -> bytes:
    """Return the answer as JSON: report, columns, rows and meta."""
    form = {
        "report": table.report,
        "columns": list(table.columns),
        "rows": [{name: plain(row.get(name)) for name in table.columns} for row in table.rows],
        "meta": plain(table.meta),
    }
    return orjson.dumps(form, option=orjson.OPT_INDENT_2)


def csv_text(table: ReportTable) -> str:
    """Return the rows as CSV with a header; paths are joined by ` > `, unknown values are empty.

    Text that a spreadsheet would run as a formula gets an apostrophe in front (`harmless`).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(row.get(name)) for name in table.columns] for row in table.rows)
    return out.getvalue()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, and from which the original can be had.

    A text whose first sign starts a formula gets an apostrophe, and so does one that already looks
    as if it had one; so `restored` takes away exactly what was added. Source: the OWASP page on CSV injection.

    >>> harmless("=1+1"), harmless("'=1+1"), harmless("a=b"), harmless("")
    ("'=1+1", "''=1+1", 'a=b', '')
    """
    return f"'{text}" if FORMULA.match(text) else text


def restored(cell: str) -> str:
    """Return the text that `harmless` was given.

    >>> restored("'=1+1"), restored("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def parquet_bytes(table: ReportTable) -> bytes:
    """Return the rows as a Parquet file; money is DECIMAL(38,6), times are UTC."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: _array([row.get(name) for row in table.rows]) for name in table.columns}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


def terminal_table(table: ReportTable) -> Table:
    """Return the rows for rich: numbers to the right, with separators; one wide row stands upright."""
    if len(table.rows) == 1 and len(table.columns) > 4:
        upright = [{"": name, table.report: table.rows[0].get(name)} for name in table.columns]
        return _grid(upright, ("", table.report), title=None)
    return _grid(table.rows, table.columns, title=table.report)


def beside(table: ReportTable) -> list[Table]:
    """Return what meta lists beside the rows (goals, refusals, flags), as tables for rich."""
    lists = {name: said for name, said in table.meta.items() if isinstance(said, list) and name != "days"}
    return [
        _grid(said, tuple(said[0]), title=name)
        for name, said in lists.items()
        if said and isinstance(said[0], dict)
    ]


def plain(value: Any) -> Any:
    """Return `value` in JSON's own types.

    >>> plain({"value": Decimal("12.500000"), "at": datetime(2026, 1, 2, 3), "credit": 0.1 + 0.2})
    {'value': '12.50', 'at': '2026-01-02T03:00:00Z', 'credit': 0.3}
    """
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") + 0.0
    if isinstance(value, datetime):
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return "all" if value >= ALL_TIME else f"{value / timedelta(days=1):g}d"
    return value


def money(value: Decimal) -> str:
    """Return a decimal without needless zeros, with at least two digits after the point.

    >>> money(Decimal("12.500000")), money(Decimal("0.333333")), money(Decimal("-3"))
    ('12.50', '0.333333', '-3.00')
    """
    whole, _, rest = f"{value:f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def _cell(value: Any) -> str:
    """Return a cell of CSV: numbers and times as they are, text so that it is harmless."""
    text = _text(plain(value))
    return harmless(text) if isinstance(value, str | list | dict) else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " > ".join(_text(inner) for inner in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, dict) else str(value)


def _array(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    there = [value for value in values if value is not None]
    if any(isinstance(value, Decimal) for value in there):
        return pa.array(values, type=pa.decimal128(38, 6))
    if any(isinstance(value, float) for value in there):
        return pa.array([None if value is None else float(value) for value in values], type=pa.float64())
    if any(isinstance(value, datetime) for value in there):
        return pa.array(values, type=pa.timestamp("us", "UTC"))
    return pa.array(values)


def _grid(rows: list[dict[str, Any]], columns: tuple[str, ...], *, title: str | None) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    said = f"the first {MOST_SHOWN} of {len(rows):,} rows" if len(rows) > MOST_SHOWN else None
    # a title or caption wider than the columns would be broken over several lines
    widest = max(len(title or ""), len(said or "")) + 4
    grid = Table(title=title, caption=said, box=box.SIMPLE_HEAD, min_width=widest)
    for name in columns:
        right = all(_is_number(row.get(name)) for row in rows)
        grid.add_column(Text(name), justify="right" if right else "left", overflow="fold")
    digits = {name: _digits(rows, name) for name in columns}
    for row in rows[:MOST_SHOWN]:
        # Text, since a campaign may hold what rich reads as markup
        grid.add_row(*(Text(_shown(row.get(name), digits[name])) for name in columns))
    return grid


def _digits(rows: list[dict[str, Any]], name: str) -> int | None:
    """Return how many digits after the point a column has: one number for all its rows; None for an id."""
    if name.endswith("_id"):
        return None
    fractions = (value for row in rows if isinstance(value := row.get(name), float))
    return 4 if any(round(value, 4) != round(value) for value in fractions) else 0


def _shown(value: Any, digits: int | None = 4) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value) if digits is None else f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:,.{digits or 0}f}"
    return _text(plain(value))


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))
