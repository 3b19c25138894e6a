"""Explain: every touchpoint with its share or the reason why not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import orjson
import pytest

from headwater import attribution
from headwater.contract.errors import NotFoundError, UnknownModelError
from headwater.contract.models import RuleModel
from headwater.contract.settings import Settings
from headwater.report.explain import explanation
from headwater.sandbox.worlds.catalogue import world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import World

MODELS = attribution.models(Settings())
LEARNING = {name for name, model in MODELS.items() if not isinstance(model, RuleModel)}


def journey(world: World) -> World:
    """Ada: too old, email, direct, buys 100, comes back."""
    world.touch("ada", 1, "display").touch("ada", 100, "email", campaign="spring").touch("ada", 101, "direct")
    world.buy("ada", 102, "100").touch("ada", 103, "referral")
    given = (
        ("t002", "linear", 0.5, "50"),
        ("t003", "linear", 0.5, "50"),
        ("t002", "last_non_direct", 1.0, "100"),
        ("t003", "last_non_direct", 0.0, "0"),
    )
    for touchpoint, model, weight, value in given:
        world.row(
            "credits",
            conversion_id="c001",
            touchpoint_id=touchpoint,
            model=model,
            weight=weight,
            value=Decimal(value),
        )
    return world


def test_every_touchpoint_of_the_person_is_there_with_credit_or_reason(world: World) -> None:
    found = explanation(journey(world).context(), "c001")

    assert list(found) == ["conversion", "touches"]
    assert [(touch["touchpoint_id"], touch["left_out"], touch["credit"]) for touch in found["touches"]] == [
        ("t001", "outside_window", {}),
        ("t002", None, {"last_non_direct": 1.0, "linear": 0.5}),
        ("t003", None, {"last_non_direct": 0.0, "linear": 0.5}),
        ("t004", "after_conversion", {}),
    ]


def test_shares_and_values_add_up_for_each_model(world: World) -> None:
    touches = explanation(journey(world).context(), "c001")["touches"]

    for model in ("linear", "last_non_direct"):
        assert sum(touch["credit"].get(model, 0) for touch in touches) == 1
        assert sum(Decimal(touch["value"].get(model, "0")) for touch in touches) == Decimal(100)


def test_a_direct_touch_says_which_model_passes_over_it(world: World) -> None:
    touches = explanation(journey(world).context(), "c001")["touches"]

    assert list(touches[2]["notes"]) == ["last_non_direct"]
    assert touches[1]["notes"] == {}


def test_the_conversion_is_plain_json_with_money_as_text(world: World) -> None:
    found = explanation(journey(world).context(), "c001")

    assert orjson.loads(orjson.dumps(found)) == found
    assert found["conversion"]["net_value"] == "100.00"
    assert found["conversion"]["occurred_at"] == "2026-04-13T00:00:00Z"
    assert found["conversion"]["person_id"] == "1"


def test_one_model_can_be_asked_for(world: World) -> None:
    context = journey(world).context()

    assert explanation(context, "c001", "linear")["touches"][1]["credit"] == {"linear": 0.5}
    with pytest.raises(UnknownModelError, match="linar"):
        explanation(context, "c001", "linar")


def test_a_touchpoint_that_came_after_the_build_is_said_to_be_not_built(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)
    context = world.context()

    context.reader.execute("delete from journey_steps")  # type: ignore[attr-defined]

    assert explanation(context, "c001")["touches"][0]["left_out"] == "not_built"


def test_an_unknown_conversion_is_not_found_and_the_hint_helps(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        explanation(world.context(), "nobody's")

    assert "headwater" in caught.value.hint


def test_a_touch_of_a_kind_that_earns_nothing_says_so(world: World) -> None:
    world.touch("ada", 1, "audio", kind="Survey", is_uncredited=True).buy("ada", 2)
    world.others["journey_steps"] = []

    [touch] = explanation(world.context(), "c001")["touches"]

    assert (touch["left_out"], touch["channel"]) == ("uncredited_kind", "audio")


def test_what_a_model_leaves_is_said_and_all_of_it_where_there_is_no_touch(world: World) -> None:
    journey(world).buy("bob", 5, "30")
    context = world.context()

    one, none = (explanation(context, name)["conversion"] for name in ("c001", "c002"))

    assert (one["unattributed"]["linear"], one["unattributed_value"]["linear"]) == (0, "0.00")
    assert none["unattributed"] == dict.fromkeys(context.models, 1)
    assert none["unattributed_value"] == dict.fromkeys(context.models, "30.00")
    assert list(explanation(context, "c002", "last")["conversion"]["unattributed"]) == ["last"]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Build a market that is large enough for a fit, with a person who came once and directly, long ago."""
    files = tmp_path_factory.mktemp("files")
    write(Plan(world=world_named("mild-intent"), persons=6_000, seed=1), files, threads=1)
    (files / "t.csv").write_text(
        "person,occurred_at,channel\nx,2026-01-02T00:00:00Z,display\nx,2026-02-27T00:00:00Z,direct\n"
        "y,2026-02-27T00:00:00Z,email\n"
    )
    (files / "c.csv").write_text(
        "conversion_id,person,occurred_at,value,currency,goal\nx1,x,2026-02-28T00:00:00Z,10.01,USD,purchase\n"
        "n1,nobody,2026-02-28T00:00:00Z,10.01,USD,purchase\ny1,y,2026-02-28T00:00:00Z,5,USD,deal_won\n"
    )
    with Workspace(tmp_path_factory.mktemp("market")) as made:
        for kind in ("touchpoints", "conversions", "persons"):
            made.import_([files / f"{kind}.parquet"], kind=kind)
        made.import_([files / "t.csv"], kind="touchpoints")
        made.import_([files / "c.csv"], kind="conversions")
        yield made


