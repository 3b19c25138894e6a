"""Loss: who reported which order, and what the browser missed of them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from headwater.contract.errors import UnknownDimensionError
from headwater.contract.query import ReportQuery
from headwater.report.loss import loss

from .conftest import START

if TYPE_CHECKING:
    from headwater.contract.query import ReportTable

    from .conftest import World

FIREFOX = {
    "userAgent": "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0",
    "library": {"name": "analytics.js"},
}
SAFARI = {"userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile/15E148 Safari/604.1"}
PYTHON = {"library": {"name": "analytics-python"}}


def order(
    world: World, day: float, *sides: str, agent: dict[str, Any] = FIREFOX, order_id: str | None = None
) -> None:
    """Let the sides report one order of 10: browser, server, posted, orders."""
    number = order_id or f"o{len(world.conversions) + 1}"
    name = f"person of {number}"
    at = START + timedelta(days=day)
    world.buy(name, day, conversion_id=number)
    for side in sides:
        if side == "orders":
            world.row(
                "imported_conversions", conversion_id=number, person="x", occurred_at=at, origin="orders.csv"
            )
        elif side == "posted":
            world.row(
                "events", event_id=f"{number}-p", type="conversion", occurred_at=at, origin="touch",
                properties=json.dumps({"order_id": number}), context="{}",
            )  # fmt: skip
        else:
            context = agent if side == "browser" else PYTHON
            world.row(
                "events", event_id=f"{number}-{side}", type="track", event="Order Completed", occurred_at=at,
                properties=json.dumps({"order_id": number}), context=json.dumps(context), origin="segment",
            )  # fmt: skip


def report(world: World, **asked: Any) -> ReportTable:
    world.row(
        "goal_events", event="Order Completed", stage="", goal="purchase", is_macro=True, is_refund=False
    )
    return loss(world.context(), ReportQuery(**asked))


def test_each_order_is_counted_by_who_reported_it(world: World) -> None:
    order(world, 1, "browser", "server", "orders")
    order(world, 1, "browser")
    order(world, 1, "server")
    order(world, 1, "orders")
    order(world, 1, "posted", "orders")

    [row] = report(world).rows

    assert row == {
        "day": "2026-01-02", "conversions": 5, "seen_by_browser": 2, "seen_by_server": 3, "seen_by_orders": 3, "browser_only": 1,
        "server_only": 2, "both": 1, "orders_only": 1, "missed": 3, "share": 0.75,
        "share_low": pytest.approx(0.3006, abs=1e-4), "share_high": pytest.approx(0.9544, abs=1e-4),
        "missed_value": Decimal("30.000000"),
    }  # fmt: skip


def test_an_order_that_a_side_reports_twice_counts_once(world: World) -> None:
    order(world, 1, "browser", "browser", "server", "server")

    [row] = report(world).rows

    assert (row["conversions"], row["both"], row["missed"]) == (1, 1, 0)


def test_days_on_which_only_one_side_reports_are_left_out(world: World) -> None:
    order(world, 1, "browser")
    order(world, 5, "browser", "server")
    order(world, 6, "server")
    order(world, 7, "browser", "server")
    order(world, 9, "server")

    found = report(world)

    assert [row["day"] for row in found.rows] == ["2026-01-06", "2026-01-07", "2026-01-08"]
    assert found.meta["compared"] == {"since": date(2026, 1, 6), "until": date(2026, 1, 8)}
    assert found.meta["left_out"]["other_days"] == 2


def test_one_side_alone_is_compared_with_nothing_and_says_so(world: World) -> None:
    order(world, 1, "browser")

    found = report(world)

    assert found.rows == []
    assert "never reported" in found.meta["note"]
    assert found.meta["estimate"] is None


def test_the_total_guesses_at_what_nobody_saw_and_says_how(world: World) -> None:
    for _ in range(6):
        order(world, 1, "browser", "server")
    for _ in range(2):
        order(world, 1, "server")
    for _ in range(2):
        order(world, 1, "browser")

    meta = report(world).meta

    assert meta["total"]["missed"] == 2
    assert meta["estimate"]["conversions"] == pytest.approx(9 * 9 / 7 - 1)
    assert meta["estimate"]["unseen"] == pytest.approx(9 * 9 / 7 - 1 - 10)
    assert "Chapman" in meta["estimate"]["assumes"]


def test_an_order_that_the_browser_missed_has_the_browser_in_which_the_person_was_seen(world: World) -> None:
    order(world, 1, "browser", "server")
    order(world, 2, "server", order_id="missed")
    order(world, 3, "browser", "server")
    person = world.person("person of missed")
    for number, day in enumerate((0.5, 1.5)):
        at = START + timedelta(days=day)
        agent = FIREFOX if number == 0 else SAFARI
        world.row("events", event_id=f"v{number}", type="page", occurred_at=at, context=json.dumps(agent))
        world.row("person_events", event_id=f"v{number}", person_id=person, occurred_at=at, is_visit=True)

    rows = {row["browser"]: (row["conversions"], row["missed"]) for row in report(world, by="browser").rows}

    assert rows == {"Firefox": (2, 0), "Safari": (1, 1)}


@pytest.mark.parametrize(("by", "value"), [("device", "mobile"), ("consent", "denied"), ("goal", "purchase")])
def test_it_breaks_down_by(by: str, value: str, world: World) -> None:
    order(world, 1, "browser", "server", agent=SAFARI | {"consent": {"analytics": "denied"}})

    assert [row[by] for row in report(world, by=by).rows] == [value]


def test_another_dimension_is_refused(world: World) -> None:
    with pytest.raises(UnknownDimensionError, match="campaign"):
        report(world, by="campaign")


@pytest.mark.parametrize(
    ("context", "side"),
    [
        (FIREFOX, "browser"),
        ({"library": {"name": "analytics-ios"}}, "browser"),
        ({"library": {"name": "hw.js"}}, "browser"),
        ({"library": {"name": "RudderLabs JavaScript SDK"}}, "browser"),
        ({"library": {"name": "posthog-node"}, "userAgent": FIREFOX["userAgent"]}, "server"),
        ({"library": {"name": "analytics-python"}, "userAgent": FIREFOX["userAgent"]}, "server"),
        ({"userAgent": "python-requests/2.32"}, "server"),
        ({}, "server"),
    ],
)
def test_the_library_then_the_user_agent_tells_the_side(
    context: dict[str, Any], side: str, world: World
) -> None:
    order(world, 1, "browser", agent=context)
    other = {"browser": "server", "server": "browser"}[side]
    order(world, 1, other)

    [row] = report(world).rows

    assert (row["seen_by_browser"], row["seen_by_server"]) == (1, 1)


@pytest.mark.parametrize(
    ("numbers", "counts"),
    [((1, 2, 5, 5), (5, 3, 2)), ((1, 2, 5, 4), (5, 4, 1)), ((5, 2, 1, 4, 3), (5, 5, 0))],
)
def test_numbers_that_a_device_skipped_are_events_that_were_lost_until_they_come_late(
    numbers: tuple[int, ...], counts: tuple[int, int, int], world: World
) -> None:
    for number in numbers:
        world.row("events", event_id=f"n{len(world.others.get('events', []))}", type="page", anonymous_id="laptop",
                  context=json.dumps({"n": number}), occurred_at=START)  # fmt: skip

    found = report(world).meta["sequence"]

    assert (found["expected"], found["received"], found["missing"]) == counts


def test_a_period_bounds_the_orders(world: World) -> None:
    order(world, 1, "browser", "server")
    order(world, 5, "browser", "server")

    assert [row["day"] for row in report(world, until=date(2026, 1, 3)).rows] == ["2026-01-02"]


def test_flagged_orders_count_only_where_they_are_asked_for(world: World) -> None:
    order(world, 1, "browser", "server")
    order(world, 1, "server")
    world.conversions[-1]["flag"] = "test"

    assert [row["conversions"] for row in report(world).rows] == [1]
    assert [row["conversions"] for row in report(world, with_flagged=True).rows] == [2]
