"""Show: results as text."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson

from headwater.cli import show
from headwater.result import ReportResult

if TYPE_CHECKING:
    import pytest

LONG = "a campaign with a name that is much longer than any terminal is wide, " * 3
RESULT = ReportResult(
    "compare", ("campaign", "value"), [{"campaign": LONG, "value": Decimal("1.5")}], {"currency": "EUR"}
)


def test_a_table_in_a_pipe_is_never_cut_or_folded(capsys: pytest.CaptureFixture[str]) -> None:
    show.result(RESULT, format="table")

    said = capsys.readouterr().out
    assert LONG.strip() in said
    assert "currency: EUR" in said


def test_json_and_csv_are_the_results_own(capsys: pytest.CaptureFixture[str]) -> None:
    show.result(RESULT, format="json")
    assert orjson.loads(capsys.readouterr().out) == RESULT.to_dict()

    show.result(RESULT, format="csv")
    assert capsys.readouterr().out == RESULT.to_csv()


def test_facts_are_lines_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    show.facts({"key": "hw_1", "value": Decimal("2")}, json=False)
    assert capsys.readouterr().out == "key: hw_1\nvalue: 2.00\n"

    show.facts({"key": "hw_1", "value": Decimal("2")}, json=True)
    assert orjson.loads(capsys.readouterr().out) == {"key": "hw_1", "value": "2.00"}


def test_what_is_not_to_be_trusted_is_said_beside_the_table_and_not_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    noted = replace(RESULT, meta={"notes": ["markov: too few"]})

    show.result(noted, format="table")
    said = capsys.readouterr()
    assert said.err == "Note: markov: too few\n"
    assert "too few" not in said.out

    show.result(noted, format="json")
    assert capsys.readouterr().err == ""
