"""Looking: the pipeline's SQL and the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import as_json, headwater, well

if TYPE_CHECKING:
    from pathlib import Path


def test_steps_are_listed_in_order_without_making_a_workspace(tmp_path: Path) -> None:
    listed = as_json("steps", "--dir", tmp_path / "none")

    names = [row["step"] for row in listed]
    assert (
        names.index("links") < names.index("sessions") < names.index("touchpoints") < names.index("credits")
    )
    assert not (tmp_path / "none").exists()


def test_a_step_prints_the_sql_that_runs(tmp_path: Path) -> None:
    said = well("steps", "sessions", "--dir", tmp_path)

    assert said.startswith("-- sessions: ")
    assert "1800000000" in said


def test_any_dialect_is_printed(tmp_path: Path) -> None:
    ours, theirs = (
        well("steps", "sessions", "--dialect", dialect, "--dir", tmp_path) for dialect in ("duckdb", "spark")
    )

    assert ours != theirs


def test_the_whole_pipeline_is_printed(tmp_path: Path) -> None:
    said = well("steps", "--sql", "--dir", tmp_path)

    assert said.count("\n-- ") + 1 >= 20
    assert "-- solved in Python from" in said


def test_settings_change_the_sql(tmp_path: Path) -> None:
    well("settings", "apply", "-", "--dir", tmp_path, stdin='{"session_idle_minutes": 20}')

    assert "1200000000" in well("steps", "sessions", "--dir", tmp_path)


def test_sql_answers_in_every_format(workspace: Path) -> None:
    query = "select conversion_id, value from conversions order by 1"

    assert as_json("sql", query, "--dir", workspace)["rows"][0] == {"conversion_id": "o1", "value": "30.00"}
    assert (
        well("sql", query, "--format", "csv", "--dir", workspace)
        == "conversion_id,value\no1,30.00\no2,12.50\n"
    )


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "copy conversions to 'out.csv'",
        "attach 'other.duckdb'",
        "pragma version",
        "set threads = 1",
        "select 1; select 2",
        "delete from events",
    ],
)
def test_sql_that_reaches_outside_the_tables_is_refused(workspace: Path, query: str) -> None:
    done = headwater("sql", query, "--dir", workspace)

    assert (done.returncode, done.stdout) == (2, "")


def test_sql_with_a_fault_says_where(workspace: Path) -> None:
    done = headwater("sql", "select nothing from conversions", "--dir", workspace)

    assert done.returncode == 2
    assert "nothing" in done.stderr
