"""Lift: naive beside like for like, against worlds whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from headwater.contract.query import ReportQuery, ReportTable
from headwater.report import answer
from headwater.report.measure.rate_ratio import LEAST
from headwater.sandbox.worlds.catalogue import world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from headwater.contract.query import ReportContext

    from .conftest import World

PAID = (
    "paid_social", "display", "paid_video", "email", "paid_search", "brand_search", "retargeting", "affiliate",
)  # fmt: skip


def asked(context: ReportContext, **query: Any) -> ReportTable:
    return answer("lift", context, ReportQuery(**query))


def by_value(table: Any) -> dict[str, dict[str, Any]]:
    return {row[table.columns[0]]: row for row in table.rows}


def seminar(world: World, *, early: int = 0) -> World:
    """Let 40 persons of 200 meet a webinar on day 10 and 30 of them buy on day 12; of the others 16 buy.

    `early` more who met it had bought before.
    """
    for number in range(200):
        name = f"p{number}"
        world.touch(name, 1, "email")
        if number < 40:
            world.touch(name, 10, "partner", kind="webinar")
        if number < 30 or 40 <= number < 56:
            world.buy(name, 12)
        elif number < 30 + early:
            world.buy(name, 5)
    return world.touch("p199", 40, "email")


def test_persons_met_and_not_met_are_counted_with_their_naive_ratio(world: World) -> None:
    rows = by_value(asked(seminar(world).context(), by="kind"))

    webinar = rows["webinar"]
    assert (webinar["met"], webinar["not_met"]) == (40, 160)
    assert (webinar["converted_met"], webinar["converted_not_met"]) == (30, 16)
    assert webinar["naive"] == pytest.approx((30 / 40) / (16 / 160))
    assert webinar["low"] < webinar["adjusted"] < webinar["high"]
    assert webinar["finding"].startswith("naive 7.5x, adjusted ")
    assert webinar["taken_away"] == pytest.approx(webinar["naive"] - webinar["adjusted"])


def test_who_converted_before_the_touch_was_not_lifted_by_it(world: World, new_world: type[World]) -> None:
    without = by_value(asked(seminar(world).context(), by="kind"))["webinar"]
    before = by_value(asked(seminar(new_world(), early=10).context(), by="kind"))["webinar"]

    assert before["naive"] > 1.3 * without["naive"]
    assert before["converted_exposed"] == without["converted_exposed"] == 30
    assert before["converted_unexposed"] == without["converted_unexposed"] + 10


def test_with_too_few_conversions_there_is_no_number(world: World) -> None:
    for number in range(2 * LEAST):
        world.touch(f"p{number}", 1, "email" if number % 2 else "display")
        if number % 2 and number < 2 * LEAST - 2:
            world.buy(f"p{number}", 2)

    rows = by_value(asked(world.context()))

    assert {row["finding"] for row in rows.values()} == {"too few"}
    assert rows["email"]["naive"] is rows["email"]["adjusted"] is rows["email"]["low"] is None


def test_a_shorter_window_watches_shorter(world: World) -> None:
    from datetime import timedelta as days

    def exposed(window: timedelta) -> float:
        context = seminar(world).context() if not world.touchpoints else world.context()
        row = by_value(asked(context, by="kind", window=window))["webinar"]
        assert isinstance(row["days_exposed"], float)
        return row["days_exposed"]

    assert exposed(days(days=5)) == pytest.approx(40 * 5)
    assert exposed(days(days=10)) == pytest.approx(40 * 10)


def test_limit_cuts_rows_and_says_how_many(world: World) -> None:
    table = asked(seminar(world).context(), limit=1)

    assert [row["channel"] for row in table.rows] == ["email"]
    assert table.meta["left_out_values"] == 1


def test_a_segment_is_adjusted_for_where_it_tells_rates_apart(world: World) -> None:
    for number in range(400):
        name, is_large = f"p{number}", number < 100
        world.touch(name, 1, "email")
        if number % 10 == 0 or (is_large and number % 2):
            world.touch(name, 2, "webinar")
        if (is_large and number % 4 < 2) or (not is_large and number // 10 % 10 == 0):
            world.buy(name, 5)
        size = "large" if is_large else "small"
        world.row(
            "imported_persons", person=f"user:{name}", attributes=f'{{"size": "{size}", "no": "{number}"}}'
        )

    table = asked(world.context())
    row = by_value(table)["webinar"]

    assert table.meta["adjusted_for"][0] == "attribute size"
    assert row["timed"] > 2
    assert row["adjusted"] < 0.6 * row["timed"]
    assert row["low"] < 1 < row["high"]
    assert by_value(asked(world.context(), segment="size=large"))["webinar"]["met"] == 60


def test_the_order_of_two_values_is_compared_among_those_who_met_the_second(world: World) -> None:
    for number in range(200):
        name = f"p{number}"
        if number < 80:
            world.touch(name, 1, "demo")
        world.touch(name, 3, "pricing")
        if number < 40 or 80 <= number < 100:
            world.buy(name, 4)

    pairs = asked(world.context()).meta["pairs"]

    assert [(pair["earlier"], pair["later"]) for pair in pairs] == [("demo", "pricing")]
    only = pairs[0]
    assert (only["met_before"], only["met_without"]) == (80, 120)
    assert (only["converted_before"], only["converted_without"]) == (40, 20)
    assert only["naive"] == pytest.approx((40 / 80) / (20 / 120))
    assert only["adjusted"] == pytest.approx(only["naive"])
    assert only["low"] < 3 < only["high"]


def test_aggregated_paths_and_persons_never_observed_are_left_out(world: World) -> None:
    seminar(world).touch("path:x", 1, "social", kind="path").buy("path:x", 3, conversion_count=40)
    world.buy("nobody", 5)
    table = asked(world.context())

    assert table.meta["persons"] == 200
    assert table.meta["left_out_conversions"] == 1


def test_it_says_that_it_is_no_experiment(world: World) -> None:
    notes = " ".join(asked(seminar(world).context()).meta["notes"])

    assert "not what was caused" in notes
    assert "incremental" in notes


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Workspace, Path]]]:
    opened = {}
    for name in ("random", "strong-intent"):
        files = tmp_path_factory.mktemp(name)
        write(Plan(world=world_named(name), persons=20_000, seed=3), files, threads=1)
        shop = Workspace(tmp_path_factory.mktemp("shop"))
        for kind in ("touchpoints", "conversions", "persons"):
            shop.import_([files / f"{kind}.parquet"], kind=kind)
        opened[name] = shop, files
    yield opened
    for shop, _ in opened.values():
        shop.close()


def true_ratios(shop: Workspace, files: Path, rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return by how much conversions are more where a channel was met, from the world's own increments."""
    del shop
    truth = pq.read_table(files / "truth.parquet").to_pylist()
    adds = {row["channel"]: row["conversions"] for row in truth if row["campaign"] is None}
    came = {name: rows[name]["converted_exposed"] for name in PAID}
    return {name: came[name] / (came[name] - adds[name]) for name in PAID}


