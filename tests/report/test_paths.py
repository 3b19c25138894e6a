"""Paths: repeats, journeys that did not convert, and where long ones are cut."""

from __future__ import annotations

from decimal import Decimal
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


def test_paths_keep_repeats_and_count_journeys_that_did_not_convert(world: World) -> None:
    world.touch("ada", 1, "a").touch("ada", 2, "a").touch("ada", 3, "b").buy("ada", 4, "10")
    world.touch("bo", 1, "a").touch("bo", 2, "a").touch("bo", 3, "b")
    world.touch("cy", 1, "b").buy("cy", 2, "5").buy("cy", 3, "6")

    table = asked("paths", world.context())

    assert table.columns == ("path", "conversions", "value", "nulls")
    assert cells(table, "path", "conversions", "value", "nulls") == [
        (["b"], 2, Decimal(11), 0),
        (["a", "a", "b"], 1, Decimal(10), 1),
    ]


def test_a_path_of_more_than_fifty_touchpoints_is_cut_at_its_old_end_and_shows_it(world: World) -> None:
    world.touch("ada", 0, "oldest")
    for hour in range(50):
        world.touch("ada", 1 + hour / 24, "a")
    world.buy("ada", 5)
    for hour in range(50):
        world.touch("bo", 1 + hour / 24, "a")
    world.buy("bo", 5)

    table = asked("paths", world.context())

    assert sorted(row["path"] for row in table.rows) == [["a"] * 50, ["…", *["a"] * 50]]


def test_paths_of_a_dimension_are_paths_of_its_values(world: World) -> None:
    world.touch("ada", 1, campaign="spring").touch("ada", 2).buy("ada", 3)

    assert asked("paths", world.context(), by="campaign").rows[0]["path"] == ["spring", "(none)"]


def test_a_limit_of_paths_says_what_it_left_out(world: World) -> None:
    world.touch("ada", 1, "a").buy("ada", 2).buy("ada", 3).touch("bo", 1, "b").buy("bo", 2)

    table = asked("paths", world.context(), limit=1)

    assert cells(table, "path") == [(["a"],)]
    assert (table.meta["left_out_rows"], table.meta["left_out_conversions"]) == (1, 1)
