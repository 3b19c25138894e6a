"""Reports: all are there and answer for an empty workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.query import ReportQuery
from headwater.contract.settings import Settings
from headwater.report import REPORTS, answer

if TYPE_CHECKING:
    from .conftest import World


def test_the_reports_are_there() -> None:
    assert list(REPORTS) == [
        "overview", "attribution", "compare", "paths", "lag", "touches", "roles", "windows", "quality", "loss", "audit", "spellings",
    ]  # fmt: skip


def test_every_report_answers_for_an_empty_workspace(world: World) -> None:
    context = world.context()

    tables = [answer(name, context, ReportQuery()) for name in REPORTS]

    assert [table.report for table in tables] == list(REPORTS)
    assert {table.meta["settings_version"] for table in tables} == {Settings().version()}
