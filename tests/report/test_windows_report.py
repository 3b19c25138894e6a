"""The report `windows`: what shorter windows lose, and the shortest that loses little."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from headwater.contract.errors import UsageError
from headwater.contract.query import ReportQuery, ReportTable
from headwater.contract.settings import Settings
from headwater.report import answer
from headwater.report.render import csv_text, json_bytes, parquet_bytes

if TYPE_CHECKING:
    from .conftest import World


def asked(world: World, **query: Any) -> ReportTable:
    return answer("windows", world.context(), ReportQuery(**query))


def column(table: ReportTable, name: str) -> dict[str, Any]:
    return {row["window"]: row[name] for row in table.rows}


def test_a_window_shows_the_conversions_that_nothing_in_it_can_claim(world: World) -> None:
    world.touch("ada", 1, "social").buy("ada", 1.5, "10")
    world.touch("bo", 1, "display").buy("bo", 6, "30")
    world.buy("cy", 9, "60")

    table = asked(world)

    assert list(column(table, "conversions")) == ["1d", "3d", "7d", "14d", "30d", "60d", "90d", "all"]
    assert list(column(table, "conversions").values())[:3] == [1, 1, 2]
    assert column(table, "unattributed")["1d"] == 2
    assert column(table, "unattributed_value")["1d"] == Decimal(90)
    assert column(table, "unattributed_share")["1d"] == pytest.approx(2 / 3)
    assert column(table, "unattributed_value_share")["1d"] == pytest.approx(0.9)
    assert column(table, "unattributed")["all"] == 1
    assert table.meta["unattributed"] == {"linear": {"conversions": 1, "value": Decimal(60)}}


def test_the_channel_that_loses_most_by_a_short_window_is_named(world: World) -> None:
    world.touch("ada", 1, "social").touch("ada", 20, "search").buy("ada", 20.5)
    world.touch("bo", 1, "social").touch("bo", 9, "search").buy("bo", 9.5)

    table = asked(world)

    assert column(table, "most_lost")["1d"] == "social"
    assert column(table, "most_lost_share")["1d"] == 1
    assert column(table, "credit_held")["1d"] == 0.5
    social = next(row for row in table.meta["channels"] if row["channel"] == "social")
    assert (social["credit"], social["lost_1d"], social["lost_14d"], social["lost_30d"]) == (1, 1, 0.5, 0)
    search = next(row for row in table.meta["channels"] if row["channel"] == "search")
    assert search["lost_1d"] == 0


def test_the_model_decides_whose_credit_is_looked_at(world: World) -> None:
    world.touch("ada", 1, "social").touch("ada", 20, "search").buy("ada", 20.5)

    assert column(asked(world, models=("first",)), "credit_held")["7d"] == 0
    assert column(asked(world, models=("last",)), "credit_held")["7d"] == 1


@pytest.mark.parametrize("models", [("markov",), ("first", "last")])
def test_a_model_that_knows_no_credit_of_a_single_touch_is_refused(
    world: World, models: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="one rule model") as error:
        asked(world, models=models)

    assert error.value.hint is not None
    assert "linear" in error.value.hint


def test_the_window_in_use_and_the_one_asked_for_have_rows(new_world: type[World]) -> None:
    world = new_world(settings=Settings(window_days=45)).touch("ada", 1).buy("ada", 2)

    table = asked(world, window=timedelta(hours=12))

    assert [row["window"] for row in table.rows] == [
        "12h", "1d", "3d", "7d", "14d", "30d", "45d", "60d", "90d", "all",
    ]  # fmt: skip
    assert table.meta["used"] == "45d"


def test_the_recommended_window_is_the_shortest_that_holds_95_percent(world: World) -> None:
    for number in range(96):
        world.touch(f"p{number}", 1).buy(f"p{number}", 6)
    for number in range(4):
        world.touch(f"late{number}", 1).buy(f"late{number}", 25)

    said = asked(world).meta["recommended"]

    assert (said["window"], said["days"]) == ("7d", 7)
    assert "96.0% of the conversions" in said["because"]
    assert "3d would hold 0.0%" in said["because"]


def test_a_few_late_conversions_more_and_the_recommended_window_is_longer(world: World) -> None:
    for number in range(94):
        world.touch(f"p{number}", 1).buy(f"p{number}", 6)
    for number in range(6):
        world.touch(f"late{number}", 1).buy(f"late{number}", 25)

    assert asked(world).meta["recommended"]["window"] == "30d"


def test_touches_of_earlier_purchases_do_not_lengthen_the_recommended_window(world: World) -> None:
    for month in range(12):
        world.touch("ada", 30 * month, "email").buy("ada", 30 * month + 0.5)

    table = asked(world)

    assert column(table, "credit_held")["1d"] < 0.3
    assert column(table, "own_held")["1d"] == 1
    assert table.meta["recommended"]["window"] == "1d"


def test_what_is_still_to_come_is_said(world: World) -> None:
    for number in range(200):
        day = number / 10
        world.touch(f"p{number}", day)
        if number % 2 and day + 15 <= 20:
            world.buy(f"p{number}", day + 15)

    said = asked(world)

    assert said.meta["survival_of"]["first"]["open_waits"] == 175
    assert "longer lags cannot be seen yet" in said.meta["recommended"]["caution"]


def test_with_too_little_data_it_says_so(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)

    table = asked(world)

    assert "too few" in table.meta["recommended"]["caution"]
    assert column(table, "openings_expected")["1d"] is None


def test_without_any_touch_no_window_is_recommended(world: World) -> None:
    world.buy("ada", 2)

    assert asked(world).meta["recommended"]["window"] is None


def test_days_choose_conversions_and_not_what_the_survival_learns_from(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).touch("bo", 20).buy("bo", 21)

    table = asked(world, since=date(2026, 1, 15))

    assert column(table, "conversions")["all"] == 1
    assert table.meta["survival_of"]["first"]["conversions"] == 2


def test_the_answer_can_be_written_in_every_form(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).buy("bo", 3)

    table = asked(world)

    assert b'"recommended"' in json_bytes(table)
    assert csv_text(table).startswith("window,conversions,value,unattributed")
    assert parquet_bytes(table)[:4] == b"PAR1"
