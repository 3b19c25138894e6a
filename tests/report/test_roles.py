"""Roles: a conversion counts once per role."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

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


def opening(world: World, *, both: int, one: int = 0) -> World:
    """Let `both` persons come by social and buy by search, and `one` more by search alone."""
    for number in range(both):
        world.touch(f"p{number}", 1, "social").touch(f"p{number}", 2, "search").buy(f"p{number}", 3)
    for number in range(one):
        world.touch(f"q{number}", 1, "search").buy(f"q{number}", 3)
    return world


def test_alone_is_what_no_other_value_took_part_in(world: World) -> None:
    opening(world, both=1, one=3)

    table = asked("roles", world.context())

    assert cells(table, "channel", "conversions", "alone", "alone_share") == [
        ("search", 4, 3, 0.75),
        ("social", 1, 0, 0.0),
    ]


def test_many_persons_make_an_initiator_and_a_closer(world: World) -> None:
    table = asked("roles", opening(world, both=40).context())

    assert cells(table, "channel", "role") == [("search", "closer"), ("social", "initiator")]
    for row in table.rows:
        assert row["gap_low"] < row["gap"] < row["gap_high"]
        assert row["gap_low"] * row["gap_high"] > 0


def test_few_persons_are_no_evidence_of_a_role(world: World) -> None:
    table = asked("roles", opening(world, both=4).context())

    assert {row["role"] for row in table.rows} == {"unclear"}
    assert table.meta["warnings"] == []


def test_one_person_with_many_orders_is_one_piece_of_evidence(world: World) -> None:
    for order in range(40):
        world.touch("ada", 3 * order, "social").touch("ada", 3 * order + 1, "search")
        world.buy("ada", 3 * order + 2)

    table = asked("roles", world.context())

    assert {row["role"] for row in table.rows if row["channel"] == "search"} == {"unclear"}


def test_who_stands_in_the_middle_more_than_at_either_end_sustains(world: World) -> None:
    for number in range(40):
        name = f"p{number}"
        world.touch(name, 1, "social").touch(name, 2, "email").touch(name, 3, "search").buy(name, 4)

    table = asked("roles", world.context())

    assert dict(cells(table, "channel", "role")) == {
        "social": "initiator", "email": "sustainer", "search": "closer",
    }  # fmt: skip


def test_by_chance_is_the_share_of_the_touches(world: World) -> None:
    world.touch("ada", 1, "a").touch("ada", 2, "b").touch("ada", 3, "b").touch("ada", 4, "c").buy("ada", 5)
    world.touch("bo", 1, "c").buy("bo", 2)

    assert dict(cells(asked("roles", world.context()), "channel", "by_chance")) == {
        "a": 0.25, "b": 0.5, "c": 1.25,
    }  # fmt: skip


def test_who_opens_as_much_as_it_closes_is_even(world: World) -> None:
    table = asked("roles", opening(world, both=0, one=50).context())

    assert cells(table, "channel", "gap", "role") == [("search", 0, "even")]


def test_an_aggregated_path_counts_as_many_persons_as_it_stands_for(world: World) -> None:
    world.touch("path:x", 1, "social").touch("path:x", 2, "search").buy("path:x", 3, conversion_count=40)
    alone = asked("roles", world.context())

    assert cells(alone, "channel", "initiator", "closer", "role") == [
        ("search", 0, 40, "closer"),
        ("social", 40, 0, "initiator"),
    ]


def test_what_opens_far_more_than_it_closes_is_warned_of_with_its_numbers(world: World) -> None:
    opening(world, both=60, one=5)
    world.row(
        "spend", platform="facebook", account_id="1", spent_on=world.conversions[0]["occurred_at"].date(),
        campaign_id="", campaign="", adset_id="", adset="", ad_id="", ad="", spend=Decimal(120),
        currency="USD", impressions=0, clicks=0, known_at=world.conversions[0]["occurred_at"], origin="",
    )  # fmt: skip
    for touch in world.touchpoints:
        if touch["channel"] == "social":
            touch["channel"] = "paid_social"

    said = asked("roles", world.context()).meta["warnings"]

    assert [row["channel"] for row in said] == ["paid_social"]
    assert (said[0]["gap"], said[0]["gap_value"]) == (60, Decimal(600))
    assert said[0]["cost_by_first"] == Decimal(2)
    assert said[0]["cost_by_last"] is None
    assert "opens 60 conversions and closes 0" in said[0]["warning"]
    assert "600.00 USD" in said[0]["warning"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_channels_that_come_in_any_order_have_no_role(new_world: type[World], seed: int) -> None:
    random = np.random.default_rng(seed)
    called = 0
    for _ in range(8):
        world = new_world()
        for number in range(60):
            for day in range(random.integers(1, 5)):
                world.touch(f"p{number}", day, str(random.choice(list("abcdef"))))
            world.buy(f"p{number}", 9)
        table = asked("roles", world.context())
        called += any(row["role"] not in ("even", "unclear") for row in table.rows)

    assert called <= 2
