"""Overview: totals, goals and days."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.query import ReportQuery, ReportTable
from headwater.contract.settings import Settings
from headwater.report import answer

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext

    from .conftest import World

KNOWN = datetime(2026, 2, 1)


def asked(name: str, context: ReportContext, **query: Any) -> ReportTable:
    return answer(name, context, ReportQuery(**query))


def test_overview_adds_up_goals_and_days_in_the_workspaces_zone(new_world: type[World]) -> None:
    world = new_world(settings=Settings(time_zone="America/New_York"))
    world.touch("ada", 1).touch("ada", 2).buy("ada", 5 + 3 / 24, "30").buy("bo", 5.5, "10")
    world.touch("cy", 1).buy("cy", 2, "0", goal="lead")
    spend = {"platform": "x", "account_id": "1", "currency": "USD", "known_at": KNOWN}
    world.row("spend", spent_on=date(2026, 1, 5), spend=Decimal(20), **spend)

    table = asked("overview", world.context())

    row = table.rows[0]
    assert (row["conversions"], row["value"], row["aov"]) == (2, Decimal(40), Decimal(20))
    assert (row["persons"], row["converting_persons"], row["touchpoints"]) == (2, 2, 3)
    assert (row["median_touches"], row["median_days"], row["unattributed_share"]) == (2.0, 4.0, 0.5)
    assert (row["spend"], row["roas"], row["cpa"]) == (Decimal(20), 2.0, Decimal(10))
    assert [(goal["goal"], goal["is_macro"], goal["conversions"]) for goal in table.meta["goals"]] == [
        ("purchase", True, 2),
        ("lead", False, 1),
    ]
    assert [(day["day"], day["value"], day["spend"]) for day in table.meta["days"]] == [
        (date(2026, 1, 5), Decimal(30), Decimal(20)),
        (date(2026, 1, 6), Decimal(10), None),
    ]
