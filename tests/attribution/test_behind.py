"""Behind: the numbers behind a share give the share again, and what is without it is what the model would say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.worlds import NOON, fill, money, paths
from headwater.attribution import models
from headwater.attribution.effects import removal_effects
from headwater.attribution.ledger import credits as ledger
from headwater.contract.models import Behind, RuleModel
from headwater.contract.settings import Settings
from headwater.contract.steps import literal
from headwater.contract.tables import CONVERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attribution.worlds import World
    from headwater.engine.duckdb import DuckDB

MODELS = models(Settings())
LEARNING = [name for name, model in MODELS.items() if not isinstance(model, RuleModel)]
goals = st.sampled_from(["purchase", "lead"])
journeys = st.lists(
    st.fixed_dictionaries({"path": paths, "value": money, "goal": goals}), min_size=1, max_size=5
)


def build(engine: DuckDB, world: World) -> None:
    fill(engine, world)
    engine.create(CONVERSIONS)
    engine.run(removal_effects(1))
    engine.run(ledger(MODELS))


def behind(engine: DuckDB, model: str, conversion: str = "order-0") -> Mapping[str, Behind]:
    asked = MODELS[model]
    assert not isinstance(asked, RuleModel)
    assert asked.behind
    return asked.behind(engine, conversion)


def shares(engine: DuckDB, model: str) -> dict[str, float]:
    return dict(
        engine.rows(
            "select touchpoint_id, weight from credits where conversion_id = 'order-0' and model = ?", [model]
        )
    )


def share(model: str, facts: Mapping[str, Any], channels: int) -> float:
    """Work the share out from what is said to stand behind it."""
    if model == "incremental":
        return float(facts["added"] / facts["whole"])
    if model == "shapley":
        return float(1 / len(facts["coalition"]) / facts["repeats"])
    whole = facts["sum_of_effects"]
    return float((facts["removal_effect"] / whole if whole else 1 / channels) / facts["repeats"])


def test_every_model_that_learns_from_data_says_what_stands_behind_its_shares() -> None:
    assert set(LEARNING) >= {"markov", "shapley", "incremental"}
    assert [name for name in LEARNING if MODELS[name].behind is None] == []  # type: ignore[union-attr]


@pytest.mark.parametrize("model", LEARNING)
@given(world=journeys)
@settings(max_examples=15)
def test_the_numbers_behind_a_share_give_the_ledgers_share(engine: DuckDB, model: str, world: World) -> None:
    build(engine, world)

    found = behind(engine, model)

    channels = len(set(world[0]["path"]))
    worked_out = {touch: share(model, one.facts, channels) for touch, one in found.items()}
    assert worked_out == pytest.approx(shares(engine, model), abs=1e-12)


@pytest.mark.parametrize("model", LEARNING)
@given(world=journeys)
@settings(max_examples=15)
def test_what_is_without_a_touch_is_divided_and_left_to_one_in_all(
    engine: DuckDB, model: str, world: World
) -> None:
    build(engine, world)

    for one in behind(engine, model).values():
        assert one.without is not None
        assert sum(one.without["credit"].values()) + one.without["unattributed"] == pytest.approx(1)


@pytest.mark.parametrize("model", LEARNING)
@given(world=journeys)
@settings(max_examples=15)
def test_what_others_get_without_it_is_what_the_ledger_says_when_it_is_taken_out(
    engine: DuckDB, model: str, world: World
) -> None:
    build(engine, world)
    touch, said = next(iter(behind(engine, model).items()))
    alone = model == "incremental"
    what = f"touchpoint_id = {literal(touch)}" if alone else f"channel = {literal(world[0]['path'][0])}"

    engine.execute(f"delete from journey_steps where conversion_id = 'order-0' and {what}")

    left = dict(
        engine.rows(
            "select channel, sum(weight) from credits where conversion_id = 'order-0' and model = ? group by 1",
            [model],
        )
    )
    assert said.without is not None
    assert said.without["credit"] == pytest.approx(left, abs=1e-12)


@given(world=journeys)
@settings(max_examples=15)
def test_without_a_touch_the_conversion_is_less_likely_by_its_share(engine: DuckDB, world: World) -> None:
    build(engine, world)

    found = behind(engine, "incremental")

    less = {touch: one.without["less_likely"] for touch, one in found.items() if one.without}
    assert less == pytest.approx(shares(engine, "incremental"), abs=1e-12)


def test_a_touch_is_said_to_have_added_what_its_channel_adds_faded_by_its_age(engine: DuckDB) -> None:
    build(engine, [{"path": ["email", "social"], "value": 10}])

    email = behind(engine, "incremental")["touch-0-1"]

    # email-1: 1 for hours, 0.25 for days, 0.25 for weeks; one day old
    added = 2 ** (-1 / 0.75) + 0.25 * 2 ** (-1 / 3) + 0.25 * 2 ** (-1 / 10)
    assert email.facts["added"] == pytest.approx(added)
    assert email.facts["age_days"] == 1
    assert email.facts["says"].startswith("Where 1 was there anyway, it added 0.829, 1.0 days before")
    assert email.without is not None
    assert "less likely. Had it come all the same" in email.without["says"]


def test_a_touch_beyond_the_horizon_adds_nothing_and_says_why(engine: DuckDB) -> None:
    build(engine, [{"path": ["email", "social"], "value": 10}])
    engine.execute(
        f"update touchpoints set occurred_at = timestamp '{NOON - timedelta(days=41)}' where channel = 'email'"
    )

    found = behind(engine, "incremental")

    assert (
        found["touch-0-1"].note == "more than 40 days before the conversion: the model looks no further back"
    )
    assert found["touch-0-1"].facts["added"] == 0
    assert found["touch-0-2"].note == ""


def test_a_direct_visit_gets_nothing_by_definition(engine: DuckDB) -> None:
    build(engine, [{"path": ["direct", "social"], "value": 10}])
    engine.execute(
        "insert into incremental_effects (goal, channel, campaign, role, adds_hours, adds_days, adds_weeks, evidence)"
        " values ('purchase', 'direct', 'direct-1', 'none', 0, 0, 0, 'by definition: there is nothing to switch off')"
    )

    found = behind(engine, "incremental")["touch-0-1"]

    assert found.note == "by definition: there is nothing to switch off"
    assert found.without is not None
    assert found.without["says"] == "Without it the conversion would have been as likely."


def test_without_a_fit_it_is_said_how_many_conversions_are_missing(engine: DuckDB) -> None:
    build(engine, [{"path": ["email", "social"], "value": 10, "goal": "demo"}])
    engine.execute(
        "insert into conversions (conversion_id, goal, conversion_count) values ('order-0', 'demo', 1)"
    )

    found = behind(engine, "incremental")

    assert {one.note for one in found.values()} == {"no fit: demo has fewer than 50 conversions (1)"}
    assert all(one.without is None for one in found.values())
    assert all(one.facts["why"] == one.note for one in found.values())


def test_an_imported_path_has_no_times_and_so_no_fit(engine: DuckDB) -> None:
    build(engine, [{"id": "path:1", "path": ["email", "social"], "value": 10, "goal": "demo"}])

    [note] = {one.note for one in behind(engine, "incremental", "path:1").values()}

    assert note == "no fit: imported paths have no times, and the model goes by times"


def test_where_enough_conversions_have_no_fit_nothing_can_be_switched_off(engine: DuckDB) -> None:
    build(engine, [{"path": ["direct"], "value": 10, "goal": "demo"}])
    engine.execute(
        "insert into conversions (conversion_id, goal, conversion_count) "
        "select 'd' || range, 'demo', 1 from range(50)"
    )

    assert behind(engine, "incremental")["touch-0-1"].note.startswith("no fit: none of the channels")


def test_where_no_channel_has_an_effect_all_share_equally_and_it_is_said(engine: DuckDB) -> None:
    build(engine, [{"path": ["email", "social", "email"], "value": 10}])
    engine.execute("update removal_effects set effect = 0")

    email = behind(engine, "markov")["touch-0-1"]

    assert email.facts["says"] == (
        "No channel here has a removal effect, so all share equally; its 2 touches share that."
    )
    assert email.without == {
        "credit": {"social": 1.0},
        "unattributed": 0.0,
        "says": "Were its channel not there, the credit would go to: social 100.0 %.",
    }


def test_the_only_channel_of_a_journey_leaves_all_to_nobody(engine: DuckDB) -> None:
    build(engine, [{"path": ["email"], "value": 10}])

    for model in ("markov", "shapley"):
        without = behind(engine, model)["touch-0-1"].without
        assert without is not None
        assert (without["credit"], without["unattributed"]) == ({}, 1)
        assert "nobody" in without["says"]


def test_a_conversion_without_touches_has_nothing_behind_it(engine: DuckDB) -> None:
    build(engine, [{"path": ["email"], "value": 10}])

    assert [behind(engine, model, "order-9") for model in LEARNING] == [{}, {}, {}]
