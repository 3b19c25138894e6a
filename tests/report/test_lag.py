"""Lag: full days since the first touchpoint."""

from __future__ import annotations

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


def test_lag_counts_full_days_since_the_first_touchpoint(world: World) -> None:
    world.touch("ada", 1).touch("ada", 2.9).buy("ada", 2.99).touch("bo", 1).buy("bo", 3).buy("bo", 3.5).buy(
        "cy", 4
    )

    table = asked("lag", world.context())

    assert table.columns == ("days", "conversions", "share")
    assert cells(table, "days", "conversions", "share") == [(1, 1, 1 / 3), (2, 2, 2 / 3)]
    assert table.meta["unattributed"]["every model"]["conversions"] == 1
    assert table.meta["median_days"] == 2
