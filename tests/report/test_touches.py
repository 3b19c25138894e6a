"""Touches: how many come before a conversion, none included."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from headwater.contract.query import ReportQuery, ReportTable
from headwater.report import answer

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext

    from .conftest import World


def asked(name: str, context: ReportContext, **query: Any) -> ReportTable:
    return answer(name, context, ReportQuery(**query))


def cells(table: ReportTable, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in table.rows]


def test_touches_count_those_in_the_window_and_none_as_zero(world: World) -> None:
    world.touch("ada", 1).touch("ada", 5).buy("ada", 6).buy("bo", 6)

    context = world.context()

    assert cells(asked("touches", context), "touches", "conversions", "share") == [(0, 1, 0.5), (2, 1, 0.5)]
    assert cells(asked("touches", context, window=timedelta(days=2)), "touches", "conversions") == [
        (0, 1),
        (1, 1),
    ]
