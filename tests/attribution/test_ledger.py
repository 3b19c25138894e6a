"""The ledger: credit of every model sums to 1 and to the value, exactly, per conversion."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.worlds import CHANNELS, fill, money, paths, slow_markov
from headwater.attribution import models
from headwater.attribution.effects import removal_effects
from headwater.attribution.ledger import credits as ledger
from headwater.attribution.path_steps import path_steps_sql
from headwater.contract.models import FittedModel
from headwater.contract.settings import Settings

if TYPE_CHECKING:
    from attribution.worlds import World
    from headwater.engine.duckdb import DuckDB

MODELS = models(Settings())
GIVING = [name for name, model in MODELS.items() if not isinstance(model, FittedModel)]
"""Models that give every conversion away whole."""
orders = st.sampled_from([1, 2, 3])


def weights(size: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(1, 100_000), min_size=size, max_size=size)


@st.composite
def journeys(draw: st.DrawFn) -> World:
    """Draw journeys of a few persons, some with a lead and an opportunity, some without conversion."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        path = draw(paths)
        found.append(
            {
                "id": draw(st.sampled_from([f"order-{number}", f"order-{number}", None])),
                "path": path,
                "goal": draw(st.sampled_from(["purchase", "purchase", "lead"])),
                "value": draw(money),
                "lead": draw(st.integers(0, len(path))),
                "opportunity": draw(st.integers(0, len(path))),
                "engagement": draw(weights(len(path))),
            }
        )
    return found


def build(engine: DuckDB, world: World, order: int = 1) -> None:
    fill(engine, world)
    engine.run(removal_effects(order))
    engine.run(ledger(MODELS))


def shares(engine: DuckDB, model: str) -> list[float]:
    found = engine.rows("select weight from credits where model = ? order by conversion_id, step", [model])
    return [round(weight, 12) for (weight,) in found]


@given(world=journeys(), order=orders)
@settings(max_examples=30)
def test_every_model_gives_each_conversion_away_whole_and_to_the_last_digit(
    engine: DuckDB, world: World, order: int
) -> None:
    build(engine, world, order)

    wrong = engine.rows("""
        select conversion_id, model, sum(weight), sum(value), any_value(net_value)
        from credits join journeys using (conversion_id) where model <> 'incremental'
        group by conversion_id, model
        having abs(sum(weight) - 1) > 1e-12 or sum(value) <> any_value(net_value) or min(weight) < 0
    """)

    assert wrong == []


@given(world=journeys())
@settings(max_examples=30)
def test_a_fitted_model_leaves_the_rest_of_each_conversion_to_nobody(engine: DuckDB, world: World) -> None:
    build(engine, world)

    wrong = engine.rows("""
        select conversion_id, sum(weight), sum(value), any_value(net_value)
        from credits join journeys using (conversion_id) where model = 'incremental'
        group by conversion_id
        having sum(weight) >= 1 or min(weight) < 0 or min(case when channel = 'direct' then -weight else 0 end) < 0
            or abs(cast(sum(value) as double) - cast(any_value(net_value) as double) * sum(weight)) > 1e-6
    """)

    assert wrong == []


def test_a_touch_gets_what_it_added_over_the_whole_intensity(engine: DuckDB) -> None:
    build(engine, [{"path": ["direct", "email", "social"], "value": 10}])

    # email-0 a day before: 1 * 2^(-1/0.75) + 0.25 * 2^(-1/10); social-1 at the conversion: 2 + 0.25 + 0.5
    email, social = 2 ** (-1 / 0.75) + 0.25 * 2 ** (-1 / 10), 2.75
    whole = 1 + email + social
    assert shares(engine, "incremental") == pytest.approx([0, email / whole, social / whole])


@given(world=journeys())
@settings(max_examples=12)
def test_every_model_has_one_row_for_every_touch(engine: DuckDB, world: World) -> None:
    build(engine, world)

    counts = engine.rows(
        "select model, count(*), count(distinct (conversion_id, step)) from credits group by model"
    )

    steps = engine.rows("select count(*) from journey_steps")[0][0]
    assert sorted(counts) == sorted((name, steps, steps) for name in MODELS if steps)


