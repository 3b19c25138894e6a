"""Conversions: one per order, exact money, refunds as negative facts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.settings import DEFAULT_GOALS, DEFAULT_REFUNDS, Goal
from headwater.journey.conversions import conversions, refunds
from headwater.journey.goals import goal_events
from tests.worlds import DAY, Row, at, built, event, hashed, person

STEPS = (
    goal_events(goals=DEFAULT_GOALS, refund_events=DEFAULT_REFUNDS),
    refunds(),
    conversions(currency="EUR", rated_until="2026-03-03", goals=DEFAULT_GOALS),
)
RATES = [
    {"currency": currency, "rated_on": DAY.replace(day=day).date(), "per_eur": rate}
    for currency, day, rate in (
        ("EUR", 2, 1.0), ("EUR", 3, 1.0), ("USD", 2, 1.25), ("USD", 3, 1.6), ("GBP", 2, 0.8),
        ("GBP", 3, 0.8), ("IDR", 2, 20000.0), ("IDR", 3, 20000.0),
    )
]  # fmt: skip


def order(
    event_id: str = "e1", clock: str = "09:00", name: str = "Order Completed", **properties: Any
) -> Row:
    return event(event_id, clock, type="track", event=name, user_id="ada", properties=properties)


def refund(event_id: str = "r1", clock: str = "10:00", **properties: Any) -> Row:
    return order(event_id, clock, "Order Refunded", **properties)


def counted(events: list[Row], *steps: Any, **given: list[Row]) -> list[Row]:
    owned = [{"event_id": row["event_id"], "person_id": person(row["user_id"])} for row in events]
    tables = built(*(steps or STEPS), events=events, person_events=owned, fx_rates=RATES, **given)
    return tables["conversions"]


def money(*events: Row) -> tuple[Decimal, Decimal, Decimal]:
    [row] = counted(list(events))
    return row["value"], row["refunded"], row["net_value"]


def test_an_order_is_a_conversion_with_its_own_id_person_and_value() -> None:
    [row] = counted([order(order_id="A-1", revenue=99.95, currency="eur")])

    assert row == row | {
        "conversion_id": "A-1",
        "event_id": "e1",
        "person_id": person("ada"),
        "occurred_at": at("09:00"),
        "goal": "purchase",
        "is_macro": True,
        "value": Decimal("99.95"),
        "currency": "EUR",
        "refunded": 0,
        "net_value": Decimal("99.95"),
        "conversion_count": 1,
        "null_count": 0,
    }


def test_a_lead_is_a_conversion_by_its_event_whatever_order_it_names() -> None:
    rows = counted([order("e1", name="Lead", order_id="A-1"), order("e2", name="Lead", order_id="A-1")])

    assert [(row["conversion_id"], row["is_macro"], row["value"]) for row in rows] == [
        ("e1", False, 0),
        ("e2", False, 0),
    ]


def test_an_order_reported_twice_by_anybody_is_one_conversion_and_the_earliest_report_counts() -> None:
    browser = order("e9", "09:00", order_id="A-1", revenue=10)
    server = order("e1", "09:01", order_id="A-1", revenue=11) | {"user_id": "bo"}

    [row] = counted([server, browser])

    assert (row["event_id"], row["person_id"], row["value"]) == ("e9", person("ada"), 10)


def test_of_two_reports_at_one_moment_the_smaller_event_id_counts() -> None:
    [row] = counted([order("e2", order_id="A-1", revenue=2), order("e1", order_id="A-1", revenue=1)])

    assert row["event_id"] == "e1"


@pytest.mark.parametrize(
    "key", ["order_id", "orderId", "transaction_id", "checkout_id", "deal_id", "$order_id"]
)
def test_the_order_id_is_known_by_its_usual_names(key: str) -> None:
    assert [row["conversion_id"] for row in counted([order(**{key: 1001})])] == ["1001"]


def test_an_order_without_an_id_is_a_conversion_by_its_event() -> None:
    rows = counted([order("e1", revenue=5), order("e2", revenue=5, order_id="")])

    assert [row["conversion_id"] for row in rows] == ["e1", "e2"]


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ({"revenue": 0.1}, "0.1"),
        ({"revenue": "12.50"}, "12.50"),
        ({"value": 7}, "7"),
        ({"total": 8.25}, "8.25"),
        ({"revenue": None, "value": 3}, "3"),
        ({"revenue": "", "value": 3}, "3"),
        ({"revenue": "12,50"}, "12.50"),
        ({"revenue": "$1,234.50"}, "1234.50"),
        ({"revenue": -20}, "-20"),
        ({"revenue": 999999999999}, "999999999999"),
        ({"revenue": 0.0000004}, "0"),
        ({"revenue": "abc"}, "0"),
        ({"revenue": {"amount": 5}}, "0"),
        ({"revenue": 1e15}, "0"),
        ({"order.revenue": 5}, "0"),
        ({}, "0"),
    ],
)
def test_money_is_exact_and_what_is_none_is_zero(properties: dict[str, Any], value: str) -> None:
    [row] = counted([order(**properties)])

    assert (row["value"], row["net_value"]) == (Decimal(value), Decimal(value))


def test_events_without_properties_count_too() -> None:
    [row] = counted([order() | {"properties": None}])

    assert (row["value"], row["currency"]) == (0, "EUR")


@pytest.mark.parametrize(
    ("stage", "goal"),
    [("MQL", "lead"), ("sql", "opportunity"), ("Closed Won", "deal_won"), ("closed_won", "deal_won")],
)
def test_a_stage_of_the_crm_fulfils_its_goal(stage: str, goal: str) -> None:
    assert [row["goal"] for row in counted([order(name="Stage", stage=stage)])] == [goal]


def test_other_stages_fulfil_nothing() -> None:
    assert counted([order(name="stage", stage="negotiation"), order("e2", name="stage")]) == []


def test_goals_of_the_settings_replace_those_that_come_with_headwater() -> None:
    goals = (Goal(name="trial", events=("start",), is_macro=True),)
    steps = (
        goal_events(goals=goals, refund_events=()),
        refunds(),
        conversions(currency="EUR", rated_until="2026-03-03", goals=goals),
    )

    rows = counted([order(name="Start"), order("e2", name="Order Completed")], *steps)

    assert [(row["goal"], row["is_macro"]) for row in rows] == [("trial", True)]


# -- currencies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("clock", "net"), [("2 09:00", "80"), ("3 09:00", "62.5"), ("9 09:00", "62.5")])
def test_money_is_converted_at_the_rate_of_the_day_or_the_last_one(clock: str, net: str) -> None:
    [row] = counted([order(clock=clock, revenue=100, currency="USD")])

    assert (row["value"], row["currency"], row["net_value"]) == (100, "USD", Decimal(net))


@pytest.mark.parametrize("currency", ["XXX", "BTC"])
def test_a_currency_without_a_rate_keeps_its_value_and_has_no_net_value(currency: str) -> None:
    [row] = counted([order(revenue=100, currency=currency)])

    assert (row["value"], row["currency"], row["net_value"]) == (100, currency, 0)


def test_before_the_first_rate_there_is_no_net_value() -> None:
    [row] = counted([order(clock="1 09:00", revenue=100, currency="USD")])

    assert (row["value"], row["net_value"]) == (100, 0)


def test_money_too_large_to_convert_does_not_stop_the_build() -> None:
    steps = (*STEPS[:2], conversions(currency="IDR", rated_until="2026-03-03", goals=DEFAULT_GOALS))

    [row] = counted([order(revenue=999_999_999_999, currency="EUR")], *steps)

    assert (row["value"], row["net_value"]) == (999_999_999_999, 0)


# -- refunds -------------------------------------------------------------------------------------------

ORDER = order(order_id="A-1", revenue=100)


@pytest.mark.parametrize("sent", [30, -30, "30.00", "30,00"])
def test_a_refund_is_negative_whichever_sign_was_sent(sent: float | str) -> None:
    assert money(ORDER, refund(order_id="A-1", total=sent)) == (100, -30, 70)


def test_refunds_of_one_order_add_up() -> None:
    assert money(ORDER, refund("r1", order_id="A-1", total=30), refund("r2", order_id="A-1", total=0.5)) == (
        100,
        Decimal("-30.5"),
        Decimal("69.5"),
    )


def test_a_refund_without_an_amount_is_of_the_whole_order() -> None:
    assert money(ORDER, refund(order_id="A-1")) == (100, -100, 0)
    assert money(ORDER, refund("r1", order_id="A-1", total=30), refund("r2", order_id="A-1")) == (
        100,
        -100,
        0,
    )


def test_a_refund_whose_amount_cannot_be_read_takes_nothing() -> None:
    assert money(ORDER, refund(order_id="A-1", total="a lot")) == (100, 0, 100)


def test_a_refund_may_be_known_before_its_order() -> None:
    assert money(refund(clock="08:00", order_id="A-1", total=30), ORDER) == (100, -30, 70)


def test_more_refunded_than_paid_is_seen_as_a_negative_net_value() -> None:
    assert money(ORDER, refund(order_id="A-1", total=130)) == (100, -130, -30)


def test_a_refund_of_another_order_or_of_none_takes_nothing() -> None:
    assert money(ORDER, refund("r1", order_id="A-2", total=30), refund("r2", total=30)) == (100, 0, 100)


def test_a_refund_without_a_currency_is_in_that_of_its_order() -> None:
    dollars = order(order_id="A-1", revenue=100, currency="USD")

    assert money(dollars, refund(order_id="A-1", total=50)) == (100, -50, 40)


def test_a_refund_in_another_currency_is_converted_at_the_rate_of_its_own_day() -> None:
    late = refund(clock="3 09:00", order_id="A-1", total=16, currency="USD")

    assert money(ORDER, late) == (100, -10, 90)


def test_a_refund_in_another_currency_goes_by_way_of_the_euro() -> None:
    pounds = order(order_id="A-1", revenue=80, currency="GBP")

    assert money(pounds, refund(order_id="A-1", total=25, currency="usd")) == (80, -16, 80)


def test_a_refund_in_a_currency_without_a_rate_takes_nothing() -> None:
    assert money(ORDER, refund(order_id="A-1", total=30, currency="BTC")) == (100, 0, 100)


def test_refunds_too_large_to_add_do_not_stop_the_build() -> None:
    many = [refund(f"r{n}", order_id="A-1", total=999_999_999_999) for n in range(3)]

    assert money(ORDER, *many)[1] == -999_999_999_999


def test_a_refund_is_a_fact_of_its_own_time() -> None:
    events = [ORDER, refund(clock="11:00", order_id="A-1", refund_amount=30, currency="eur")]

    [row] = built(*STEPS[:2], events=events)["refunds"]

    assert row == {
        "refund_id": "r1",
        "order_id": "A-1",
        "occurred_at": at("11:00"),
        "value": -30,
        "currency": "EUR",
    }


# -- imports -------------------------------------------------------------------------------------------


def imported(**columns: Any) -> Row:
    return {
        "conversion_id": "c1",
        "person": "user:bo",
        "occurred_at": at("09:00"),
        "known_at": at("12:00"),
        "goal": "purchase",
        "value": Decimal(50),
        "currency": "EUR",
    } | columns


PERSONS = [{"identifier": "user:bo", "person_id": person("bo")}]


def test_an_imported_conversion_counts_with_its_person() -> None:
    [row] = counted([], imported_conversions=[imported(currency="")], persons=PERSONS)

    assert (row["conversion_id"], row["person_id"], row["net_value"]) == ("c1", person("bo"), 50)
    assert (row["currency"], row["event_id"]) == ("EUR", None)


def test_an_imported_conversion_of_nobody_is_a_person_of_its_own() -> None:
    [row] = counted([], imported_conversions=[imported(person=None)], persons=PERSONS)

    assert row["person_id"] == hashed("conversion:c1")


def test_of_an_imported_conversion_the_latest_known_counts() -> None:
    versions = [imported(known_at=at("13:00"), value=Decimal(20)), imported()]

    assert [row["value"] for row in counted([], imported_conversions=versions)] == [20]


def test_an_imported_conversion_wins_over_the_same_one_reported_by_an_event() -> None:
    rows = counted(
        [order(order_id="c1", revenue=1), order("e2", order_id="c2", revenue=2)],
        imported_conversions=[imported()],
        persons=PERSONS,
    )

    assert [(row["conversion_id"], row["value"]) for row in rows] == [("c1", 50), ("c2", 2)]


def test_an_imported_conversion_can_be_refunded_by_an_event() -> None:
    [row] = counted([refund(order_id="c1", total=10)], imported_conversions=[imported()])

    assert row["net_value"] == 40


@pytest.mark.parametrize(("goal", "is_macro"), [("purchase", True), ("lead", False), ("anything", True)])
def test_an_imported_goal_is_macro_unless_the_settings_say_otherwise(goal: str, is_macro: bool) -> None:
    [row] = counted([], imported_conversions=[imported(goal=goal)])

    assert row["is_macro"] is is_macro


def test_an_imported_conversion_without_a_value_is_worth_nothing() -> None:
    [row] = counted([], imported_conversions=[imported(value=None)])

    assert (row["value"], row["net_value"]) == (0, 0)


def test_a_path_stands_for_all_its_journeys() -> None:
    paths = [
        {
            "path_id": "p",
            "step": n,
            "conversions": 5,
            "nulls": 7,
            "value": Decimal(90),
            "known_at": at("09:00"),
        }
        for n in (1, 2)
    ]

    [row] = counted([], imported_paths=paths)

    assert (row["conversion_count"], row["null_count"], row["net_value"]) == (5, 7, 90)
    assert (row["conversion_id"], row["person_id"]) == ("path:p", hashed("path:p"))


REPORTS = st.lists(
    st.builds(
        lambda number, minute, euros: (number, f"{9 + minute // 60:02d}:{minute % 60:02d}", euros),
        st.integers(1, 3),
        st.integers(0, 90),
        st.integers(-5, 500),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(REPORTS, st.randoms(use_true_random=False))
def test_orders_are_counted_once_in_whatever_order_they_come(reports: list[Any], chance: Any) -> None:
    events = [
        order(f"e{place}", clock, order_id=f"A-{number}", revenue=euros)
        for place, (number, clock, euros) in enumerate(reports)
    ]
    shuffled = list(events)
    chance.shuffle(shuffled)

    rows = counted(shuffled)

    first = {}
    for (number, _, euros), row in sorted(
        zip(reports, events, strict=True), key=lambda both: (both[1]["occurred_at"], both[1]["event_id"])
    ):
        first.setdefault(f"A-{number}", (row["event_id"], euros))
    assert {row["conversion_id"]: (row["event_id"], row["value"]) for row in rows} == first
