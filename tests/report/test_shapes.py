"""Paths, lag, touches, roles, overview and quality: small worlds and what they must answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.query import ReportQuery, ReportTable
from headwater.contract.settings import Settings
from headwater.report import REPORTS, answer

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext

    from .conftest import World

KNOWN = datetime(2026, 2, 1)


def asked(name: str, context: ReportContext, **query: Any) -> ReportTable:
    return answer(name, context, ReportQuery(**query))


def cells(table: ReportTable, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in table.rows]


def test_the_eight_reports_are_there() -> None:
    assert list(REPORTS) == [
        "overview", "attribution", "compare", "paths", "lag", "touches", "roles", "quality",
    ]  # fmt: skip


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


def test_lag_counts_full_days_since_the_first_touchpoint(world: World) -> None:
    world.touch("ada", 1).touch("ada", 2.9).buy("ada", 2.99).touch("bo", 1).buy("bo", 3).buy("bo", 3.5).buy(
        "cy", 4
    )

    table = asked("lag", world.context())

    assert table.columns == ("days", "conversions", "share")
    assert cells(table, "days", "conversions", "share") == [(1, 1, 1 / 3), (2, 2, 2 / 3)]
    assert table.meta["unattributed"]["every model"]["conversions"] == 1
    assert table.meta["median_days"] == 2


def test_touches_count_those_in_the_window_and_none_as_zero(world: World) -> None:
    world.touch("ada", 1).touch("ada", 5).buy("ada", 6).buy("bo", 6)

    context = world.context()

    assert cells(asked("touches", context), "touches", "conversions", "share") == [(0, 1, 0.5), (2, 1, 0.5)]
    assert cells(asked("touches", context, window=timedelta(days=2)), "touches", "conversions") == [
        (0, 1),
        (1, 1),
    ]


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


def test_quality_shows_the_total_first_and_that_it_balances(world: World) -> None:
    counts = {"known_at": KNOWN, "kind": "events"}
    world.row(
        "intake", receipt_id="1", origin="a.csv", received=10, stored=7, duplicate=2, refused=1, **counts
    )
    world.row(
        "intake", receipt_id="2", origin="a.csv", received=10, stored=0, duplicate=9, refused=1, **counts
    )
    world.row(
        "intake", receipt_id="3", origin="b.csv", received=5, stored=4, duplicate=0, refused=0, **counts
    )
    refusal = {
        "kind": "events",
        "origin": "a.csv",
        "reason": "no_time",
        "field": "occurred_at",
        "known_at": KNOWN,
    }
    world.row("refused", refused_id="r1", row=7, detail="there is no time", **refusal)
    world.row("refused", refused_id="r2", row=9, detail="there is no time", **refusal)

    table = asked("quality", world.context())

    shown = cells(table, "kind", "origin", "received", "stored", "duplicate", "refused", "is_balanced")
    assert shown == [
        ("total", "", 25, 11, 11, 2, False),
        ("events", "a.csv", 20, 7, 11, 2, True),
        ("events", "b.csv", 5, 4, 0, 0, False),
    ]
    assert table.meta["refused"] == [
        {"reason": "no_time", "kind": "events", "field": "occurred_at", "refused": 2}
    ]
    assert [(row["origin"], row["row"], row["field"]) for row in table.meta["refused_rows"]] == [
        ("a.csv", 7, "occurred_at"),
        ("a.csv", 9, "occurred_at"),
    ]
    assert table.meta["is_balanced"] is False
    assert table.meta["complete_to"] == KNOWN


def test_quality_as_of_knows_only_what_was_known_then(world: World) -> None:
    world.row("intake", receipt_id="1", kind="events", origin="a", received=1, stored=1, known_at=KNOWN)
    world.row(
        "intake",
        receipt_id="2",
        kind="events",
        origin="a",
        received=5,
        stored=5,
        known_at=KNOWN + timedelta(1),
    )

    assert asked("quality", world.context(), as_of=KNOWN).meta["total"]["received"] == 1


def test_quality_flags_what_to_look_at_and_nothing_else(world: World) -> None:
    world.touch("ada", 1, "direct").buy("bo", 2, "0")

    flags = asked("quality", world.context()).meta["flags"]

    assert [(flag["flag"], flag["count"]) for flag in flags] == [
        ("conversions without a touchpoint", 1),
        ("macro conversions without a value", 1),
        ("touchpoints without a source", 1),
    ]


def test_every_report_answers_for_an_empty_workspace(world: World) -> None:
    context = world.context()

    tables = [answer(name, context, ReportQuery()) for name in REPORTS]

    assert [table.report for table in tables] == list(REPORTS)
    assert {table.meta["settings_version"] for table in tables} == {Settings().version()}