@given(value=money)
@settings(max_examples=12)
def test_large_amounts_are_divided_to_the_last_digit(engine: DuckDB, value: Decimal) -> None:
    amount = 1_000_000 * value + Decimal("0.010001")
    build(engine, [{"path": list(CHANNELS), "value": amount}])

    sums = engine.rows("select model, sum(value) from credits group by model")

    given_away = {model: value for model, value in sums if model in GIVING}
    assert given_away == dict.fromkeys(GIVING, amount)
    assert 0 <= dict(sums)["incremental"] < amount


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", [1]),
        ("last", [1]),
        ("last_non_direct", [1]),
        ("linear", [1]),
        ("position", [1]),
        ("w_shaped", [1]),
        ("time_decay", [1]),
        ("engaged", [1]),
        ("engaged_decay", [1]),
        ("custom", [1]),
        ("markov", [1]),
        ("shapley", [1]),
    ],
)
def test_a_journey_of_one_touch_gives_it_all(engine: DuckDB, model: str, expected: list[float]) -> None:
    build(engine, [{"path": ["email"], "value": 10}])

    assert shares(engine, model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", [1, 0]),
        ("last", [0, 1]),
        ("last_non_direct", [1, 0]),
        ("linear", [0.5, 0.5]),
        ("position", [0.5, 0.5]),
        ("w_shaped", [0.5, 0.5]),
        ("time_decay", [round(1 / (1 + 2 ** (1 / 7)), 12), round(1 / (1 + 2 ** (-1 / 7)), 12)]),
        ("engaged", [0.5, 0.5]),
        ("custom", [0.5, 0.5]),
        ("markov", [0.5, 0.5]),
        ("shapley", [0.5, 0.5]),
    ],
)
def test_a_journey_of_two_touches(engine: DuckDB, model: str, expected: list[float]) -> None:
    build(engine, [{"path": ["email", "direct"], "value": 10}])

    assert shares(engine, model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", [1, 0, 0, 0]),
        ("last", [0, 0, 0, 1]),
        ("last_non_direct", [0, 0, 1, 0]),
        ("linear", [0.25, 0.25, 0.25, 0.25]),
        ("position", [0.4, 0.1, 0.1, 0.4]),
        ("custom", [0.3, 0.2, 0.2, 0.3]),
        ("shapley", [round(1 / 6, 12), round(1 / 3, 12), round(1 / 6, 12), round(1 / 3, 12)]),
        ("markov", [0.2, 0.2, 0.2, 0.4]),
    ],
)
def test_a_journey_of_four_touches(engine: DuckDB, model: str, expected: list[float]) -> None:
    build(engine, [{"path": ["email", "search", "email", "direct"], "value": 10}])

    assert shares(engine, model) == expected


@pytest.mark.parametrize(
    ("lead", "opportunity", "size", "expected"),
    [
        (3, 4, 6, [0.3, 0.1 / 3, 0.3, 0.3, 0.1 / 3, 0.1 / 3]),
        (3, 0, 4, [0.3, 0.1, 0.3, 0.3]),
        (1, 4, 4, [0.6, 0.05, 0.05, 0.3]),
        (3, 3, 4, [0.3, 0.05, 0.6, 0.05]),
        (1, 1, 3, [0.9, 0.05, 0.05]),
        (0, 0, 4, [0.3 / 0.7, 0.05 / 0.7, 0.05 / 0.7, 0.3 / 0.7]),
        (0, 2, 3, [0.3 / 0.7, 0.3 / 0.7, 0.1 / 0.7]),
        (2, 3, 3, [1 / 3, 1 / 3, 1 / 3]),
        (2, 2, 2, [1 / 3, 2 / 3]),
    ],
)
def test_w_shaped_adds_up_roles_and_scales_what_exists(
    engine: DuckDB, lead: int, opportunity: int, size: int, expected: list[float]
) -> None:
    build(engine, [{"path": ["email"] * size, "lead": lead, "opportunity": opportunity}])

    assert shares(engine, "w_shaped") == pytest.approx(expected)


