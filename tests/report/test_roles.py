"""Roles: a conversion counts once per role."""

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


def test_roles_count_a_conversion_once_per_role(world: World) -> None:
    world.touch("ada", 1, "a").touch("ada", 2, "b").touch("ada", 3, "b").touch("ada", 4, "c").buy("ada", 5)
    world.touch("bo", 1, "c").buy("bo", 2)

    table = asked("roles", world.context())

    assert cells(table, "channel", "initiator", "assist", "closer", "gap") == [
        ("c", 1, 0, 2, -1),
        ("a", 1, 0, 0, 1),
        ("b", 0, 1, 0, 0),
    ]
    assert cells(table, "initiator_share", "assist_share", "closer_share")[0] == (0.5, 0.0, 1.0)
