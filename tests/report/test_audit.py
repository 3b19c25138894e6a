"""Audit: spend and landings meet by campaign and day; what misses the other side is said."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from headwater.contract.query import ReportQuery, ReportTable
from headwater.contract.settings import parsed
from headwater.report import answer

if TYPE_CHECKING:
    from .conftest import World

KNOWN = datetime(2026, 2, 1)


def paid(world: World, campaign: str | None, *days: int, source: str = "google", **columns: Any) -> None:
    for day in days:
        world.touch(
            "ada", day, columns.pop("channel", "paid_search"), source=source, campaign=campaign, **columns
        )


def spent(world: World, campaign: str | None, *days: int, clicks: int = 1, **columns: Any) -> None:
    for day in days:
        told = {
            "platform": "Google Ads",
            "account_id": "a",
            "campaign_id": None,
            "adset_id": None,
            "ad_id": None,
        }
        world.row(
            "spend",
            **told
            | {"campaign": campaign, "spend": Decimal(10), "currency": "USD", "clicks": clicks}
            | columns,
            spent_on=date(2026, 1, 1 + day),
            known_at=KNOWN,
        )


def verdicts(table: ReportTable) -> dict[tuple[str, str], str]:
    return {(row["source"], row["campaign"]): row["verdict"] for row in table.rows}


def asked(world: World, **query: Any) -> ReportTable:
    return answer("audit", world.context(), ReportQuery(**query))


def test_a_campaign_that_money_and_visits_agree_on_is_ok(world: World) -> None:
    spent(world, "Spring Sale", 1, 2, 3)
    paid(world, "spring_sale", 1, 2, 3)

    [row] = asked(world).rows

    assert (row["campaign"], row["verdict"], row["landings"]) == ("Spring Sale", "ok", 3)
    assert row["spend"] == Decimal(30)


def test_a_campaign_is_found_by_its_id_too(world: World) -> None:
    spent(world, "Spring", 1, campaign_id="4711")
    paid(world, "4711", 1)

    assert verdicts(asked(world)) == {("google", "Spring"): "ok"}


def test_spend_without_landings_comes_first_and_says_what_came_untagged(world: World) -> None:
    spent(world, "lost", 1, 2)
    spent(world, "found", 1)
    paid(world, "found", 1)
    paid(world, None, 1, 2, click_id_name="gclid")

    table = asked(world)

    assert table.rows[0]["campaign"] == "lost"
    assert table.rows[0]["untagged_landings"] == 2
    assert verdicts(table) == {
        ("google", "lost"): "spend without landings",
        ("google", "found"): "ok",
        ("google", "(none)"): "landings without spend",
    }


def test_spend_without_a_campaign_takes_no_other_campaigns_visits(world: World) -> None:
    spent(world, "known", 1)
    spent(world, None, 1)
    paid(world, None, 1)

    assert verdicts(asked(world)) == {
        ("google", "known"): "spend without landings",
        ("google", "(none)"): "ok",
    }


def test_paid_landings_without_spend_are_told_and_unpaid_ones_are_not(world: World) -> None:
    paid(world, "summer", 1, source="bing")
    paid(world, "news", 1, source="newsletter", channel="email")

    assert verdicts(asked(world)) == {("bing", "summer"): "landings without spend"}


def test_a_gap_counts_only_where_the_days_beside_it_are_empty_too(world: World) -> None:
    spent(world, "spring", 1, 2, 6)
    paid(world, "spring", 1)

    table = asked(world)

    assert table.rows[0]["verdict"] == "days without landings"
    assert [(row["day"], row["spend"], row["landings"]) for row in table.meta["days"]] == [
        (date(2026, 1, 7), Decimal(10), 0)
    ]


def test_few_landings_for_many_clicks_are_told(world: World) -> None:
    spent(world, "spring", 1, clicks=20)
    paid(world, "spring", *[1] * 9)

    assert verdicts(asked(world)) == {("google", "spring"): "few landings"}


def test_days_bound_both_sides(world: World) -> None:
    spent(world, "spring", 1, 9)
    paid(world, "spring", 1)

    table = asked(world, since=date(2026, 1, 1), until=date(2026, 1, 3))

    assert verdicts(table) == {("google", "spring"): "ok"}
    assert table.rows[0]["spend"] == Decimal(10)


def test_visits_are_counted_by_what_their_tags_lack(world: World) -> None:
    world.settings = parsed({"naming": {"sources": ["google"], "mediums": ["cpc"]}})
    tags = [
        {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "a"},
        {"utm_source": "gogle", "utm_medium": "ppc"},
        {"click_id_name": "gclid"},
        {},
    ]
    for number, told in enumerate(tags):
        world.touch(
            "ada", 1, "other" if number == 1 else "email", click_id_name=told.get("click_id_name"),
            source=told.get("utm_source"), medium=told.get("utm_medium"),
        )  # fmt: skip
        if told:
            world.row("landings", session_id=f"t{number + 1:03d}", **told)

    counted = {row["finding"]: (row["visits"], row["share"]) for row in asked(world).meta["tags"]}

    assert counted == {
        "tagged": (2, 0.5),
        "click id only": (1, 0.25),
        "missing source": (0, 0.0),
        "missing medium": (0, 0.0),
        "missing campaign": (1, 0.25),
        "unknown source": (1, 0.25),
        "unlisted medium": (1, 0.25),
        "no channel": (1, 0.25),
    }


@pytest.mark.parametrize("limit", [1, None])
def test_a_limit_cuts_rows_and_says_how_many(world: World, limit: int | None) -> None:
    spent(world, "a", 1)
    spent(world, "b", 1)

    table = asked(world, limit=limit)

    assert (len(table.rows), table.meta["left_out_rows"]) == ((1, 1) if limit else (2, 0))
    assert table.meta["verdicts"]["spend without landings"] == 2


def test_visits_from_another_source_belong_to_the_only_platform_that_paid(world: World) -> None:
    spent(world, "lookalike", 1, platform="Meta")
    paid(world, "lookalike", 1, source="instagram", channel="paid_social")

    assert verdicts(asked(world)) == {("facebook", "lookalike"): "ok"}


def test_visits_of_a_campaign_that_two_platforms_paid_for_stay_with_their_source(world: World) -> None:
    spent(world, "spring", 1)
    spent(world, "spring", 1, platform="Meta")
    paid(world, "spring", 1, source="bing")

    assert verdicts(asked(world))["bing", "spring"] == "landings without spend"