def test_where_exposure_is_random_the_adjusted_ratio_is_the_true_effect(
    shops: dict[str, tuple[Workspace, Path]],
) -> None:
    shop, files = shops["random"]
    rows = by_value(shop.report("lift", window="30d"))

    true = true_ratios(shop, files, rows)

    held = [name for name in PAID if rows[name]["low"] <= true[name] <= rows[name]["high"]]
    assert len(held) >= 6
    assert rows["direct"]["low"] <= 1 <= rows["direct"]["high"]


def test_where_ads_chase_want_naive_is_far_too_high_and_the_adjustment_takes_most_of_it(
    shops: dict[str, tuple[Workspace, Path]],
) -> None:
    shop, files = shops["strong-intent"]
    table = shop.report("lift", window="30d")
    rows = by_value(table)

    true = true_ratios(shop, files, rows)

    for name in PAID:
        assert rows[name]["naive"] > 1.25 * true[name]
        assert abs(rows[name]["adjusted"] - true[name]) < 0.6 * (rows[name]["naive"] - true[name])
    assert table.meta["adjusted_for"][0] == "attribute segment"
    assert len(table.meta["pairs"]) == 20


def test_the_answer_is_the_same_at_every_asking(shops: dict[str, tuple[Workspace, Path]]) -> None:
    shop, _ = shops["random"]

    assert shop.report("lift", by="campaign").rows == shop.report("lift", by="campaign").rows