def longest(market: Workspace) -> list[str]:
    found = market.sql("select conversion_id from journeys order by step_count desc, conversion_id limit 5")
    return list(found.column(0).to_pylist())


def test_credit_and_what_is_left_make_one_and_the_net_value_for_every_model(market: Workspace) -> None:
    for conversion_id in (*longest(market), "x1", "n1", "y1"):
        said = market.explain(conversion_id)
        left, touches = said["conversion"], said["touches"]
        for model in MODELS:
            shares = sum(touch["credit"].get(model, 0) for touch in touches)
            values = sum(Decimal(touch["value"].get(model, "0")) for touch in touches)
            assert shares + left["unattributed"][model] == pytest.approx(1, abs=1e-9)
            assert values + Decimal(left["unattributed_value"][model]) == Decimal(left["net_value"])


def test_every_touch_of_the_journey_says_what_is_behind_and_what_is_without_it(market: Workspace) -> None:
    for conversion_id in longest(market):
        said = market.explain(conversion_id)
        assert 0 < said["conversion"]["unattributed"]["incremental"] < 1
        for touch in said["touches"]:
            there = LEARNING if touch["step"] else set()
            assert set(touch["behind"]) == set(touch["without"]) == there
            assert all(each["says"] for part in ("behind", "without") for each in touch[part].values())


def test_an_older_touch_and_a_direct_one_say_why_they_get_nothing(market: Workspace) -> None:
    said = market.explain("x1", model="incremental")

    assert [touch["credit"] for touch in said["touches"]] == [{"incremental": 0}, {"incremental": 0}]
    assert [touch["notes"]["incremental"] for touch in said["touches"]] == [
        "more than 40 days before the conversion: the model looks no further back",
        "by definition: there is nothing to switch off",
    ]
    assert said["conversion"]["unattributed"] == {"incremental": 1}


def test_a_goal_without_a_fit_says_how_few_conversions_it_has(market: Workspace) -> None:
    [touch] = market.explain("y1")["touches"]

    why = "no fit: deal_won has fewer than 50 conversions (1)"
    assert touch["behind"]["incremental"] == {"why": why}
    assert touch["notes"] == {"incremental": why}
    assert set(touch["without"]) == LEARNING - {"incremental"}


def test_what_an_answer_says_now_it_says_as_of_now(market: Workspace) -> None:
    assert market.explain("x1", as_of="2100-01-01T00:00:00Z") == market.explain("x1")
