"""Render: the JSON that others parse, to the byte, and the other forms."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from headwater.contract.query import ReportQuery, ReportTable
from headwater.contract.settings import Settings
from headwater.report import answer, render

if TYPE_CHECKING:
    from .conftest import World

GOLDEN = Path(__file__).parent / "golden"
KNOWN = datetime(2026, 2, 1)


def small(world: World) -> World:
    world.touch("ada", 1, "email").touch("ada", 2, "display").touch("ada", 3, "email").buy("ada", 4, "100")
    world.touch("bo", 1, "display").buy("cy", 2, "7.5")
    return world.row("intake", receipt_id="1", kind="events", origin="a.csv", received=1, stored=1, duplicate=0,
                     refused=0, known_at=KNOWN)  # fmt: skip


@pytest.mark.parametrize(
    "name", ["overview", "attribution", "compare", "paths", "lag", "touches", "roles", "quality"]
)
def test_the_json_of_each_report_is_the_golden_file(world: World, name: str) -> None:
    table = answer(name, small(world).context(), ReportQuery(models=("first", "linear")))

    said = render.json_bytes(table).decode().replace(Settings().version(), "VERSION") + "\n"

    assert said == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def table(**meta: object) -> ReportTable:
    return ReportTable(
        report="paths",
        columns=("path", "conversions", "credit", "value", "at", "odd"),
        rows=[
            {
                "path": ["a", "b [red]"],
                "conversions": 1234567,
                "credit": 0.1 + 0.2,
                "value": Decimal("1234.500000"),
                "at": KNOWN,
                "odd": None,
            }
        ]
        * 2,
        meta=dict(meta),
    )


def test_csv_joins_paths_and_leaves_unknown_values_empty() -> None:
    lines = render.csv_text(table()).splitlines()

    assert lines[0] == "path,conversions,credit,value,at,odd"
    assert lines[1] == "a > b [red],1234567,0.3,1234.50,2026-02-01T00:00:00Z,"


def test_parquet_keeps_money_exact_and_times_in_utc() -> None:
    read = pq.read_table(io.BytesIO(render.parquet_bytes(table())))

    assert str(read.schema.field("value").type) == "decimal128(38, 6)"
    assert str(read.schema.field("at").type) == "timestamp[us, tz=UTC]"
    assert read.column("path")[0].as_py() == ["a", "b [red]"]


def test_the_terminal_has_numbers_with_separators_and_no_markup_of_the_data() -> None:
    out = Console(file=io.StringIO(), width=120, record=True)

    out.print(render.terminal_table(table()))

    said = out.export_text()
    assert "1,234,567" in said
    assert "1,234.50" in said
    assert "a > b [red]" in said


def test_the_terminal_shows_the_first_rows_and_says_so() -> None:
    long = ReportTable(report="lag", columns=("days",), rows=[{"days": day} for day in range(60)])
    out = Console(file=io.StringIO(), width=80, record=True)

    out.print(render.terminal_table(long))

    assert "the first 50 of 60 rows" in out.export_text()


def test_lists_in_meta_are_tables_beside() -> None:
    out = Console(file=io.StringIO(), width=80, record=True)

    out.print(*render.beside(table(flags=[{"flag": "odd", "count": 3}], days=[{"day": 1}], models=["first"])))

    assert out.export_text().split() == ["flags", "flag", "count", *["─" * 14], "odd", "3"]


def test_no_text_of_a_csv_starts_a_formula_and_numbers_stay_numbers() -> None:
    texts = ["=1+1", "-2+3", "@SUM(1)", "\t=1", "\uff1d1+1", "\ufeff=1", "a=b", "+49 151"]
    rows = [{"source": text, "value": Decimal("-5.20"), "path": ["=1", "b"]} for text in texts]
    answer = ReportTable(report="r", columns=("source", "value", "path"), rows=rows, meta={})

    cells = list(csv.reader(io.StringIO(render.csv_text(answer), newline="")))[1:]

    assert [source for source, _, _ in cells] == [text if text == "a=b" else f"'{text}" for text in texts]
    assert {(value, path) for _, value, path in cells} == {("-5.20", "'=1 > b")}


@given(st.text(alphabet="'=+-@\t\r\ufeff\uff1dab"))
def test_what_was_made_harmless_can_be_restored(text: str) -> None:
    assert render.restored(render.harmless(text)) == text
