"""Result: the table that answers a report, in whatever form the caller's tools like.

Reads  a ReportTable (from a report) or an Arrow stream (from a server)
Makes  rows, JSON, Arrow, pandas, Polars, CSV, Parquet, a notebook table, a chart

Values are settled once, when the result is made (times aware and UTC, paths lists, meta plain JSON),
so that a result that came over HTTP equals the one that was computed here.
"""

from __future__ import annotations

import html
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import orjson

from headwater.contract.errors import HeadwaterError
from headwater.contract.query import ReportTable
from headwater.report.render import csv_text, json_bytes, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa

MONEY_SCALE = 6
"""Digits after the point that money has in the tables."""
HTML_ROWS = 50
"""Most rows that a notebook shows."""


class MissingExtraError(HeadwaterError):
    """An optional library that the call needs is not installed."""


@dataclass(frozen=True, eq=True)
class ReportResult:
    """The answer of one report: column names, rows as dictionaries, and what stands behind them.

    In `rows` money is Decimal, credit float, times are aware datetimes in UTC, days dates and paths
    lists. `meta` holds plain JSON values: as_of, complete_to, settings_version, models, window,
    currency, unattributed.
    """

    report: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settle = object.__setattr__
        settle(self, "columns", tuple(self.columns))
        settle(self, "rows", [{name: _settled(row.get(name)) for name in self.columns} for row in self.rows])
        settle(self, "meta", plain(self.meta))

    @classmethod
    def of(cls, table: ReportTable) -> Self:
        """Return the result that holds what a report answered."""
        return cls(table.report, table.columns, table.rows, table.meta)

    @property
    def table(self) -> ReportTable:
        """The answer as reports give it."""
        return ReportTable(report=self.report, columns=self.columns, rows=self.rows, meta=self.meta)

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Self:
        """Return the result that `to_arrow` was made from; the schema carries its name and meta."""
        said = table.schema.metadata or {}
        return cls(
            said.get(b"headwater.report", b"").decode(),
            tuple(table.column_names),
            table.to_pylist(),
            orjson.loads(said.get(b"headwater.meta", b"{}")),
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: money as decimal strings, times as ISO 8601 in UTC."""
        form: dict[str, Any] = orjson.loads(self.to_json())
        return form

    def to_json(self) -> bytes:
        """Return the JSON form, indented."""
        return json_bytes(self.table)

    def to_csv(self) -> str:
        """Return the rows as CSV with a header; lists are joined by ` > `, empty cells are NULL."""
        return csv_text(self.table)

    def to_parquet(self) -> bytes:
        """Return the rows as a Parquet file."""
        import pyarrow.parquet as pq

        out = io.BytesIO()
        pq.write_table(self.to_arrow(), out, compression="zstd")
        return out.getvalue()

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table; its schema metadata carries the report's name and meta."""
        import pyarrow as pa

        arrays = [arrow_column([row[name] for row in self.rows]) for name in self.columns]
        said = {"headwater.report": self.report, "headwater.meta": orjson.dumps(self.meta)}
        return pa.table(arrays, names=list(self.columns)).replace_schema_metadata(said)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the rows to any library that speaks the Arrow C stream interface."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas DataFrame. Raises MissingExtraError where pandas is not installed."""
        _needs("pandas")
        return self.to_arrow().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """Return a Polars DataFrame. Raises MissingExtraError where Polars is not installed."""
        return _needs("polars").from_arrow(self.to_arrow())

    def plot(self) -> Any:
        """Return an Altair chart: the number columns as bars beside the first column.

        Raises MissingExtraError where Altair is not installed.
        """
        alt = _needs("altair")
        label = self.columns[0]
        numbers = [name for name in self.columns if _is_number(row[name] for row in self.rows)]
        values = [
            {"label": cell(row[label]), "column": name, "number": float(row[name] or 0)}
            for row in self.rows
            for name in numbers
            if name != label
        ]
        return (
            alt.Chart(alt.Data(values=values), title=self.report)
            .mark_bar()
            .encode(
                x=alt.X("number:Q", title=None),
                y=alt.Y("label:N", title=label, sort=None),
                yOffset=alt.YOffset("column:N", sort=numbers),
                color=alt.Color("column:N", sort=numbers, title=None),
            )
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell(row[name]))}</td>" for name in self.columns) + "</tr>"
            for row in self.rows[:HTML_ROWS]
        )
        more = (
            f"<p>{len(self.rows)} rows, the first {HTML_ROWS} shown</p>" if len(self.rows) > HTML_ROWS else ""
        )
        return f"<table><caption>{html.escape(self.report)}</caption><tr>{head}</tr>{body}</table>{more}"


def cell(value: Any) -> str:
    """Return one value as text for people; lists are joined by ` > `, None is empty."""
    if isinstance(value, list | tuple):
        return " > ".join(cell(inner) for inner in value)
    return "" if value is None else str(plain(value))


def arrow_column(values: Sequence[Any]) -> pa.Array:
    """Return values of one kind (or None) as an Arrow array; money keeps its six digits."""
    import pyarrow as pa

    there = [value for value in values if value is not None]
    if there and all(isinstance(value, Decimal) for value in there):
        digits = max(-int(value.as_tuple().exponent) for value in there)
        if digits <= MONEY_SCALE:
            return pa.array(values, type=pa.decimal128(38, MONEY_SCALE))
    if there and all(isinstance(value, datetime) for value in there):
        return pa.array(values, type=pa.timestamp("us", "UTC"))
    if any(isinstance(value, float | Decimal) for value in there) and _is_number(there):
        return pa.array([None if value is None else float(value) for value in values], type=pa.float64())
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else cell(value) for value in values], type=pa.string())


def _settled(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_settled(inner) for inner in value]
    return _utc(value) if isinstance(value, datetime) else value


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _is_number(values: Iterable[Any]) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in there
    )


def _needs(library: str) -> Any:
    from importlib import import_module

    try:
        return import_module(library)
    except ImportError as error:
        raise MissingExtraError(
            f"This needs {library}, which is not installed.",
            hint="pip install 'headwater[notebook]' brings pandas, polars and altair.",
        ) from error
