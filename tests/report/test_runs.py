"""Runs: journeys that are stored packed give what the same journeys give as rows, whatever is asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater import attribution
from headwater.attribution.transitions import transitions
from headwater.contract.models import PathModel
from headwater.contract.query import ALL_TIME, ReportQuery
from headwater.contract.settings import Settings
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.runs import runs

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext

    from .conftest import World

HOURS = st.integers(min_value=0, max_value=24 * 20)
NAMES = st.sampled_from(["ada", "bo", "cy"])
TOUCHES = st.lists(st.tuples(NAMES, HOURS, st.sampled_from(["direct", "email", "display", ""])), max_size=25)
BUYS = st.lists(
    st.tuples(NAMES, HOURS, st.sampled_from(["purchase", "lead"]), st.integers(0, 3), st.integers(0, 2)),
    max_size=8,
)
DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 21))
QUERIES = st.builds(
    lambda window, goal, day, other, segment: ReportQuery(
        window=window,
        goal=goal,
        since=min(day, other) if day and other else day,
        until=max(day, other) if day and other else other,
        segment=segment,
    ),
    st.sampled_from([None, timedelta(hours=30), timedelta(days=4), timedelta(days=12), ALL_TIME]),
    st.sampled_from([None, "purchase", "lead"]),
    DAYS,
    DAYS,
    st.sampled_from([None, "plan=pro"]),
)


def drawn(world: World, touches: list[Any], buys: list[Any]) -> ReportContext:
    for name, hour, channel in touches:
        world.touch(name, hour / 24, channel)
    for name, hour, goal, count, nulls in buys:
        # of an aggregated path, which brings other counts, nothing is flagged
        flag = "bot" if (count, nulls) == (1, 0) and hour % 3 == 0 else None
        world.buy(name, hour / 24, goal=goal, conversion_count=count, null_count=nulls, flag=flag)
    for name, plan in (("ada", "pro"), ("bo", "pro"), ("cy", "free")):
        world.person(name)
        world.row("imported_persons", person=f"user:{name}", attributes=f'{{"plan":"{plan}"}}')
    context = world.context()
    context.reader.run(transitions())  # type: ignore[attr-defined]
    return context


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(touches=TOUCHES, buys=BUYS, query=QUERIES, built=st.sampled_from([0, 4, 90]), order=st.integers(1, 3))
def test_models_say_the_same_of_runs_and_of_rows(
    new_world: type[World], touches: list[Any], buys: list[Any], query: ReportQuery, built: int, order: int
) -> None:
    told = Settings(window_days=built, markov_order=order)
    context = drawn(new_world(settings=told), touches, buys)
    chosen = selection(context, query)
    by = dimension("channel", reader=context.reader)

    stored = runs(context.reader, chosen, by=by)

    assert stored is not None
    for model in attribution.models(told).values():
        if isinstance(model, PathModel):
            assert model.counted is not None
            meant = model.credited(context.reader, chosen.paths(by))
            answers = [model.counted(stored)]
            if model.stepped and chosen.transitions:
                answers.append(model.stepped(context.reader.query(chosen.transitions)))
            for found in answers:
                assert {name: value for name, (_, value) in found.items()} == {
                    name: value for name, (_, value) in meant.items()
                }, model.name
                credit = {name: conversions for name, (conversions, _) in meant.items()}
                assert {name: conversions for name, (conversions, _) in found.items()} == pytest.approx(
                    credit, rel=1e-9, abs=1e-12
                ), model.name


@pytest.mark.parametrize(
    "query",
    [
        ReportQuery(since=date(2026, 1, 2)),
        ReportQuery(until=date(2026, 1, 2)),
        ReportQuery(window=timedelta(days=2)),
        ReportQuery(currency="EUR"),
        ReportQuery(segment="plan=pro"),
        ReportQuery(with_flagged=True),
    ],
)
def test_steps_that_builds_keep_answer_only_the_plain_question(world: World, query: ReportQuery) -> None:
    rates = [{"currency": name, "rated_on": date(2026, 1, 1), "per_eur": 1.1} for name in ("USD", "EUR")]
    for rate in rates:
        world.row("fx_rates", **rate)
    context = drawn(world, [("ada", 1, "email")], [])

    assert selection(context, ReportQuery()).transitions
    assert selection(context, query).transitions is None


def test_other_dimensions_are_not_stored(world: World) -> None:
    context = world.touch("ada", 1).buy("ada", 2).context()
    chosen = selection(context, ReportQuery(by="source"))

    assert runs(context.reader, chosen, by=dimension("source", reader=context.reader)) is None


def test_more_money_than_whole_numbers_hold_is_left_to_the_engine(world: World) -> None:
    for name in "abcdef":
        world.touch(name, 1).buy(name, 2, value="999999999999")
    context = world.context()
    chosen = selection(context, ReportQuery())

    assert runs(context.reader, chosen, by=dimension("channel", reader=context.reader)) is None
