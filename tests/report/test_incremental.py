"""Incremental: through a workspace, what is credited and what is left unattributed add up, at every door."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from headwater.sandbox.worlds.catalogue import world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = ("touchpoints", "conversions", "persons", "spend")
PUSH = {"paid_social", "display", "paid_video", "email"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("market")
    write(Plan(world=world_named("mild-intent"), persons=20_000, seed=1), out, threads=1)
    return out


@pytest.fixture(scope="module")
def shop(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(tmp_path_factory.mktemp("shop")) as made:
        for kind in KINDS:
            made.import_([files / f"{kind}.parquet"], kind=kind)
        made.build()
        yield made


def credited(shop: Workspace, **options: Any) -> dict[str, dict[str, Any]]:
    result = shop.report("attribution", models="incremental", **options)
    return {row[result.columns[0]]: row for row in result.rows}


def true(files: Path) -> dict[str, float]:
    rows = pq.read_table(files / "truth.parquet").to_pylist()
    return {row["channel"]: row["conversions"] for row in rows if row["campaign"] is None}


def test_what_is_credited_and_what_is_not_add_up_to_all_conversions(shop: Workspace) -> None:
    for by in ("channel", "campaign", "source"):
        result = shop.report("attribution", by=by, models="incremental")
        left = result.meta["unattributed"]["incremental"]

        whole = sum(row["conversions"] for row in result.rows) + left["conversions"]
        assert whole == pytest.approx(result.meta["total_conversions"], abs=1e-6)
        money = sum((row["value"] for row in result.rows), Decimal(0)) + Decimal(str(left["value"]))
        assert money == Decimal(str(result.meta["total_value"]))
        assert left["conversions"] > 0.4 * result.meta["total_conversions"]


def test_most_of_what_is_true_lies_within_the_intervals(shop: Workspace, files: Path) -> None:
    rows = credited(shop)
    held = [
        rows[channel]["conversions_low"] <= adds <= rows[channel]["conversions_high"]
        for channel, adds in true(files).items()
        if channel != "direct"
    ]

    assert sum(held) >= 6
    assert rows["direct"]["conversions"] == 0


def test_the_ledger_and_the_report_say_the_same(shop: Workspace) -> None:
    rows = shop.sql(
        "select channel, sum(weight) as conversions, sum(value) as value from credits "
        "where model = 'incremental' group by channel"
    ).to_pylist()

    reported = credited(shop)
    for row in rows:
        assert row["conversions"] == pytest.approx(reported[row["channel"]]["conversions"], abs=1e-9)
        assert row["value"] == reported[row["channel"]]["value"]


def test_campaigns_add_up_to_their_channel(shop: Workspace) -> None:
    by_campaign, by_channel = credited(shop, by="campaign"), credited(shop)
    search = sum(by_campaign[name]["conversions"] for name in ("search_generic", "search_category"))

    assert search == pytest.approx(by_channel["paid_search"]["conversions"], rel=1e-9)


def test_a_shorter_window_credits_only_touches_within_it(shop: Workspace) -> None:
    near = credited(shop, window="1d")
    far = credited(shop)

    assert near["paid_video"]["conversions"] < 0.8 * far["paid_video"]["conversions"]


def test_an_experiment_moves_its_channel_and_is_named(shop: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "experiments.csv"
    file.write_text(
        "channel,goal,since,until,incremental,standard_error,kind,source\n"
        "retargeting,purchase,2026-01-01,2026-03-01,2,0.5,holdout,our own\n"
    )
    before = credited(shop)
    shop.import_([file], kind="experiments")
    after = credited(shop)

    assert abs(after["retargeting"]["conversions"] - 2) < abs(before["retargeting"]["conversions"] - 2)
    assert after["retargeting"]["conversions"] == pytest.approx(2, abs=1.5)
    said = shop.sql(
        "select evidence from incremental_effects where channel = 'retargeting' and campaign is null"
    )
    assert "our own" in said.column(0)[0].as_py()


def test_an_incremental_build_gives_the_numbers_of_a_full_one(files: Path, tmp_path: Path) -> None:
    whole, early, late = (
        pq.read_table(files / "touchpoints.parquet"),
        tmp_path / "1.parquet",
        tmp_path / "2.parquet",
    )
    pq.write_table(whole.slice(0, 60_000), early)
    pq.write_table(whole.slice(60_000), late)
    with Workspace(tmp_path / "one") as shop:
        for kind in KINDS[1:]:
            shop.import_([files / f"{kind}.parquet"], kind=kind)
        shop.import_([early], kind="touchpoints")
        first = credited(shop)
        shop.import_([late], kind="touchpoints")
        step_by_step = credited(shop)
        shop.build(full=True)

        assert credited(shop) == step_by_step != first


def test_too_few_conversions_credit_nothing_and_leave_all_unattributed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("person,occurred_at,channel\na,2026-01-01T00:00:00Z,email\n")
    (tmp_path / "c.csv").write_text("person,occurred_at,value,currency\na,2026-01-02T00:00:00Z,10,EUR\n")
    with Workspace(tmp_path / "small") as shop:
        shop.import_([tmp_path / "t.csv"], kind="touchpoints")
        shop.import_([tmp_path / "c.csv"], kind="conversions")
        result = shop.report("compare", models="linear,incremental")

        assert result.rows[0]["linear"] == 1
        assert result.rows[0]["incremental"] == 0
        assert result.meta["unattributed"]["incremental"]["conversions"] == 1


def test_imported_paths_have_no_times_and_stay_unattributed(tmp_path: Path) -> None:
    rows = [f"email > search,{number % 2},10,1" for number in range(200)]
    (tmp_path / "p.csv").write_text("\n".join(["path,conversions,value,nulls", *rows]))
    with Workspace(tmp_path / "paths") as shop:
        shop.import_([tmp_path / "p.csv"], kind="paths")
        result = shop.report("compare", models="linear,incremental")

        assert sum(row["linear"] for row in result.rows) == 100
        assert sum(row["incremental"] for row in result.rows) == 0
        assert result.meta["unattributed"]["incremental"]["conversions"] == 100
