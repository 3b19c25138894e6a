"""Engaged: credit goes where something happened, and sums to 1 and to the value all the same."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.worlds import fill, money, paths
from headwater.attribution import Engaged, EngagedDecay, Linear, TimeDecay, models
from headwater.attribution.ledger import credits as ledger
from headwater.contract.errors import UsageError
from headwater.contract.settings import Settings

if TYPE_CHECKING:
    from headwater.engine.duckdb import DuckDB

RULES = {name: model for name, model in models(Settings()).items() if name.startswith("engaged")}
TOUCHES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 6000), st.integers(0, 400)), min_size=1, max_size=9
)


def touches(told: list[tuple[str, int, int]], value: float = 10.0) -> list[dict[str, object]]:
    return [
        {
            "journey_id": "one", "step": step, "channel": channel, "value": value,
            "engagement": engagement / 1000, "days_before": float(days),
        }
        for step, (channel, engagement, days) in enumerate(told, 1)
    ]  # fmt: skip


def test_a_long_visit_outweighs_a_bounce_as_the_weights_stand_to_each_other() -> None:
    told = touches([("bounce", 1000, 0), ("product", 4000, 0)])

    assert Engaged().fit(told).credits_ == {"bounce": 0.2, "product": 0.8}


def test_time_halves_what_happened() -> None:
    told = touches([("product", 4000, 14), ("bounce", 1000, 0)])

    assert EngagedDecay(half_life_days=7).fit(told).credits_ == {"bounce": 0.5, "product": 0.5}


@given(told=TOUCHES, each=st.integers(1, 6000))
def test_where_all_weigh_the_same_it_is_linear_and_time_decay(
    told: list[tuple[str, int, int]], each: int
) -> None:
    alike = touches([(channel, each, days) for channel, _, days in told])

    assert Engaged().fit(alike).credits_ == pytest.approx(Linear().fit(alike).credits_)
    assert EngagedDecay().fit(alike).credits_ == pytest.approx(TimeDecay().fit(alike).credits_)


@given(told=TOUCHES, value=st.integers(0, 10**9))
def test_the_money_of_a_journey_is_given_away_to_the_last_digit(
    told: list[tuple[str, int, int]], value: int
) -> None:
    amount = Decimal(value) / 100

    for model in (Engaged(), EngagedDecay()):
        fitted = model.fit(touches(told, float(amount)))

        assert sum(fitted.values_.values()) == amount
        assert sum(fitted.credits_.values()) == pytest.approx(1)


@given(path=paths, value=money, data=st.data())
@settings(max_examples=20)
def test_in_a_workspace_shares_and_money_sum_exactly(
    engine: DuckDB, path: list[str], value: Decimal, data: st.DataObject
) -> None:
    weights = data.draw(st.lists(st.integers(1, 6000), min_size=len(path), max_size=len(path)))
    fill(engine, [{"path": path, "value": value, "engagement": weights}])
    engine.run(ledger(RULES))

    found = engine.rows("select model, weight, value from credits order by model, step")

    for name in RULES:
        shares = [share for model, share, _ in found if model == name]
        assert sum(shares) == pytest.approx(1, abs=1e-12)
        assert sum(amount for model, _, amount in found if model == name) == value
    plain = [share for model, share, _ in found if model == "engaged"]
    assert plain == pytest.approx(np.array(weights) / sum(weights))


def test_without_knowing_what_happened_it_says_what_it_needs() -> None:
    with pytest.raises(UsageError, match="what happened"):
        Engaged().fit([{"path": "a > b"}])
    with pytest.raises(UsageError, match="engagement is 0"):
        Engaged().fit(touches([("a", 0, 0)]))
    with pytest.raises(UsageError, match="when the touches were"):
        EngagedDecay().fit([{"journey_id": 1, "step": 1, "channel": "a", "engagement": 1}])
