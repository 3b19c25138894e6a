"""Upkeep: doctor, backup and restore from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tests.cli.shell import as_json, headwater, shop, well

if TYPE_CHECKING:
    from pathlib import Path


def test_doctor_finds_a_healthy_workspace_well(workspace: Path) -> None:
    found = as_json("doctor", "--dir", workspace)

    assert {row["check"]: row["is_well"] for row in found} == {
        "folder": True, "disk": True, "permissions": True, "secret key": True, "server": True, "journal": True,
        "archive": True, "tables": True, "conservation": True, "clock": True, "write key": True,
        "own domains": True, "goals": True, "tracker": True, "landings": True, "refused": True, "consent": True,
    }  # fmt: skip


def test_doctor_exits_with_1_where_something_is_wrong(workspace: Path) -> None:
    done = headwater("doctor", "--json", "--dir", workspace, HEADWATER_SECRET_KEY="quite another secret key")

    assert done.returncode == 1
    wrong = [row for row in orjson.loads(done.stdout) if not row["is_well"]]
    assert wrong[0]["check"] == "secret key"
    assert "HEADWATER_SECRET_KEY" in wrong[0]["hint"]


def test_doctor_says_that_there_is_no_workspace(tmp_path: Path) -> None:
    done = headwater("doctor", "--dir", tmp_path / "none")

    assert done.returncode == 1
    assert "headwater init" in done.stdout


def test_a_restored_backup_answers_as_the_workspace_did(tmp_path: Path) -> None:
    place = shop(tmp_path)
    well("settings", "apply", "-", "--dir", place, stdin='{"window_days": 30}')
    before = as_json("report", "compare", "--dir", place)

    well("backup", tmp_path / "copy", "--dir", place)
    well("restore", tmp_path / "copy", "--dir", tmp_path / "again")

    assert as_json("report", "compare", "--dir", tmp_path / "again") == before
    assert not (tmp_path / "copy" / "warehouse.duckdb").exists()
