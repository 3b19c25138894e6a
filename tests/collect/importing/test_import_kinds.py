"""Importing each kind: how its rows meet what is there already."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from headwater.attribution.channel_roles import role_of
from headwater.collect.imports import imported
from headwater.sandbox.worlds.catalogue import world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from import_shop import Shop

SPEND = "platform,account_id,date,campaign_id,cost,currency,clicks\n"
ORDERS = "conversion_id,person,occurred_at,goal,value,currency\n"
ORDER = "o1,ada,2026-03-15T09:30:00Z,purchase,100,EUR\n"


def _at(hour: int) -> datetime:
    return datetime(2026, 4, 1, hour, tzinfo=UTC)


def test_a_corrected_day_of_spend_replaces_the_old_one(shop: Shop) -> None:
    shop.bring(
        SPEND + "g,a,2026-03-01,c1,10,USD,1\ng,a,2026-03-02,c1,20,USD,2\n", kind="spend", known_at=_at(1)
    )

    summary = shop.bring(
        SPEND + "g,a,2026-03-01,c1,15,USD,1\ng,a,2026-03-02,c1,20,USD,2\n", kind="spend", known_at=_at(2)
    )

    assert (summary.stored, summary.duplicate, summary.replaced_days) == (1, 1, 1)
    assert shop.rows("spend", "spent_on, spend, known_at", "known_at, spent_on")[-1] == (
        date(2026, 3, 1), Decimal(15), datetime(2026, 4, 1, 2),
    )  # fmt: skip


def test_a_changed_day_is_written_whole_so_that_its_latest_rows_are_all_there_is(shop: Shop) -> None:
    shop.bring(
        SPEND + "g,a,2026-03-01,c1,10,USD,1\ng,a,2026-03-01,c2,10,USD,1\n", kind="spend", known_at=_at(1)
    )

    summary = shop.bring(
        SPEND + "g,a,2026-03-01,c1,10,USD,1\ng,a,2026-03-01,c3,9,USD,1\n", kind="spend", known_at=_at(2)
    )

    assert (summary.stored, summary.replaced_days) == (2, 1)
    assert shop.rows("spend", "campaign_id", "known_at desc, campaign_id")[:2] == [("c1",), ("c3",)]


def test_going_back_to_an_earlier_statement_of_a_day_is_news(shop: Shop) -> None:
    first, second = (SPEND + f"g,a,2026-03-01,c1,{cost},USD,1\n" for cost in (10, 15))
    shop.bring(first, kind="spend", known_at=_at(1))
    shop.bring(second, kind="spend", known_at=_at(2))

    summary = shop.bring(first, kind="spend", known_at=_at(3))

    assert (summary.stored, summary.replaced_days) == (1, 1)
    assert [cost for (cost,) in shop.rows("spend", "spend", "known_at")] == [10, 15, 10]


def test_spend_that_is_broken_down_further_adds_up_and_a_repeated_row_does_not(shop: Shop) -> None:
    rows = "g,a,2026-03-01,c1,10.5,USD,1,mobile\ng,a,2026-03-01,c1,5,USD,2,desktop\ng,a,2026-03-01,c1,5,USD,2,desktop\n"

    shop.bring(SPEND.strip() + ",device\n" + rows, kind="spend")

    assert shop.one("spend", "spend, clicks") == (Decimal("15.5"), 3)


def test_two_files_of_one_day_imported_together_add_up(shop: Shop) -> None:
    shop.bring(SPEND + "g,a,2026-03-01,c1,10,USD,1\n", SPEND + "g,a,2026-03-01,c2,5,USD,1\n", kind="spend")

    assert shop.rows("spend", "campaign_id, spend") == [("c1", Decimal(10)), ("c2", Decimal(5))]


def test_spend_without_a_currency_is_in_the_workspace_s(shop: Shop) -> None:
    shop.bring("platform,date,cost\ng,20260301,10\n", kind="spend", currency="EUR")

    assert shop.one("spend", "currency, spent_on, account_id, campaign_id") == (
        "EUR",
        date(2026, 3, 1),
        "",
        "",
    )


def test_a_corrected_conversion_is_a_new_version_and_the_same_one_is_not(shop: Shop) -> None:
    shop.bring(ORDERS + ORDER, kind="conversions", known_at=_at(1))
    same = shop.bring(ORDERS + ORDER, kind="conversions", known_at=_at(2), name="again.csv")

    changed = shop.bring(ORDERS + ORDER.replace("100", "90"), kind="conversions", known_at=_at(3))

    assert (same.stored, same.duplicate, changed.stored) == (0, 1, 1)
    assert shop.rows("conversions", "value, known_at", "known_at") == [
        (Decimal(100), datetime(2026, 4, 1, 1)), (Decimal(90), datetime(2026, 4, 1, 3)),
    ]  # fmt: skip


def test_a_conversion_named_twice_in_one_import_counts_as_its_last_row_says(shop: Shop) -> None:
    summary = shop.bring(ORDERS + ORDER + ORDER.replace("100", "90") * 2, kind="conversions")

    assert (summary.stored, summary.duplicate, summary.reasons) == (1, 1, {"repeated_key": 1})
    assert shop.one("conversions", "value") == (Decimal(90),)
    assert shop.refusals() == [(1, "conversion_id", "repeated_key")]


def test_conversions_keep_their_currencies_and_unknown_ones_are_refused(shop: Shop) -> None:
    rows = [
        ORDER,
        ORDER.replace("o1", "o2").replace("EUR", "usd "),
        ORDER.replace("o1", "o3").replace("EUR", "ZZZ"),
    ]

    summary = shop.bring(ORDERS + "".join(rows), kind="conversions")

    assert shop.rows("conversions", "conversion_id, currency") == [("o1", "EUR"), ("o2", "USD")]
    assert summary.reasons == {"unknown_currency": 1}


def test_a_negative_conversion_is_refused_with_the_way_out(shop: Shop) -> None:
    shop.bring(ORDERS + ORDER.replace("100", "-100"), kind="conversions")

    (detail,) = shop.one("refused", "detail")

    assert "Order Refunded" in detail


def test_a_conversion_needs_no_goal_value_or_id(shop: Shop) -> None:
    shop.bring("person,occurred_at\nada,2026-03-15T09:30:00Z\n", kind="conversions")

    assert shop.one("conversions", "goal, value, currency, length(conversion_id)") == (
        "conversion",
        Decimal(0),
        None,
        32,
    )


def test_money_is_rounded_half_to_even_at_six_digits(shop: Shop) -> None:
    values = ["0.0000005", "0.0000015", "0.24400000000000001", "1e-3", "3.0"]

    shop.bring(
        "person,occurred_at,value\n"
        + "".join(f"ada,2026-03-15T09:30:0{n}Z,{v}\n" for n, v in enumerate(values)),
        kind="conversions",
    )

    assert [str(value) for (value,) in shop.rows("conversions", "value", "occurred_at")] == [
        "0.000000", "0.000002", "0.244000", "0.001000", "3.000000",
    ]  # fmt: skip


def test_a_path_becomes_its_touches_and_equal_paths_add_up(shop: Shop) -> None:
    shop.bring("path,conversions,value,nulls\na > b > a,1,1.5,2.0\na > b > a,2,1,0\nc,0,0,4\n", kind="paths")

    assert shop.rows("paths", "step, channel, conversions, value, nulls", "conversions desc, step") == [
        (1, "a", 3, Decimal("2.5"), 2), (2, "b", 3, Decimal("2.5"), 2), (3, "a", 3, Decimal("2.5"), 2),
        (1, "c", 0, Decimal(0), 4),
    ]  # fmt: skip


def test_a_path_s_latest_totals_count_and_equal_ones_are_no_news(shop: Shop) -> None:
    shop.bring("path,conversions\na > b,1\nc,1\n", kind="paths", known_at=_at(1))

    summary = shop.bring("path,conversions\na>b,1\nc,2\n", kind="paths", known_at=_at(2))

    assert (summary.stored, summary.duplicate) == (1, 1)
    assert shop.rows("paths", "channel, conversions", "known_at, channel, conversions") == [
        ("a", 1),
        ("b", 1),
        ("c", 1),
        ("c", 2),
    ]


def test_wrong_paths_and_fractions_of_conversions_are_refused(shop: Shop) -> None:
    shop.bring("path,conversions\na >  > b,1\n,1\na,1.5\na,-1\n", kind="paths")

    assert shop.refusals() == [
        (1, "path", "bad_path"), (2, "path", "missing_value"), (3, "conversions", "bad_number"), (4, "conversions", "negative_value"),
    ]  # fmt: skip


def test_whatever_is_said_of_a_person_becomes_an_attribute(shop: Shop) -> None:
    shop.bring("person,observed_from,plan,age\nada,2026-01-01T00:00:00Z,pro,36\n", kind="persons")

    person, observed_from, attributes = shop.one("persons", "person, observed_from, attributes")

    assert (person, observed_from, json.loads(attributes)) == (
        "user:ada",
        datetime(2026, 1, 1),
        {"plan": "pro", "age": 36},
    )


def test_an_experiment_may_have_cost_conversions_and_counts_by_its_key(shop: Shop) -> None:
    head, row = (
        "channel,since,until,incremental,standard_error,kind\n",
        "Email,2026-01-01,2026-01-31,-3.5,1,holdout\n",
    )
    shop.bring(head + row, kind="experiments", known_at=_at(1))

    summary = shop.bring(
        head + row + row.replace("-3.5", "4").replace("Email", "Video"), kind="experiments", known_at=_at(2)
    )

    assert (summary.stored, summary.duplicate) == (1, 1)
    assert shop.rows("experiments", "channel, incremental", "channel") == [("Email", -3.5), ("Video", 4.0)]


def test_a_period_that_ends_before_it_begins_is_refused_and_stops_nothing_else(shop: Shop) -> None:
    tests = "channel,since,until,incremental,standard_error\n"
    persons = "person,observed_from,observed_until\n"

    found = [
        shop.bring(
            tests + "Email,2026-01-01,2026-01-01,3,1\nVideo,2026-02-01,2026-01-31,3,1\n", kind="experiments"
        ),
        shop.bring(persons + "ada,2026-02-01,2026-01-31\nbo,2026-01-01,\n", kind="persons"),
    ]

    assert [(one.stored, one.reasons) for one in found] == [(1, {"bad_period": 1})] * 2
    assert shop.rows("refused", "kind, field, detail", "kind") == [
        ("experiments", "until", "until lies before since"),
        ("persons", "observed_until", "observed_until lies before observed_from"),
    ]


def test_a_standard_error_below_zero_is_refused_without_talk_of_money(shop: Shop) -> None:
    row = "channel,since,until,incremental,standard_error\nEmail,2026-01-01,2026-01-31,3,-1\n"

    assert shop.bring(row, kind="experiments").reasons == {"negative_value": 1}
    assert shop.one("refused", "field, detail") == ("standard_error", "below zero")


def test_every_file_of_a_simulated_market_comes_in_whole(shop: Shop, tmp_path: Path) -> None:
    plan = Plan(world=world_named("strong-intent"), persons=2_000, days=30, seed=3, experiments=1)
    write(plan, tmp_path / "market")
    made = {path.stem: path for path in (tmp_path / "market").glob("*.parquet")}

    found = {
        kind: imported([made[kind]], kind=kind, root=shop.root, personal=shop.hashes)
        for kind in ("touchpoints", "conversions", "spend", "persons", "experiments")
    }

    assert {kind: (one.refused, one.duplicate) for kind, one in found.items()} == dict.fromkeys(found, (0, 0))
    assert all(one.stored == pq.read_metadata(made[kind]).num_rows > 0 for kind, one in found.items())
    channels = {channel for (channel,) in shop.rows("touchpoints", "channel")}
    assert channels == {channel.name for channel in plan.world.channels}
    assert {channel: role_of(channel) for channel in channels} == {
        channel.name: channel.role for channel in plan.world.channels
    }
