"""The measures of a score: what they say of perfect, of silent and of wrong models, and what never matters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.sandbox.score.measures import MEASURES, Claim, Truth, measured

NAMES = ("display", "email", "search", "social", "video")
AMOUNTS = st.integers(0, 10**6).map(float)
INCREMENTS = st.dictionaries(st.sampled_from(NAMES), AMOUNTS, min_size=2)


def truth(increments: dict[str, float], spend: dict[str, float] | None = None) -> Truth:
    total = sum(increments.values())
    return Truth(increments=increments, together=total, whole=2 * total, spend=spend or {})


TRUE = truth({"search": 10.0, "social": 30.0}, {"search": 100.0, "social": 100.0})


@given(increments=INCREMENTS, paid=st.dictionaries(st.sampled_from(NAMES), AMOUNTS))
def test_the_truth_credited_as_it_is_has_no_error(
    increments: dict[str, float], paid: dict[str, float]
) -> None:
    said = measured(
        Claim(credited=increments, intervals={name: (true, true) for name, true in increments.items()}),
        truth(increments, paid),
    )

    perfect = {
        "wape": 0, "total_variation": 0, "rank_correlation": 1, "over_claim": 1, "claimed": 0.5,
        "coverage": 1, "regret": 0,
    }  # fmt: skip
    assert {
        name: value is None or math.isclose(value, perfect[name], abs_tol=1e-9)
        for name, value in said.items()
    } == (dict.fromkeys(MEASURES, True))
    assert (said["wape"] is None) == (not any(increments.values()))


def test_crediting_nothing_is_an_error_of_one() -> None:
    said = measured(Claim(credited={}), TRUE)

    assert (said["wape"], said["over_claim"], said["claimed"]) == (1.0, 0.0, 0.0)
    assert (said["total_variation"], said["rank_correlation"], said["coverage"]) == (None, None, None)


def test_credit_for_what_the_truth_does_not_name_counts_as_error() -> None:
    said = measured(Claim(credited={"search": 10.0, "social": 30.0, "direct": 20.0}), TRUE)

    assert (said["wape"], said["over_claim"], said["claimed"]) == (0.5, 1.5, 0.75)
    assert said["total_variation"] == pytest.approx(1 / 3)


def test_where_nothing_has_an_effect_only_what_is_claimed_can_be_said() -> None:
    nothing = Truth(
        increments={"search": 0.0, "social": 0.0}, together=0.0, whole=80.0, spend=dict(TRUE.spend)
    )

    said = measured(Claim(credited={"search": 30.0, "social": 10.0}), nothing)

    assert said.pop("claimed") == 0.5
    assert set(said.values()) == {None}


@pytest.mark.parametrize(
    ("credited", "tau"),
    [
        ({"display": 1, "email": 2, "search": 3}, 1.0),
        ({"display": 3, "email": 2, "search": 1}, -1.0),
        ({"display": 1, "email": 1, "search": 2}, 2 / math.sqrt(2 * 3)),
        ({"display": 7, "email": 7, "search": 7}, None),
    ],
)
def test_rank_correlation_is_tau_b(credited: dict[str, float], tau: float | None) -> None:
    said = MEASURES["rank_correlation"](
        Claim(credited=credited), truth({"display": 10.0, "email": 20.0, "search": 30.0})
    )

    assert said == (None if tau is None else pytest.approx(tau))


def test_coverage_counts_the_intervals_that_hold_the_truth_ends_included() -> None:
    claim = Claim(
        credited={}, intervals={"search": (10.0, 12.0), "social": (31.0, 40.0), "direct": (0.0, 9.0)}
    )

    assert MEASURES["coverage"](claim, TRUE) == 0.5


@pytest.mark.parametrize(
    ("credited", "regret"),
    [
        ({"search": 1.0, "social": 9.0}, 0.0),
        ({"search": 9.0, "social": 1.0}, 2.0),
    ],
)
def test_a_model_that_moves_the_budget_the_wrong_way_loses_as_much_as_there_was_to_gain(
    credited: dict[str, float], regret: float
) -> None:
    assert MEASURES["regret"](Claim(credited=credited), TRUE) == pytest.approx(regret)


def test_a_move_takes_no_more_than_there_is_and_doubles_its_target_at_most() -> None:
    spend = {"display": 10.0, "search": 900.0, "social": 90.0}
    true = truth({"display": 10.0, "search": 90.0, "social": 72.0}, spend)

    # search -> social moves 90 at 0.7 more; search -> display only 10 at 0.9 more
    said = MEASURES["regret"](Claim(credited={"display": 10.0, "search": 90.0, "social": 10.0}), true)

    assert said == pytest.approx(1 - (10 * 0.9) / (90 * 0.7))


@given(
    increments=INCREMENTS,
    credited=st.dictionaries(st.sampled_from((*NAMES, "direct")), AMOUNTS),
    paid=st.dictionaries(st.sampled_from(NAMES), AMOUNTS),
)
def test_the_order_of_names_never_matters(
    increments: dict[str, float], credited: dict[str, float], paid: dict[str, float]
) -> None:
    one = measured(
        Claim(credited=credited, intervals={name: (0.0, most) for name, most in credited.items()}),
        truth(increments, paid),
    )
    turned = [dict(reversed(given.items())) for given in (increments, credited, paid)]
    other = measured(
        Claim(credited=turned[1], intervals={name: (0.0, most) for name, most in turned[1].items()}),
        truth(turned[0], turned[2]),
    )

    assert one == other
