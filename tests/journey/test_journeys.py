"""Journeys: which touches stand before a conversion, and at which place."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.journey.journeys import journey_steps, journeys, stage_times
from tests.worlds import Row, at, built, person

DAY = timedelta(days=1)
SHARES = ("decay", "engaged", "engaged_decay")


def touches(*lines: str) -> list[Row]:
    """Return touchpoints of lines such as `ada: 3 09:00 email, 4 10:00 direct`; ids are ada-1, ada-2, ..."""
    rows = []
    for line in lines:
        name, _, rest = line.partition(": ")
        for number, words in enumerate(rest.split(", "), start=1):
            clock, _, channel = words.rpartition(" ")
            rows.append(touch(f"{name}-{number}", name, clock, channel))
    return rows


def touch(touchpoint_id: str, name: str, clock: str, channel: str = "email") -> Row:
    return {
        "touchpoint_id": touchpoint_id,
        "person_id": person(name),
        "occurred_at": at(clock),
        "channel": channel,
        "engagement": 1000,
    }


def goal(conversion_id: str, name: str, clock: str, kind: str = "purchase") -> Row:
    return {
        "conversion_id": conversion_id,
        "person_id": person(name),
        "occurred_at": at(clock),
        "goal": kind,
        "is_macro": kind == "purchase",
        "net_value": Decimal(10),
        "conversion_count": 1,
        "null_count": 0,
    }


def walked(
    touchpoints: list[Row],
    *conversions: Row,
    window: timedelta | None = 90 * DAY,
    half_life: timedelta = 7 * DAY,
) -> dict[str, list[Row]]:
    steps = (stage_times(), journey_steps(window=window, half_life=half_life), journeys())
    return built(*steps, touchpoints=touchpoints, conversions=list(conversions))


def path(*given: Any, **options: Any) -> list[str]:
    return [row["touchpoint_id"] for row in walked(*given, **options)["journey_steps"]]


def test_a_journey_is_the_touches_of_its_person_in_order() -> None:
    world = touches("ada: 5 09:00 email, 3 09:00 display, 4 09:00 direct", "bo: 3 09:00 email")

    rows = walked(world, goal("c1", "ada", "6 09:00"))["journey_steps"]

    assert [(row["step"], row["touchpoint_id"], row["channel"], row["step_count"]) for row in rows] == [
        (1, "ada-2", "display", 3),
        (2, "ada-3", "direct", 3),
        (3, "ada-1", "email", 3),
    ]


def test_a_touch_at_the_very_time_of_the_conversion_counts_and_one_after_does_not() -> None:
    world = touches("ada: 5 09:00 email, 5 09:00:01 sms")

    assert path(world, goal("c1", "ada", "5 09:00")) == ["ada-1"]


def test_a_touch_exactly_as_old_as_the_window_counts_and_an_older_one_does_not() -> None:
    world = touches("ada: 3 08:59:59 email, 3 09:00 sms, 4 09:00 direct")

    assert path(world, goal("c1", "ada", "5 09:00"), window=2 * DAY) == ["ada-2", "ada-3"]


def test_without_a_window_every_earlier_touch_counts() -> None:
    old = touch("old", "ada", "2 09:00") | {"occurred_at": at("2 09:00") - 9000 * DAY}

    assert path([old], goal("c1", "ada", "5 09:00"), window=None) == ["old"]
    assert path([old], goal("c1", "ada", "5 09:00")) == []


def test_touches_at_one_moment_stand_in_the_order_of_their_ids() -> None:
    world = [touch("b", "ada", "3 09:00"), touch("a", "ada", "3 09:00"), touch("c", "ada", "2 09:00")]

    assert path(world, goal("c1", "ada", "3 09:00")) == ["c", "a", "b"]


def test_each_conversion_of_a_person_has_a_journey_of_its_own() -> None:
    world = touches("ada: 3 09:00 email, 5 09:00 sms")

    rows = walked(world, goal("c1", "ada", "4 09:00"), goal("c2", "ada", "6 09:00"), window=2 * DAY)

    assert [(row["conversion_id"], row["step"], row["touchpoint_id"]) for row in rows["journey_steps"]] == [
        ("c1", 1, "ada-1"),
        ("c2", 1, "ada-2"),
    ]


@pytest.mark.parametrize(
    ("line", "known_step"),
    [
        ("ada: 3 09:00 email, 4 09:00 direct", 1),
        ("ada: 3 09:00 email, 4 09:00 sms, 4 10:00 direct, 4 11:00 direct", 2),
        ("ada: 3 09:00 direct, 4 09:00 direct", 2),
        ("ada: 3 09:00 direct, 4 09:00 email", 2),
        ("ada: 3 09:00 email, 4 09:00 Direct", 1),
    ],
)
def test_the_known_step_is_the_last_that_is_not_direct_else_the_last(line: str, known_step: int) -> None:
    rows = walked(touches(line), goal("c1", "ada", "5 09:00"))["journey_steps"]

    assert {row["known_step"] for row in rows} == {known_step}


def test_lead_and_opportunity_are_marked_at_the_last_touch_before_them() -> None:
    world = touches("ada: 2 09:00 a, 3 09:00 b, 4 09:00 c, 5 09:00 d")
    stages = [goal("l", "ada", "3 09:00", "lead"), goal("o", "ada", "4 10:00", "opportunity")]

    rows = walked(world, goal("c1", "ada", "6 09:00"), *stages)["journey_steps"]

    assert {(row["lead_step"], row["opportunity_step"]) for row in rows if row["conversion_id"] == "c1"} == {
        (2, 3)
    }


def test_stages_that_came_after_the_conversion_or_never_are_marked_with_zero() -> None:
    world = touches("ada: 2 09:00 a, 3 09:00 b")

    rows = walked(world, goal("c1", "ada", "4 09:00"), goal("l", "ada", "4 09:01", "lead"))["journey_steps"]

    assert {(row["lead_step"], row["opportunity_step"]) for row in rows if row["conversion_id"] == "c1"} == {
        (0, 0)
    }


def test_a_lead_before_every_touch_of_the_window_is_marked_with_zero() -> None:
    world = touches("ada: 2 09:00 a, 5 09:00 b")
    lead = goal("l", "ada", "3 09:00", "lead")

    rows = walked(world, goal("c1", "ada", "6 09:00"), lead, window=2 * DAY)["journey_steps"]

    assert [row["lead_step"] for row in rows if row["conversion_id"] == "c1"] == [0]


def test_only_the_first_lead_of_a_person_counts() -> None:
    leads = [goal("l1", "ada", "3 09:00", "lead"), goal("l2", "ada", "4 09:00", "signup")]

    [row] = walked([], *leads, goal("o", "ada", "5 09:00", "opportunity"))["stage_times"]

    assert (row["lead_at"], row["opportunity_at"]) == (at("3 09:00"), at("5 09:00"))


def test_the_weight_of_a_touch_halves_with_every_half_life() -> None:
    world = touches("ada: 3 09:00 a, 4 09:00 b, 5 09:00 c")

    rows = walked(world, goal("c1", "ada", "9 09:00"), half_life=DAY)["journey_steps"]

    assert [row["decay"] for row in rows] == pytest.approx([1 / 7, 2 / 7, 4 / 7], abs=1e-12)


def test_very_old_touches_leave_the_weights_finite() -> None:
    old = touch("old", "ada", "2 09:00") | {"occurred_at": at("2 09:00") - 20000 * DAY}

    rows = walked([old, *touches("ada: 3 09:00 a")], goal("c1", "ada", "3 09:00"), window=None, half_life=DAY)

    assert [row["decay"] for row in rows["journey_steps"]] == [0.0, 1.0]


def test_a_conversion_without_touches_has_a_journey_of_no_steps() -> None:
    made = walked(touches("bo: 3 09:00 email"), goal("c1", "ada", "5 09:00"))

    assert made["journey_steps"] == []
    [row] = made["journeys"]
    assert (row["conversion_id"], row["step_count"], row["first_at"], row["last_at"]) == ("c1", 0, None, None)


def test_a_journey_says_how_far_it_reaches() -> None:
    [row] = walked(touches("ada: 3 09:00 a, 4 09:00 b"), goal("c1", "ada", "5 09:00"))["journeys"]

    assert row == {
        "conversion_id": "c1",
        "person_id": person("ada"),
        "goal": "purchase",
        "is_macro": True,
        "occurred_at": at("5 09:00"),
        "net_value": 10,
        "conversion_count": 1,
        "null_count": 0,
        "flag": None,
        "step_count": 2,
        "first_at": at("3 09:00"),
        "last_at": at("4 09:00"),
        "last_no": 2,
    }


# -- a slow reference --------------------------------------------------------------------------------

WINDOW, HALF_LIFE = 2 * DAY, timedelta(hours=6)
MOMENTS = st.sampled_from(
    ["2 09:00", "2 09:00:01", "3 08:59:59", "3 09:00", "4 09:00", "4 21:00", "5 09:00", "6 09:00"]
)
NAMES = st.sampled_from(["ada", "bo"])
TOUCHES = st.lists(st.tuples(NAMES, MOMENTS, st.sampled_from(["direct", "email", "sms"])), max_size=10)
GOALS = st.lists(st.tuples(NAMES, MOMENTS, st.sampled_from(["purchase", "lead", "opportunity"])), max_size=5)


def reference(touchpoints: list[Row], conversions: list[Row]) -> list[Row]:
    """Return `journey_steps` by definition; the shares are left out."""
    rows = []
    for conversion in sorted(conversions, key=lambda row: row["conversion_id"]):
        mine = [row for row in touchpoints if row["person_id"] == conversion["person_id"]]
        places = {
            row["touchpoint_id"]: place for place, row in enumerate(sorted(mine, key=in_order), start=1)
        }
        ages = [(row, conversion["occurred_at"] - row["occurred_at"]) for row in mine]
        journey = sorted(
            (row for row, age in ages if timedelta(0) <= age <= WINDOW),
            key=in_order,
        )
        known = [step for step, row in enumerate(journey, start=1) if row["channel"] != "direct"]
        for step, row in enumerate(journey, start=1):
            rows.append(
                row
                | {
                    "conversion_id": conversion["conversion_id"],
                    "step": step,
                    "step_count": len(journey),
                    "known_step": known[-1] if known else len(journey),
                    "lead_step": stage_step(conversion, conversions, journey, "lead"),
                    "opportunity_step": stage_step(conversion, conversions, journey, "opportunity"),
                    "touch_no": places[row["touchpoint_id"]],
                }
            )
    return rows


def in_order(row: Row) -> tuple[Any, str]:
    return row["occurred_at"], row["touchpoint_id"]


def stage_step(conversion: Row, conversions: list[Row], journey: list[Row], kind: str) -> int:
    times = [
        row["occurred_at"]
        for row in conversions
        if row["goal"] == kind and row["person_id"] == conversion["person_id"]
    ]
    reached = min(times, default=None)
    if reached is None or reached > conversion["occurred_at"]:
        return 0
    return sum(row["occurred_at"] <= reached for row in journey)


@settings(max_examples=60, deadline=None)
@given(TOUCHES, GOALS)
def test_journeys_are_those_of_the_slow_reference(told: list[Any], goals: list[Any]) -> None:
    touchpoints = [touch(f"t{n}", *words) for n, words in enumerate(told)]
    conversions = [goal(f"c{n}", *words) for n, words in enumerate(goals)]

    made = walked(touchpoints, *conversions, window=WINDOW, half_life=HALF_LIFE)

    steps = [{k: v for k, v in row.items() if k not in SHARES} for row in made["journey_steps"]]
    assert steps == [{name: row[name] for name in steps[0]} for row in reference(touchpoints, conversions)]
    assert sorted(row["conversion_id"] for row in made["journeys"]) == [f"c{n}" for n in range(len(goals))]
    for journey in made["journeys"]:
        mine = [row for row in made["journey_steps"] if row["conversion_id"] == journey["conversion_id"]]
        assert len(mine) == journey["step_count"]
        for name in SHARES:
            assert sum(row[name] for row in mine) == pytest.approx(1 if mine else 0, abs=1e-12)
