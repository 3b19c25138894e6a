"""Importing: files from the command line, and the tables from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.cli.importing import text
from tests.cli.shell import ORDERS, as_json, headwater, well

if TYPE_CHECKING:
    from pathlib import Path


def test_import_makes_the_workspace_and_builds(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)

    said = as_json("import", tmp_path / "orders.csv", "--as", "conversions", "--dir", tmp_path / "new")

    assert (said["received"], said["stored"], said["build"]["conversions"]) == (2, 2, 2)


def test_the_same_file_again_is_all_duplicates(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    words = ("import", tmp_path / "orders.csv", "--as", "conversions", "--dir", tmp_path / "new")

    as_json(*words)
    said = as_json(*words)

    assert (said["stored"], said["duplicate"]) == (0, 2)


def test_a_dry_run_counts_and_stores_nothing(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    place = tmp_path / "new"

    said = well("import", tmp_path / "orders.csv", "--as", "conversions", "--dry-run", "--dir", place)

    assert said.startswith("2 received = 2 would be stored + 0 duplicate + 0 refused")
    assert as_json("sql", "select count(*) as n from conversions", "--dir", place)["rows"] == [{"n": 0}]


def test_columns_are_mapped_rows_picked_and_stdin_read(tmp_path: Path) -> None:
    theirs = ORDERS.replace("conversion_id", "Order No").replace("value", "Total")

    said = as_json(
        "import", "-", "--as", "conversions", "--map", "Order No=conversion_id,Total=value",
        "--where", "person = 'ada'", "--dir", tmp_path / "new", stdin=theirs,
    )  # fmt: skip

    assert said["stored"] == 1
    row = as_json("sql", "select conversion_id, value from conversions", "--dir", tmp_path / "new")["rows"]
    assert row == [{"conversion_id": "o1", "value": "30.00"}]


def test_a_wrong_row_is_told_with_its_reason_and_stops_no_good_one(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS + "o3,cy,not a time,purchase,1.00,USD\n")

    said = well("import", tmp_path / "orders.csv", "--as", "conversions", "--dir", tmp_path / "new")

    assert said.startswith("3 received = 2 stored + 0 duplicate + 1 refused\n  refused, ")
    assert "report quality" in said


def test_a_missing_column_names_itself_and_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,who,total\n1,ada,2\n")

    done = headwater("import", tmp_path / "orders.csv", "--as", "conversions", "--dir", tmp_path / "new")

    assert done.returncode in (1, 2)
    assert "occurred_at" in done.stderr
    assert "total" in done.stderr


def test_build_says_what_it_did(workspace: Path) -> None:
    assert as_json("build", "--full", "--dir", workspace)["mode"] == "full"
    assert well("build", "--dir", workspace).startswith("nothing new: 0 events, 4 touchpoints, 2 conversions")


def test_the_summary_tells_of_replaced_days() -> None:
    done = {"received": 1, "stored": 1, "duplicate": 0, "refused": 0, "reasons": {}, "replaced_days": 1200}

    assert text(done, dry_run=False).splitlines()[1] == "  1,200 days of spend replaced by newer figures"


def test_a_time_without_a_zone_is_read_in_the_workspaces_zone_and_told(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "conversion_id,person,occurred_at,value\n1,ada,2026-05-31 12:00:00,5\n2,bo,2026-05-31T12:00:00Z,5\n"
    )

    said = well("import", tmp_path / "orders.csv", "--as", "conversions", "--dir", tmp_path / "new")

    assert "1 times name no zone and were read as UTC" in said
