"""The bills of the ad platforms fit the clicks of the shop."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from headwater.sandbox.messages import messages
from headwater.sandbox.people import Visit, history
from headwater.sandbox.spend import COLUMNS, spend, write

if TYPE_CHECKING:
    from pathlib import Path

END = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def month() -> list[Visit]:
    return history(seed=7, persons=1500, since=END - timedelta(days=30), until=END)


def test_one_row_per_day_platform_and_campaign(month: list[Visit]) -> None:
    keys = [(row["date"], row["platform"], row["campaign"]) for row in spend(month, seed=7)]

    assert len(keys) == len(set(keys))


def test_platforms_bill_at_least_the_clicks_that_arrived(month: list[Visit]) -> None:
    paid = sum(bool(visit.arrival.platform) for visit in month)

    billed = sum(int(row["clicks"]) for row in spend(month, seed=7))

    assert paid <= billed <= 1.5 * paid


def test_campaigns_are_those_that_the_landing_pages_carry(month: list[Visit]) -> None:
    landed = " ".join(
        messages(visit)[0].body["context"]["page"]["url"] for visit in month if visit.arrival.platform
    )

    assert [
        row["campaign"] for row in spend(month, seed=7) if f"utm_campaign={row['campaign']}" not in landed
    ] == []


def test_the_file_has_the_columns_that_the_import_takes(month: list[Visit], tmp_path: Path) -> None:
    write(spend(month, seed=7), tmp_path / "spend.csv")

    with (tmp_path / "spend.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert tuple(rows[0]) == COLUMNS
    assert all(Decimal(row["cost"]) >= 0 for row in rows)
