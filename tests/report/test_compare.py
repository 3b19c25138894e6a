"""Compare: numbers worked out by hand, and sums that are exact whatever the world."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.contract.errors import (
    UnknownDimensionError,
    UnknownModelError,
    UnknownReportError,
    UsageError,
)
from headwater.contract.models import RuleModel
from headwater.contract.query import ALL_TIME, ReportContext, ReportQuery, ReportTable
from headwater.contract.settings import Settings
from headwater.report import answer
from headwater.report.filters import UnknownAttributeError, UnknownGoalError
from headwater.report.measure.currency import UnknownCurrencyError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from .conftest import World

RULES = ("first", "last", "last_non_direct", "linear", "time_decay")
WINDOWS = (None, timedelta(days=2), timedelta(days=7), timedelta(days=90), ALL_TIME)


def compare(context: ReportContext, *models: str, **asked: Any) -> ReportTable:
    return answer("compare", context, ReportQuery(models=models, **asked))


def by_player(table: ReportTable, model: str) -> dict[str, tuple[float, Decimal]]:
    first = table.columns[0]
    return {row[first]: (row[model], row[f"{model}_value"]) for row in table.rows}


def test_each_model_has_a_column_of_conversions_and_one_of_value(world: World) -> None:
    world.touch("ada", 1, "email").buy("ada", 2, "100")

    table = compare(world.context(), "first", "linear")

    assert table.columns == ("channel", "first", "first_value", "linear", "linear_value")
    assert table.rows == [
        {
            "channel": "email",
            "first": 1.0,
            "first_value": Decimal("100.000000"),
            "linear": 1.0,
            "linear_value": Decimal("100.000000"),
        }
    ]


def test_linear_divides_equally_and_the_last_step_takes_the_odd_micro(world: World) -> None:
    world.touch("ada", 1, "email").touch("ada", 2, "display").touch("ada", 3, "referral").buy("ada", 4, "100")

    found = by_player(compare(world.context(), "linear"), "linear")

    assert found == {
        "display": (pytest.approx(1 / 3, abs=1e-12), Decimal("33.333334")),
        "email": (pytest.approx(1 / 3, abs=1e-12), Decimal("33.333333")),
        "referral": (pytest.approx(1 / 3, abs=1e-12), Decimal("33.333333")),
    }


def test_last_non_direct_passes_over_direct_but_not_where_all_are_direct(world: World) -> None:
    world.touch("ada", 1, "email").touch("ada", 2, "direct").buy("ada", 3, "10")
    world.touch("bo", 1, "direct").buy("bo", 2, "5")

    found = by_player(compare(world.context(), "last_non_direct"), "last_non_direct")

    assert found == {"direct": (1.0, Decimal(5)), "email": (1.0, Decimal(10))}


def test_a_touchpoint_at_the_very_time_of_the_conversion_counts_and_one_after_it_does_not(
    world: World,
) -> None:
    world.touch("ada", 2, "email").touch("ada", 2.001, "display").buy("ada", 2, "10")

    context = world.context()

    assert by_player(compare(context, "last"), "last") == {"email": (1.0, Decimal(10))}
    assert by_player(compare(context, "last", window=ALL_TIME), "last") == {"email": (1.0, Decimal(10))}


def test_conversions_without_a_touchpoint_are_unattributed_and_not_lost(world: World) -> None:
    world.touch("ada", 1, "email").buy("ada", 2, "10").buy("bo", 2, "7.50")

    meta = compare(world.context(), "first", "markov").meta

    assert meta["total_conversions"] == 2
    assert meta["total_value"] == Decimal("17.5")
    assert meta["unattributed"] == {
        "first": {"conversions": 1.0, "value": Decimal("7.5")},
        "markov": {"conversions": 1.0, "value": Decimal("7.5")},
    }


def test_rows_stand_by_their_largest_credit_and_then_by_name(world: World) -> None:
    world.touch("ada", 1, "b").buy("ada", 2).touch("bo", 1, "a").buy("bo", 2).touch("cy", 1, "c").buy("cy", 2)
    world.buy("cy", 3)

    table = compare(world.context(), "first")

    assert [row["channel"] for row in table.rows] == ["c", "a", "b"]


def test_a_shorter_window_drops_and_numbers_anew(world: World) -> None:
    world.touch("ada", 1, "email").touch("ada", 8, "display").touch("ada", 9, "direct").buy("ada", 10, "9")

    found = compare(world.context(), "first", "linear", "last_non_direct", window=timedelta(days=2))

    assert by_player(found, "first") == {"direct": (0.0, Decimal(0)), "display": (1.0, Decimal(9))}
    assert by_player(found, "linear") == {"direct": (0.5, Decimal("4.5")), "display": (0.5, Decimal("4.5"))}
    assert by_player(found, "last_non_direct")["display"] == (1.0, Decimal(9))
    assert found.meta["window"] == "2d"


def test_a_longer_window_reaches_back_to_touchpoints_that_were_not_built(world: World) -> None:
    world.touch("ada", 1, "email").touch("ada", 150, "display").buy("ada", 151, "9")

    context = world.context()

    assert by_player(compare(context, "first"), "first") == {"display": (1.0, Decimal(9))}
    assert by_player(compare(context, "first", window=ALL_TIME), "first")["email"] == (1.0, Decimal(9))
    assert "email" not in by_player(compare(context, "first", window=timedelta(days=149)), "first")
    assert by_player(compare(context, "first", window=timedelta(days=150)), "first")["email"][0] == 1.0


def test_days_are_days_in_the_workspaces_zone(new_world: type[World]) -> None:
    world = new_world(settings=Settings(time_zone="America/New_York"))
    world.touch("ada", 1).buy("ada", 5 + 3 / 24, "10").touch("bo", 1).buy("bo", 5 + 6 / 24, "20")

    context = world.context()

    evening_before = compare(context, "first", since=date(2026, 1, 5), until=date(2026, 1, 5))
    same_day = compare(context, "first", since=date(2026, 1, 6), until=date(2026, 1, 6))
    assert evening_before.meta["total_value"] == Decimal(10)
    assert same_day.meta["total_value"] == Decimal(20)


def test_micro_goals_count_only_when_they_are_asked_for(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2, "0", goal="lead").buy("ada", 3, "10")

    context = world.context()

    assert compare(context, "first").meta["total_conversions"] == 1
    assert compare(context, "first", goal="lead").meta["total_value"] == Decimal(0)


def test_a_segment_keeps_the_persons_whose_latest_attribute_has_the_value(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2, "10").touch("bo", 1).buy("bo", 2, "20")
    world.row("imported_persons", person="user:ada", attributes='{"plan": "pro"}', known_at=day(1))
    world.row("imported_persons", person="user:bo", attributes='{"plan": "pro"}', known_at=day(1))
    world.row("imported_persons", person="user:bo", attributes='{"plan": "free"}', known_at=day(2))

    context = world.context()

    assert compare(context, "first", segment="plan=pro").meta["total_value"] == Decimal(10)
    assert compare(context, "first", segment="plan=none").rows == []


def test_another_currency_takes_the_rate_of_the_day_across_the_euro(world: World) -> None:
    world.touch("ada", 1).buy("ada", 4, "100").touch("bo", 1).buy("bo", 5.5, "100")
    world.row("fx_rates", currency="USD", rated_on=date(2026, 1, 5), per_eur=1.25)
    world.row("fx_rates", currency="GBP", rated_on=date(2026, 1, 5), per_eur=0.75)
    world.row("fx_rates", currency="USD", rated_on=date(2026, 1, 6), per_eur=2.0)
    world.row("fx_rates", currency="GBP", rated_on=date(2026, 1, 6), per_eur=1.0)

    context = world.context()

    assert compare(context, "first", currency="GBP").meta["total_value"] == Decimal("110")
    assert compare(context, "first", currency="EUR").meta["total_value"] == Decimal("130")
    assert compare(context, "first", currency="EUR").meta["currency"] == "EUR"


def test_aggregated_paths_weigh_by_their_counts_and_are_never_null_journeys_too(world: World) -> None:
    world.touch("path:1", 1, "a").touch("path:1", 2, "b")
    world.buy("path:1", 2, "30", conversion_count=3, null_count=5)
    world.touch("path:2", 1, "a").buy("path:2", 1, "0", conversion_count=0, null_count=4)

    context = world.context()
    table = compare(context, "first", "linear", "markov")
    paths = answer("paths", context, ReportQuery())

    assert by_player(table, "first")["a"] == (3.0, Decimal(30))
    assert by_player(table, "linear") == {"a": (1.5, Decimal(15)), "b": (1.5, Decimal(15))}
    assert by_player(table, "markov") == {"a": (1.5, Decimal(15)), "b": (1.5, Decimal(15))}
    assert [(row["path"], row["conversions"], row["nulls"]) for row in paths.rows] == [
        (["a", "b"], 3, 5),
        (["a"], 0, 4),
    ]


def test_aggregated_paths_of_another_goal_are_left_out_altogether(world: World) -> None:
    world.touch("path:1", 1, "a").buy("path:1", 2, "30", conversion_count=1, null_count=0)
    world.touch("ada", 1, "b").buy("ada", 2, "1", goal="lead")

    paths = answer("paths", world.context(), ReportQuery(goal="lead"))

    assert [row["path"] for row in paths.rows] == [["b"]]


def test_touchpoints_without_a_value_in_the_dimension_are_named_none(world: World) -> None:
    world.touch("ada", 1, campaign="spring").touch("ada", 2, campaign="").touch("ada", 3).buy("ada", 4, "9")

    found = by_player(compare(world.context(), "linear", by="campaign"), "linear")

    assert found == {
        "(none)": (pytest.approx(2 / 3, abs=1e-12), Decimal(6)),
        "spring": (pytest.approx(1 / 3, abs=1e-12), Decimal(3)),
    }


@pytest.mark.parametrize(
    ("by", "column"),
    [
        ("source", "source"),
        ("medium", "medium"),
        ("campaign", "campaign"),
        ("content", "content"),
        ("term", "term"),
        ("ad", "ad_id"),
        ("landing_page", "landing_page"),
        ("referrer", "referrer"),
    ],
)
def test_columns_of_touchpoints_are_dimensions(world: World, by: str, column: str) -> None:
    world.touch("ada", 1, **{column: 'it\'s; "this" 50 %'}).buy("ada", 2, "1")

    table = compare(world.context(), "first", by=by)

    assert table.columns[0] == by
    assert table.rows[0][by] == 'it\'s; "this" 50 %'


def test_country_device_and_properties_come_from_the_touchpoints_first_event(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2, "1").touch("bo", 1).buy("bo", 2, "3").touch("cy", 1).buy("cy", 2, "2")
    phone = '{"userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Mobile/15E148"}'
    world.row("events", event_id="t001", context='{"location": {"country": "DE"}}', properties='{"a.b": "x"}')
    world.row("events", event_id="t002", context=phone, properties='{"a.b": 7}')
    world.row("events", event_id="t003", context="no json", properties="no json")

    context = world.context()

    assert [row["country"] for row in compare(context, "first", by="country").rows] == ["(none)", "DE"]
    assert [row["device"] for row in compare(context, "first", by="device").rows] == ["(none)", "mobile"]
    assert {row["a.b"] for row in compare(context, "first", by="a.b").rows} == {"7", "x", "(none)"}
    assert compare(context, "first", by="property:a.b").columns[0] == "property:a.b"


def test_a_limit_says_how_many_rows_it_left_out(world: World) -> None:
    world.touch("ada", 1, "a").touch("ada", 2, "b").touch("ada", 3, "c").buy("ada", 4)

    table = compare(world.context(), "linear", limit=2)

    assert len(table.rows) == 2
    assert table.meta["left_out_rows"] == 1


def test_a_model_whose_shares_do_not_add_up_shows_its_gap(world: World) -> None:
    world.touch("ada", 1).touch("ada", 2).buy("ada", 3, "10")
    base = world.context()
    broken = {"broken": RuleModel(name="broken", summary="", share="25e-2")}

    table = compare(ReportContext(reader=base.reader, settings=base.settings, models=broken), "broken")

    assert table.meta["unattributed"]["broken"] == {"conversions": 0.5, "value": Decimal(5)}


@pytest.mark.parametrize(
    ("asked", "error", "hint"),
    [
        ({"models": ("lst",)}, UnknownModelError, "last"),
        ({"by": "campain"}, UnknownDimensionError, "campaign"),
        ({"goal": "purchas"}, UnknownGoalError, "purchase"),
        ({"segment": "plan"}, UsageError, "attribute=value"),
        ({"segment": "plam=x"}, UnknownAttributeError, "plan"),
        ({"currency": "GPB"}, UnknownCurrencyError, "GBP"),
        ({"window": timedelta(0)}, UsageError, "30d"),
        ({"since": date(2026, 2, 1), "until": date(2026, 1, 1)}, UsageError, "swap"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_way_out(
    world: World, asked: dict[str, Any], error: type[UsageError], hint: str
) -> None:
    world.touch("ada", 1).buy("ada", 2)
    world.row("imported_persons", person="user:ada", attributes='{"plan": "pro"}', known_at=day(1))
    world.row("fx_rates", currency="GBP", rated_on=date(2026, 1, 5), per_eur=0.75)
    world.row("fx_rates", currency="USD", rated_on=date(2026, 1, 5), per_eur=1.25)

    with pytest.raises(error) as caught:
        answer("compare", world.context(), ReportQuery(**asked))

    assert hint in caught.value.hint


def test_an_unknown_report_is_refused_with_the_nearest(world: World) -> None:
    with pytest.raises(UnknownReportError) as caught:
        answer("compair", world.context(), ReportQuery())

    assert "compare" in caught.value.hint


def test_an_empty_workspace_answers_with_no_rows(world: World) -> None:
    table = compare(world.context(), "first", "markov")

    assert table.rows == []
    assert table.meta["total_value"] == Decimal(0)


def day(number: int) -> date:
    return date(2026, 1, number)


CHANNELS = st.sampled_from(["direct", "email", "display", "paid_search"])
PEOPLE = st.sampled_from(["ada", "bo", "cy"])
MOMENTS = st.integers(min_value=0, max_value=120 * 24).map(lambda hours: hours / 24)
MONEY = st.decimals(min_value=-1000, max_value=10**9, places=6, allow_nan=False).map(str)
TOUCHES = st.lists(st.tuples(PEOPLE, MOMENTS, CHANNELS), max_size=25)
BUYS = st.lists(st.tuples(PEOPLE, MOMENTS, MONEY), max_size=8)
QUIET = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def filled(make: Callable[[], World], touches: list[Any], buys: list[Any]) -> World:
    world = make()
    for name, moment, channel in touches:
        world.touch(name, moment, channel, campaign=f"{channel} {int(moment) % 3}")
    for name, moment, value in buys:
        world.buy(name, moment, value)
    return world


@QUIET
@given(
    touches=TOUCHES, buys=BUYS, window=st.sampled_from(WINDOWS), by=st.sampled_from(["channel", "campaign"])
)
def test_rows_and_unattributed_add_up_to_the_total_exactly(
    new_world: type[World], touches: list[Any], buys: list[Any], window: timedelta | None, by: str
) -> None:
    context = filled(new_world, touches, buys).context()

    table = compare(context, *RULES, window=window, by=by)

    for model in RULES:
        left = table.meta["unattributed"][model]
        assert sum(row[model] for row in table.rows) + left["conversions"] == pytest.approx(
            len(buys), abs=1e-9
        )
        money = sum((row[f"{model}_value"] for row in table.rows), Decimal(0)) + left["value"]
        assert money == sum((Decimal(value) for _, _, value in buys), Decimal(0))


@QUIET
@given(touches=TOUCHES, buys=BUYS, window=st.sampled_from(WINDOWS), seed=st.randoms(use_true_random=False))
def test_the_order_in_which_rows_came_changes_nothing(
    new_world: type[World], touches: list[Any], buys: list[Any], window: timedelta | None, seed: random.Random
) -> None:
    world = filled(new_world, touches, buys)
    there = compare(world.context(), *RULES, window=window)
    seed.shuffle(world.touchpoints)
    seed.shuffle(world.conversions)

    again = compare(world.context(), *RULES, window=window)

    assert again.rows == there.rows


@QUIET
@given(touches=TOUCHES, buys=BUYS)
def test_every_earlier_touchpoint_never_attributes_less_than_a_window(
    new_world: type[World], touches: list[Any], buys: list[Any]
) -> None:
    context = filled(new_world, touches, buys).context()

    left = [
        compare(context, "linear", window=window).meta["unattributed"]["linear"]["conversions"]
        for window in (timedelta(days=2), timedelta(days=7), timedelta(days=90), ALL_TIME)
    ]

    assert left == sorted(left, reverse=True)
