"""Guard: what there is too little of to be told is said, and what to do instead."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contract.models import FittedModel, PathModel, RuleModel
from headwater.contract.query import ReportQuery
from headwater.report import answer
from headwater.report.measure.credited import Credit, Credited
from headwater.report.measure.guard import FALLBACK, cautions, guard, guarded, recommended_model, verdict_on

from .conftest import World, solvable

if TYPE_CHECKING:
    from headwater.contract.models import Model

PATHS = PathModel(name="markov", summary="", credited=lambda *_: {})
RULE = RuleModel(name="linear", summary="", share="1e0")


def verdict(*credit: float, conversions: float | None = None) -> str:
    given_out = {f"channel {place}": amount for place, amount in enumerate(credit)}
    errors = {name: sqrt(amount) for name, amount in given_out.items()}
    return verdict_on(given_out, errors, conversions=conversions or sum(credit)).verdict


def test_five_main_channels_need_about_three_hundred_conversions() -> None:
    assert verdict(*[62.0] * 5) == "trusted"
    assert verdict(*[55.0] * 5) == "with_care"


def test_where_nothing_is_credited_for_want_of_conversions_that_is_the_reason_given() -> None:
    few, enough = (verdict_on({"a": 0.0}, {"a": 0.0}, conversions=count) for count in (3.0, 3000.0))

    assert few.why == "nothing is credited: 3 conversions are fewer than the 50 that an interval needs"
    assert enough.why == "nothing is credited"


def test_many_small_campaigns_are_noise_where_few_channels_are_not() -> None:
    assert verdict(*[10.0] * 40) == "not_trusted"
    assert verdict(*[200.0] * 2) == "trusted"


def test_small_values_beside_the_main_ones_do_not_count_against_a_model() -> None:
    assert verdict(300.0, 300.0, *[1.0] * 50) == "trusted"


def test_too_few_conversions_are_never_trusted_however_narrow_the_interval() -> None:
    found = verdict_on({"email": 40.0}, {"email": 0.1}, conversions=40)

    assert found.verdict == "not_trusted"
    assert "fewer than the 50" in found.why
    assert found.instead == FALLBACK


def test_nothing_credited_is_nothing_to_trust() -> None:
    assert verdict(conversions=1_000.0) == "not_trusted"
    assert verdict(0.0, conversions=1_000.0) == "not_trusted"


@given(credit=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=8), more=st.floats(1, 100))
def test_more_volume_never_makes_a_verdict_worse(credit: list[float], more: float) -> None:
    order = ["not_trusted", "with_care", "trusted"]

    assert order.index(verdict(*credit)) <= order.index(verdict(*(amount * more for amount in credit)))


def test_rule_models_are_not_judged_since_they_learn_nothing() -> None:
    result = Credited(by_player={"email": {"linear": Credit(conversions=1)}}, total=Credit(conversions=1))

    assert guard({"linear": RULE}, result) == {}
    assert guarded({"linear": RULE}, {}) == {}


def test_a_model_without_known_uncertainty_is_not_trusted() -> None:
    result = Credited(
        by_player={"email": {"markov": Credit(conversions=9_999)}}, total=Credit(conversions=9_999)
    )

    found = guard({"markov": PATHS}, result, {"markov": "none: too many values"})

    assert found["markov"].verdict == "not_trusted"
    assert "too many values" in found["markov"].why


@pytest.mark.parametrize(("amount", "model"), [(1_000.0, "markov"), (3.0, FALLBACK)])
def test_the_data_driven_model_is_recommended_when_volume_allows(amount: float, model: str) -> None:
    models: dict[str, Model] = {"linear": RULE, "markov": PATHS}
    result = Credited(
        by_player={"email": {"markov": Credit(conversions=amount)}}, total=Credit(conversions=amount)
    )

    assert recommended_model(models, guard(models, result))["model"] == model


def test_reports_say_what_is_not_to_be_trusted_and_what_to_use(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).touch("bo", 1, "direct")

    for report in ("attribution", "compare"):
        meta = answer(report, solvable(world), ReportQuery(models=("linear", "markov"))).meta
        assert list(meta["guard"]) == ["markov"]
        assert meta["guard"]["markov"]["instead"] == FALLBACK
        assert meta["recommended"]["model"] == FALLBACK
        assert meta["notes"][0].startswith("markov: 1 conversions are fewer")


def test_a_broken_assumption_asks_for_care_however_narrow_the_intervals_are() -> None:
    result = Credited(
        by_player={"email": {"markov": Credit(conversions=1_000.0)}}, total=Credit(conversions=1_000.0)
    )
    plain = guard({"markov": PATHS}, result)["markov"]
    careful = guard({"markov": PATHS}, result, broken={"markov": "cookies are lost"})["markov"]

    assert (plain.verdict, careful.verdict) == ("trusted", "with_care")
    assert "cookies are lost" in careful.why
    assert "cookies are lost" in guarded({"markov": PATHS}, {"markov": careful})["notes"][0]


def test_a_broken_assumption_does_not_make_noise_any_better() -> None:
    result = Credited(
        by_player={"email": {"markov": Credit(conversions=10.0)}}, total=Credit(conversions=10.0)
    )

    assert (
        guard({"markov": PATHS}, result, broken={"markov": "cookies are lost"})["markov"].verdict
        == "not_trusted"
    )


def test_what_is_broken_is_said_once_and_of_the_goals_that_were_asked_for(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).buy("bo", 2, goal="lead")
    model = FittedModel(
        name="fitted", summary="", fits="", weighted=str, bounds_sql=str, method="",
        cautions_sql="""
            select 'purchase' as goal, 'cookies are lost; want is not seen' as caution
            union all select 'purchase', 'want is not seen; days alone' union all select 'lead', 'too coarse'
        """,
    )  # fmt: skip
    reader = world.context().reader

    assert cautions(reader, {"fitted": model}) == {"fitted": "cookies are lost; want is not seen; days alone"}
    assert cautions(reader, {"fitted": model}, "lead") == {"fitted": "too coarse"}