@given(world=journeys(), order=orders)
@settings(max_examples=25)
def test_removal_effects_count_persons_who_did_not_fulfil_the_goal(
    engine: DuckDB, world: World, order: int
) -> None:
    build(engine, world, order)

    effects = engine.rows("select goal, channel, effect from removal_effects")

    goals = {journey["goal"] for journey in world if journey["id"]}
    slow = {goal: slow_markov(_counted(world, goal), order)[1] for goal in goals}
    found: dict[str, dict[str, Any]] = {goal: {} for goal in goals}
    for goal, channel, effect in effects:
        found[goal][channel] = effect
    assert found == {goal: pytest.approx(slow[goal], rel=1e-9, abs=1e-12) for goal in goals}


def _counted(world: World, goal: str) -> World:
    """Return the paths that count for a goal: its journeys, and everybody else once more as a null."""
    return [
        {"path": row["path"], "conversions": int(done), "nulls": int(not done)}
        for row in world
        for done in [row["id"] is not None and row["goal"] == goal]
    ]


def test_persons_of_imported_paths_are_counted_once(engine: DuckDB) -> None:
    fill(
        engine,
        [
            {"path": ["email", "search"], "conversions": 3, "nulls": 5, "value": 30},
            {"path": ["search"], "conversions": 0, "nulls": 4, "value": 0},
            {"path": ["social"], "id": None},
        ],
    )
    engine.run(removal_effects(1))

    rows = engine.rows(f"""
        select journey_id, max(step_count), any_value(conversion_count), any_value(null_count)
        from ({path_steps_sql()}) as steps group by journey_id order by journey_id
    """)

    assert rows == [("order-0", 2, 3, 5), ("order-1", 1, 0, 4), ("person:2", 1, 0, 1)]
    world = [
        {"path": ["email", "search"], "conversions": 3, "nulls": 5},
        {"path": ["search"], "conversions": 0, "nulls": 4},
        {"path": ["social"], "conversions": 0, "nulls": 1},
    ]
    effects = dict(engine.rows("select channel, effect from removal_effects where goal = 'purchase'"))
    assert effects == pytest.approx(slow_markov(world, 1)[1])


def test_players_other_than_channels_come_from_the_touchpoints(engine: DuckDB) -> None:
    fill(engine, [{"path": ["email", "search"], "value": 30}, {"path": ["social"], "id": None}])

    rows = engine.rows(
        f"select journey_id, step, player from ({path_steps_sql(player='campaign')}) order by 1, 2"
    )

    assert rows == [("order-0", 1, "email-1"), ("order-0", 2, "search-0"), ("person:1", 1, "social-1")]


def test_paths_narrow_the_journeys_and_not_the_persons_without(engine: DuckDB) -> None:
    fill(
        engine,
        [
            {"path": ["email"], "value": 30},
            {"path": ["search"], "value": 5},
            {"path": ["social"], "id": None},
        ],
    )

    rows = engine.rows(
        f"select journey_id from ({path_steps_sql(goal='purchase', where='net_value > 10')}) order by 1"
    )

    assert rows == [("order-0",), ("person:2",)]


@pytest.mark.parametrize("model", ["markov", "shapley"])
def test_path_models_divide_the_conversions_of_the_workspace(engine: DuckDB, model: str) -> None:
    fill(engine, [{"path": ["email", "search"], "value": "10.01"}, {"path": ["social"], "id": None}])

    credit = MODELS[model].credited(engine, path_steps_sql())  # type: ignore[union-attr]

    assert {name: found for name, found in credit.items() if found[0]} == {
        "email": (0.5, Decimal("5.005")),
        "search": (0.5, Decimal("5.005")),
    }


@pytest.mark.parametrize("step", [ledger(MODELS), removal_effects(2)], ids=["credits", "removal_effects"])
def test_sql_is_carried_to_spark(step: Any) -> None:
    texts = [step.sql] if hasattr(step, "sql") else list(step.queries.values())

    for text in texts:
        spark = sqlglot.transpile(
            text, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
        )[0]
        assert (
            sqlglot.parse_one(spark, read="spark").named_selects
            == sqlglot.parse_one(text, read="duckdb").named_selects
        )
