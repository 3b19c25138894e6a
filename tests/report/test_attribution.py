"""Attribution: intervals, and spend that always adds up to what was paid."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.contract.query import ReportQuery, ReportTable
from headwater.report import answer
from headwater.report.measure.intervals import low_high

from .conftest import solvable

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext

    from .conftest import World

KNOWN = datetime(2026, 2, 1)


def attribution(context: ReportContext, *named: str, **asked: Any) -> ReportTable:
    return answer("attribution", context, ReportQuery(models=named or ("last",), **asked))


def pay(world: World, spend: str, **columns: Any) -> World:
    there = {
        "platform": "google_ads",
        "account_id": "1",
        "spent_on": date(2026, 1, 3),
        "currency": "USD",
        "known_at": KNOWN,
    }
    return world.row("spend", spend=Decimal(spend), **(there | columns))


def spent(table: ReportTable) -> dict[str, Decimal | None]:
    return {row[table.columns[0]]: row["spend"] for row in table.rows}


def test_the_columns_are_those_of_the_contract(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)

    table = attribution(world.context(), "first", "markov")

    assert table.columns == (
        "channel", "model", "conversions", "conversions_low", "conversions_high",
        "value", "value_low", "value_high", "spend", "roas", "cpa",
        "rank", "rank_low", "rank_high", "above_next",
    )  # fmt: skip
    assert [(row["channel"], row["model"]) for row in table.rows] == [("email", "first"), ("email", "markov")]


def test_the_interval_is_that_of_persons_as_blocks(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2, "10").buy("ada", 3, "30").touch("bo", 1).buy("bo", 2, "10").touch(
        "cy", 1
    )

    row = attribution(world.context()).rows[0]

    # credit by person: 2, 1, 0; sum 3, squares 5, three persons; money 40, 10, 0
    assert (row["conversions_low"], row["conversions_high"]) == low_high(3, sqrt(5 - 9 / 3))
    assert (float(row["value_low"]), float(row["value_high"])) == low_high(50, sqrt(1700 - 2500 / 3))


def test_an_aggregated_path_stands_for_many_persons_and_not_for_one(world: World) -> None:
    world.touch("path:1", 1).buy("path:1", 2, "100", conversion_count=100)
    world.touch("path:2", 1, "display").buy("path:2", 2, "100", conversion_count=100)

    row = attribution(world.context()).rows[0]

    assert row["conversions_high"] - row["conversions"] < 20


def test_a_model_that_cannot_be_solved_again_says_that_it_has_no_interval(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)

    table = attribution(world.context(), "markov")

    assert table.rows[0]["conversions_low"] is None
    assert table.rows[0]["value_high"] is None
    assert table.meta["intervals"]["markov"].startswith("none")


def test_every_model_of_the_registry_has_intervals_by_every_dimension(world: World) -> None:
    for number in range(40):
        name, campaign = f"person {number}", f"campaign {number % 3}"
        world.touch(name, 1, ("email", "display")[number % 2], campaign=campaign).touch(name, 2, "direct")
    for number in range(0, 40, 4):
        world.buy(f"person {number}", 3)
    context = solvable(world)

    for by in ("channel", "campaign"):
        table = attribution(context, *context.models, by=by)
        for row in table.rows:
            assert row["conversions_low"] <= row["conversions"] <= row["conversions_high"], row
            assert row["value_low"] <= row["value"] <= row["value_high"], row
            assert row["rank_low"] <= row["rank"] <= row["rank_high"], row
        assert {said[:4] for said in table.meta["intervals"].values()} == {"95 %"}


def test_a_row_that_only_has_spend_has_no_credit_for_certain_and_no_rank(world: World) -> None:
    world.touch("ada", 1, campaign="77").buy("ada", 2)
    pay(world, "2", campaign="Dark", campaign_id="78")

    row = attribution(world.context(), by="campaign").rows[1]

    assert (row["campaign"], row["conversions_low"], row["conversions_high"]) == ("Dark", 0.0, 0.0)
    assert "rank" not in row


def test_return_and_cost_are_of_the_matched_spend(world: World) -> None:
    world.touch("ada", 1, "paid_search", source="google", campaign="brand").buy("ada", 2, "100")
    pay(world, "40", campaign="brand")

    row = attribution(world.context()).rows[0]

    assert (row["spend"], row["roas"], row["cpa"]) == (Decimal(40), 2.5, Decimal(40))


def test_a_channel_gets_the_spend_of_its_campaigns_touchpoints(world: World) -> None:
    world.touch("ada", 1, "paid_shopping", source="google", campaign="77").buy("ada", 2)
    world.touch("bo", 1, "paid_social", source="facebook", campaign="spring").buy("bo", 2)
    pay(world, "1", campaign="Shopping", campaign_id="77")
    pay(world, "2", campaign="spring", platform="Meta Ads")
    pay(world, "4", campaign="spring", account_id="2")
    pay(world, "8", campaign="unknown", account_id="3")
    pay(world, "16", platform="corner shop")

    table = attribution(world.context())

    # spring on google has no google touchpoint: the campaign alone decides; unknown: the platform does
    assert spent(table) == {
        "paid_shopping": Decimal(1),
        "paid_social": Decimal(6),
        "paid_search": Decimal(8),
        "(unmatched spend)": Decimal(16),
    }


def test_a_campaign_without_credit_keeps_its_spend_in_a_row_of_its_own(world: World) -> None:
    world.touch("ada", 1, campaign="77").buy("ada", 2)
    pay(world, "1", campaign="Shopping", campaign_id="77")
    pay(world, "2", campaign="Dark", campaign_id="78")
    pay(world, "4")

    table = attribution(world.context(), by="campaign")

    assert spent(table) == {"77": Decimal(1), "Dark": Decimal(2), "(unmatched spend)": Decimal(4)}
    assert table.rows[1]["conversions"] == 0
    assert table.rows[1]["cpa"] is None


def test_the_latest_import_of_a_day_replaces_the_whole_day(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)
    pay(world, "100", campaign="a", known_at=KNOWN - timedelta(days=1))
    pay(world, "100", campaign="b", known_at=KNOWN - timedelta(days=1))
    pay(world, "7", campaign="a")
    pay(world, "3", campaign="c", account_id="2", known_at=KNOWN - timedelta(days=9))

    context = world.context()

    assert attribution(context).meta["total_spend"] == Decimal(10)
    before = attribution(context, as_of=KNOWN - timedelta(hours=1))
    assert before.meta["total_spend"] == Decimal(203)


def test_spend_in_another_currency_takes_the_rate_of_its_day(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2)
    world.row("fx_rates", currency="USD", rated_on=date(2026, 1, 1), per_eur=1.25)
    pay(world, "100", currency="EUR")
    pay(world, "100", currency="XXX", account_id="2")

    table = attribution(world.context())

    assert table.meta["total_spend"] == Decimal(125)
    assert table.meta["unconverted_spend"] == {"XXX": Decimal(100)}


PLATFORMS = st.sampled_from(["google_ads", "Meta", "tiktok", "own paper", ""])
NAMES = st.sampled_from(["brand", "spring", "nowhere", ""])
PAID = st.lists(st.tuples(PLATFORMS, NAMES, st.decimals(0, 10**6, places=2).map(str)), max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(paid=PAID, by=st.sampled_from(["channel", "source", "medium", "campaign", "ad"]))
def test_spend_adds_up_to_all_that_was_paid_for_every_model(
    new_world: type[World], paid: list[Any], by: str
) -> None:
    world = new_world().touch("ada", 1, "paid_search", source="google", campaign="brand").buy("ada", 2)
    world.touch("bo", 1, "paid_social", source="facebook", campaign="spring").buy("bo", 2)
    for account, (platform, campaign, spend) in enumerate(paid):
        pay(world, spend, platform=platform, campaign=campaign, account_id=str(account))

    table = attribution(world.context(), "first", "linear", by=by)

    whole = sum((Decimal(spend) for _, _, spend in paid), Decimal(0))
    for model in ("first", "linear"):
        assert sum(row["spend"] or 0 for row in table.rows if row["model"] == model) == whole
