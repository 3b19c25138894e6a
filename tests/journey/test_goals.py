"""Goals: which event names count, however they are spelled."""

from __future__ import annotations

import pytest

from headwater.contract.settings import DEFAULT_GOALS, DEFAULT_REFUNDS, Goal
from headwater.journey.goals import goal_events
from tests.worlds import Row, event, made

STEP = goal_events(goals=DEFAULT_GOALS, refund_events=DEFAULT_REFUNDS)


def matched(*names: str, **columns: object) -> list[Row]:
    events = [event(f"e{n}", type="track", event=name) | columns for n, name in enumerate(names)]
    return made(STEP, events=events)


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("Order Completed", "purchase"),
        ("order_completed", "purchase"),
        ("order-completed", "purchase"),
        ("OrderCompleted", "purchase"),
        (" ORDER  COMPLETED ", "purchase"),
        ("purchase", "purchase"),
        ("$purchase", "purchase"),
        ("Closed Won", "deal_won"),
        ("generate_lead", "lead"),
        ("Lead", "lead"),
        ("form_submit", "lead"),
        ("sign_up", "signup"),
        ("Signed Up", "signup"),
        ("SignUp", "signup"),
        ("Product Added", "add_to_cart"),
        ("AddToCart", "add_to_cart"),
        ("InitiateCheckout", "checkout"),
        ("begin_checkout", "checkout"),
        ("Subscribe", "email_signup"),
        ("Opportunity Created", "opportunity"),
        ("Demo Requested", "demo_request"),
    ],
)
def test_a_default_goal_is_known_by_its_usual_names(name: str, goal: str) -> None:
    [row] = matched(name)

    assert (row["event"], row["goal"], row["is_refund"], row["stage"]) == (name, goal, False, "")


@pytest.mark.parametrize("name", ["Order Refunded", "refund", "order_canceled", "OrderCancelled"])
def test_refunds_are_known_and_are_no_goal(name: str) -> None:
    [row] = matched(name)

    assert (row["goal"], row["is_refund"], row["is_macro"]) == ("", True, False)


@pytest.mark.parametrize("name", ["Order Viewed", "leads", "", "purchase!", "Application Opened"])
def test_other_names_do_not_count(name: str) -> None:
    assert matched(name) == []


def test_a_page_that_is_called_like_a_goal_does_not_count() -> None:
    assert matched("Lead", type="page") == []


def test_only_purchases_and_won_deals_bring_revenue() -> None:
    rows = matched("purchase", "deal won", "lead", "sign up")

    assert {row["goal"] for row in rows if row["is_macro"]} == {"purchase", "deal_won"}


def test_a_stage_event_counts_by_the_stage_that_it_bears() -> None:
    rows = matched("stage")

    assert {row["stage"]: row["goal"] for row in rows} == {
        "won": "deal_won",
        "closedwon": "deal_won",
        "lead": "lead",
        "mql": "lead",
        "sql": "opportunity",
        "opportunity": "opportunity",
    }


def test_of_two_goals_with_one_event_the_first_has_it() -> None:
    goals = (Goal(name="trial", events=("start",)), Goal(name="other", events=("Start", "begin")))

    rows = made(
        goal_events(goals=goals, refund_events=("START",)), events=[event(type="track", event="start")]
    )

    assert [(row["goal"], row["is_refund"]) for row in rows] == [("trial", False)]


def test_a_goal_with_quotes_in_its_name_is_one_too() -> None:
    goals = (Goal(name="bo's", events=("it's: done",)),)

    rows = made(goal_events(goals=goals, refund_events=()), events=[event(type="track", event="It's: done")])

    assert [row["goal"] for row in rows] == ["bo's"]


def test_without_goals_nothing_counts() -> None:
    assert made(goal_events(goals=(), refund_events=()), events=[event(type="track", event="purchase")]) == []
