"""Reports: all are there and answer for an empty workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.query import ReportQuery
from headwater.contract.settings import Settings
from headwater.report import REPORTS, answer

if TYPE_CHECKING:
    from .conftest import World


def test_the_reports_are_there() -> None:
    assert set(REPORTS) >= {
        "overview", "attribution", "compare", "paths", "lag", "touches", "roles", "windows", "advice", "quality",
        "loss", "audit", "spellings", "budget", "restatement", "lift",
    }  # fmt: skip
    assert [report.name for report in REPORTS.values()] == list(REPORTS)


def test_every_report_answers_for_an_empty_workspace(world: World) -> None:
    context = world.context()

    asked = [name for name, report in REPORTS.items() if not report.compares_times]

    tables = [answer(name, context, ReportQuery()) for name in asked]

    assert [table.report for table in tables] == asked
    assert {table.meta["settings_version"] for table in tables} == {Settings().version()}
