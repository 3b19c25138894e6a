"""Result: one table in many forms, the same everywhere."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.contract.query import ReportTable
from headwater.result import MissingExtraError, ReportResult, _needs

TABLE = ReportTable(
    report="paths",
    columns=("path", "value", "share", "conversions", "first_at", "day", "note"),
    rows=[
        {
            "path": ("email", "direct"),
            "value": Decimal("12.500000"),
            "share": 0.25,
            "conversions": 2,
            "first_at": datetime(2026, 3, 1, 9, 30),
            "day": date(2026, 3, 1),
            "note": None,
        },
        {
            "path": ["<b>"],
            "value": None,
            "share": 0.75,
            "conversions": 6,
            "first_at": None,
            "day": None,
            "note": None,
        },
    ],
    meta={"as_of": datetime(2026, 3, 2, tzinfo=UTC), "unattributed": Decimal("0")},
)


def test_json_writes_money_as_decimal_text_and_times_in_utc() -> None:
    result = ReportResult.of(TABLE)

    said = orjson.loads(result.to_json())

    assert list(said) == ["report", "columns", "rows", "meta"]
    assert said["rows"][0] == {
        "path": ["email", "direct"],
        "value": "12.50",
        "share": 0.25,
        "conversions": 2,
        "first_at": "2026-03-01T09:30:00Z",
        "day": "2026-03-01",
        "note": None,
    }
    assert said["meta"] == {"as_of": "2026-03-02T00:00:00Z", "unattributed": "0.00"}


def test_a_result_that_went_through_arrow_equals_the_one_that_was_computed() -> None:
    result = ReportResult.of(TABLE)

    again = ReportResult.from_arrow(result.to_arrow())

    assert again == result
    assert again.to_json() == result.to_json()


def test_an_empty_result_keeps_its_columns_through_arrow() -> None:
    empty = ReportResult("lag", ("days", "share"), [], {"currency": "EUR"})

    assert ReportResult.from_arrow(empty.to_arrow()) == empty


def test_csv_has_a_header_and_joins_lists() -> None:
    lines = ReportResult.of(TABLE).to_csv().splitlines()

    assert lines[0] == "path,value,share,conversions,first_at,day,note"
    assert lines[1] == "email > direct,12.50,0.25,2,2026-03-01T09:30:00Z,2026-03-01,"


def test_parquet_holds_the_rows_with_money_as_decimal() -> None:
    stored = pq.read_table(io.BytesIO(ReportResult.of(TABLE).to_parquet()))

    assert stored.column("value").to_pylist() == [Decimal("12.500000"), None]
    assert pa.types.is_decimal(stored.schema.field("value").type)


def test_any_arrow_library_can_take_the_result() -> None:
    assert pa.table(ReportResult.of(TABLE)).num_rows == 2


def test_length_and_iteration_are_those_of_the_rows() -> None:
    result = ReportResult.of(TABLE)

    assert len(result) == 2
    assert [row["conversions"] for row in result] == [2, 6]


def test_a_notebook_shows_a_table_with_escaped_text() -> None:
    assert "<td>&lt;b&gt;</td>" in ReportResult.of(TABLE)._repr_html_()


def test_a_missing_library_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(MissingExtraError) as caught:
        _needs("no_such_library_anywhere")

    assert "headwater[notebook]" in caught.value.hint
