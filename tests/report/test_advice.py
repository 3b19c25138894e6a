"""Advice: each piece follows from a number of the workspace, and says it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from headwater.contract.query import ReportQuery, ReportTable
from headwater.contract.settings import Settings
from headwater.report import answer
from headwater.report.advice import Advice, advised, fitting_rule
from headwater.report.measure.business import Business
from headwater.report.measure.guard import Verdict
from headwater.report.render import csv_text, json_bytes, parquet_bytes

if TYPE_CHECKING:
    from .conftest import World

SHOP = Business(
    conversions=1000, touched=900, channels=6, median_touches=2, median_lag_days=7.0, one_touch_share=0.4,
    direct_close_share=0.1, persons=800, repeat_share=0.1, leads=0, opportunities=0, measured_share=0.0,
    spend_rows=10, experiments=0,
)  # fmt: skip
MODELS = (
    "first",
    "last",
    "last_non_direct",
    "linear",
    "position",
    "w_shaped",
    "time_decay",
    "engaged",
    "markov",
)
WINDOW = {
    "used": "90d",
    "recommended": {"window": "30d", "days": 30.0, "because": "it holds 96%", "caution": None},
}
TRUSTED = Verdict(
    verdict="trusted",
    why="known to within 10%",
    half_width=0.1,
    conversions=1000,
    main_values=3,
    instead=None,
)
TOO_FEW = replace(TRUSTED, verdict="not_trusted", why="too few", instead="linear")


def given(found: Business = SHOP, **changed: Any) -> dict[str, Advice]:
    options: dict[str, Any] = {
        "settings": Settings(), "models": MODELS, "verdicts": {}, "data_driven": None, "window": WINDOW,
    } | changed  # fmt: skip
    return {advice.topic: advice for advice in advised(found, **options)}


@pytest.mark.parametrize(
    ("changed", "model"),
    [
        ({}, "linear"),
        ({"median_lag_days": 0.5}, "time_decay"),
        ({"median_lag_days": 30.0}, "position"),
        ({"median_touches": 8}, "position"),
        ({"one_touch_share": 0.9}, "last_non_direct"),
        ({"opportunities": 300, "leads": 500, "median_lag_days": 90.0}, "w_shaped"),
    ],
)
def test_the_rule_that_fits_follows_from_the_business(changed: dict[str, Any], model: str) -> None:
    assert fitting_rule(replace(SHOP, **changed))[0] == model


def test_a_data_driven_model_comes_first_where_there_is_the_volume() -> None:
    said = given(verdicts={"markov": TRUSTED}, data_driven={"model": "markov", "why": TRUSTED.why})

    assert said["model"].advice == "markov, beside linear"
    assert "known to within 10%" in said["model"].because
    assert "volume" not in said


def test_without_the_volume_the_rule_comes_first_and_the_guard_is_heard() -> None:
    said = given(verdicts={"markov": TOO_FEW}, data_driven={"model": "linear", "why": "no volume"})

    assert said["model"].advice == "linear"
    assert "no volume" in said["model"].because
    assert (said["volume"].advice, said["volume"].because) == ("do not go by markov", "too few")


def test_the_window_is_advised_with_its_reason_and_its_caution() -> None:
    assert given()["window"].advice == "30d instead of 90d"
    kept = {"used": "30d", "recommended": WINDOW["recommended"] | {"caution": "young data"}}  # type: ignore[operator]
    assert given(window=kept)["window"].advice == "keep 30d"
    assert given(window=kept)["window"].because == "it holds 96%; young data"


@pytest.mark.parametrize(
    ("lag", "half_life", "told"),
    [
        (7.0, 7.0, None),
        (30.0, 7.0, "half_life_days = 30 instead of 7"),
        (0.1, 7.0, "half_life_days = 0.5 instead of 7"),
    ],
)
def test_the_half_life_follows_the_median_lag(lag: float, half_life: float, told: str | None) -> None:
    said = given(replace(SHOP, median_lag_days=lag), settings=Settings(half_life_days=half_life))

    assert (said["half_life"].advice if "half_life" in said else None) == told


@pytest.mark.parametrize(
    ("changed", "topic"),
    [
        ({"direct_close_share": 0.4}, "direct"),
        ({"repeat_share": 0.5}, "repeat"),
        ({"measured_share": 0.6}, "engagement"),
        ({"spend_rows": 0}, "spend"),
    ],
)
def test_circumstances_are_spoken_of_only_where_they_hold(changed: dict[str, Any], topic: str) -> None:
    assert topic not in given()
    assert topic in given(replace(SHOP, **changed))


def test_experiments_are_asked_for_until_there_are_some() -> None:
    assert given()["experiments"].advice.startswith("run a hold-out")
    assert given(replace(SHOP, experiments=3))["experiments"].because.startswith("3 results")


def test_without_a_touch_there_is_nothing_to_advise() -> None:
    assert list(given(replace(SHOP, touched=0))) == ["model"]


def test_every_model_of_the_workspace_has_its_bias_with_numbers(world: World) -> None:
    for number in range(40):
        name = f"p{number}"
        world.touch(name, 1, "social").touch(name, 2, "email").touch(name, 3, "search").buy(name, 4)
    context = world.context()

    table: ReportTable = answer("advice", context, ReportQuery())

    topics = [row["topic"] for row in table.rows]
    assert [topic for topic in topics if topic.startswith("bias of ")] == [
        f"bias of {name}" for name in context.models
    ]
    last = next(row for row in table.rows if row["topic"] == "bias of last")
    assert last["because"].startswith(
        "gives search 40 conversions and social 0.0; first gives them 0.0 and 40"
    )
    protect = next(row for row in table.rows if row["topic"] == "protect")
    assert protect["advice"] == "do not cut social by its last clicks"
    assert "opens 40 conversions and closes 0" in protect["because"]
    assert b'"moved_share"' in json_bytes(table)
    assert csv_text(table).startswith("topic,advice,because,numbers")
    assert parquet_bytes(table)[:4] == b"PAR1"


def test_a_limit_cuts_and_says_so(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)

    table = answer("advice", world.context(), ReportQuery(limit=2))

    assert len(table.rows) == 2
    assert table.meta["left_out_rows"] > 0


def test_naming_a_few_models_does_not_change_which_rule_fits(world: World) -> None:
    world.touch("ada", 1).touch("ada", 3).buy("ada", 30)

    table = answer("advice", world.context(), ReportQuery(models=("first", "last")))

    assert table.rows[0]["advice"] == "position"
    assert [row["topic"] for row in table.rows if "bias" in row["topic"]] == ["bias of first", "bias of last"]
