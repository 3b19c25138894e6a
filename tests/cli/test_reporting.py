"""Reporting: reports, explanations and timelines in every format."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from headwater.report import REPORTS
from tests.cli.shell import HEADWATER, as_json, environment, well

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_name_the_reports_are_listed() -> None:
    assert [row["report"] for row in as_json("report")] == list(REPORTS)


def test_a_report_as_json_has_the_contracts_shape(workspace: Path) -> None:
    said = as_json("report", "compare", "--by", "channel", "--model", "first,last", "--dir", workspace)

    assert list(said) == ["report", "columns", "rows", "meta"]
    assert {
        "as_of",
        "complete_to",
        "settings_version",
        "models",
        "window",
        "currency",
        "unattributed",
    } <= set(said["meta"])
    by_channel = {row["channel"]: row for row in said["rows"]}
    assert by_channel["paid_search"]["first_value"] == "30.00"
    assert by_channel["email"]["last_value"] == "42.50"


def test_a_move_of_money_is_asked_of_the_budget_alone(workspace: Path) -> None:
    said = as_json("report", "budget", "--model", "linear", "--dir", workspace)
    assert said["meta"]["measure"] == "value"
    assert said["columns"][:4] == ["from", "to", "model", "amount"]

    for report in ("compare", "budget"):
        asked = [HEADWATER, "report", report, "--move", "a:b:5", "--dir", str(workspace)]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, env=environment())
        assert done.returncode != 0
        assert "Hint:" in done.stderr


def test_options_narrow_a_report(workspace: Path) -> None:
    said = as_json(
        "report",
        "compare",
        "--by",
        "campaign",
        "--model",
        "last",
        "--since",
        "2026-03-04",
        "--dir",
        workspace,
    )

    assert [(row["campaign"], row["last"]) for row in said["rows"] if row["last"]] == [("news", 1.0)]


def test_a_table_is_for_people(workspace: Path) -> None:
    said = well("report", "compare", "--model", "first", "--dir", workspace)

    assert "paid_search" in said
    assert "currency: USD" in said


def test_csv_and_parquet_hold_the_same_rows(workspace: Path) -> None:
    words = ("report", "compare", "--model", "first", "--dir", str(workspace))

    lines = well(*words, "--format", "csv").splitlines()
    parquet = subprocess.run(
        [HEADWATER, *words, "--format", "parquet"],
        env=environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert lines[0].startswith("channel,first")
    assert pq.read_table(io.BytesIO(parquet.stdout)).num_rows == len(lines) - 1


def test_explain_gives_each_touch_its_share(workspace: Path) -> None:
    said = as_json("explain", "o1", "--dir", workspace)

    assert said["conversion"]["conversion_id"] == "o1"
    assert [touch["credit"]["linear"] for touch in said["touches"]] == [0.5, 0.5]
    assert [touch["credit"]["last"] for touch in said["touches"]] == [0.0, 1.0]


def test_explain_for_people_shows_the_channels_and_shares(workspace: Path) -> None:
    said = well("explain", "o1", "--model", "linear", "--dir", workspace)

    assert "conversion_id o1" in said
    assert "paid_search" in said
    assert "0.5000" in said


def test_a_person_is_found_by_the_customer_id(workspace: Path) -> None:
    said = as_json("person", "ada", "--dir", workspace)

    assert [touch["channel"] for touch in said["touchpoints"]] == ["paid_search", "email"]
    assert "user:ada" in well("person", "user:ada", "--dir", workspace)
