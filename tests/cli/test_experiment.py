"""Experiments from the command line: planned by the workspace's rates, analysed, and brought in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.cli.shell import as_json, headwater, well

if TYPE_CHECKING:
    from pathlib import Path

TEST = ("--channel", "display", "--since", "2026-03-01", "--until", "2026-03-14")


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    """Write 12 regions of which two lose a third of their conversions in the first half of March."""
    rng = np.random.default_rng(4)
    lines = ["geo,day,conversions"]
    for place in range(12):
        for day in range(59 + 14):
            lost = 1 / 3 if place < 2 and day >= 59 else 0
            text = str(np.datetime64("2026-01-01") + day)
            lines.append(f"city {place},{text},{rng.poisson(40 * (1 - lost))}")
    path = tmp_path / "regions.csv"
    path.write_text("\n".join([*lines, "city 1,soon,4"]) + "\n")
    return path


def test_a_geo_test_is_analysed_and_its_finding_imported_by_both_ways(tmp_path: Path, regions: Path) -> None:
    out = tmp_path / "finding.csv"

    done = headwater(
        "experiment", "analyse", regions, "--treated", "city 0,city 1", *TEST, "--out", out, "--import",
        "--dir", tmp_path / "ws",
    )  # fmt: skip
    again = as_json("import", out, "--as", "experiments", "--dir", tmp_path / "ws")
    rows = as_json("sql", "select * from experiments", "--dir", tmp_path / "ws")["rows"]

    assert done.returncode == 0
    assert "display brought" in done.stdout
    assert "row 877 left out: day is no 2026-03-15" in done.stderr
    assert (again["stored"], again["duplicate"]) == (0, 1)
    assert len(rows) == 1
    assert (rows[0]["channel"], rows[0]["goal"], rows[0]["kind"]) == ("display", "purchase", "geo")
    # a third of 40 conversions on 14 days in the ten cities where the channel was on
    assert rows[0]["incremental"] == pytest.approx(1867, rel=0.15)
    assert 0 < rows[0]["standard_error"] < 300


def test_a_hold_out_file_is_analysed(tmp_path: Path) -> None:
    lines = [f"p{n},{'held' if n % 2 else 'shown'},{int(n % 4 == 0)},{n % 3}" for n in range(400)]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(["person,group,conversions,before", *lines]) + "\n")

    told = as_json("experiment", "analyse", path, *TEST, "--dir", tmp_path)

    assert (told["persons_met"], told["persons_held"], told["left_out"]) == (200, 200, 0)
    assert told["incremental"] == pytest.approx(100, abs=2)
    assert told["low"] < told["incremental"] < told["high"]
    assert told["kind"] == "holdout"


def test_groups_that_are_attributes_of_persons_are_analysed_from_the_workspace(tmp_path: Path) -> None:
    shop = tmp_path / "ws"
    persons, orders = tmp_path / "persons.csv", tmp_path / "orders.csv"
    persons.write_text("person,arm\n" + "".join(f"p{n},{'AB'[n % 2]}\n" for n in range(80)))
    orders.write_text(
        "conversion_id,person,occurred_at,goal,value\n"
        + "".join(f"{n},p{n},2026-03-05T00:00:00Z,purchase,5\n" for n in range(0, 80, 4))
    )
    well("import", persons, "--as", "persons", "--dir", shop)
    well("import", orders, "--as", "conversions", "--dir", shop)

    told = as_json("experiment", "analyse", "--attribute", "arm", "--held", "b", *TEST, "--dir", shop)

    assert (told["persons_met"], told["persons_held"], told["incremental"]) == (40, 40, 20)


def test_a_plan_by_persons_says_how_many_are_needed(tmp_path: Path) -> None:
    shop = tmp_path / "ws"
    touches, orders = tmp_path / "touches.csv", tmp_path / "orders.csv"
    touches.write_text(
        "person,occurred_at,channel\n"
        + "".join(f"p{n},2026-03-{1 + n % 28:02},display\n" for n in range(280))
    )
    orders.write_text(
        "conversion_id,person,occurred_at,goal\n"
        + "".join(f"{n},p{n},2026-03-28,purchase\n" for n in range(0, 280, 2))
    )
    well("import", touches, "--as", "touchpoints", "--dir", shop)
    well("import", orders, "--as", "conversions", "--dir", shop)

    rows = as_json("experiment", "plan", "--channel", "display", "--effect", "0.9", "--dir", shop)
    done = headwater("experiment", "plan", "--channel", "radio", "--dir", shop)

    assert [row["days"] for row in rows] == [7, 14, 28, 56]
    assert [row["persons_met"] for row in rows] == [70, 140, 280, 280]
    assert rows[-1]["persons_needed"] < 280
    assert rows[-1]["is_enough"]
    assert rows[-1]["smallest_effect"] < rows[0]["smallest_effect"]
    assert done.returncode == 2
    assert "Nobody met the channel 'radio'" in done.stderr


def test_a_plan_by_regions_draws_regions_and_says_which_effect_they_show(
    regions: Path, tmp_path: Path
) -> None:
    rows = as_json("experiment", "plan", "--geos", regions, "--days", "14", "--dir", tmp_path)

    assert [(row["days"], row["regions"]) for row in rows] == [(14, 3), (14, 6)]
    assert all(0 < row["smallest_effect"] < 0.5 for row in rows)
    assert len(rows[0]["draw"].split(", ")) == 3


def test_channels_are_listed_with_role_belief_and_source(tmp_path: Path) -> None:
    shop = tmp_path / "ws"
    touches, tests, settings = tmp_path / "touches.csv", tmp_path / "tests.csv", tmp_path / "settings.json"
    touches.write_text(
        "person,occurred_at,channel\nada,2026-03-01,SEA Brand\nbo,2026-03-01,display\nbo,2026-03-02,lounge\n"
    )
    tests.write_text("channel,since,until,incremental\nSEA Brand,2026-03-01,2026-03-02,3\n")
    settings.write_text('{"channel_roles": {"lounge": "none"}}')
    well("import", touches, "--as", "touchpoints", "--dir", shop)
    well("import", tests, "--as", "experiments", "--dir", shop)
    well("settings", "apply", settings, "--dir", shop)

    rows = {row["channel"]: row for row in as_json("experiment", "roles", "--dir", shop)}

    assert {name: row["role"] for name, row in rows.items()} == {
        "SEA Brand": "pull", "display": "push", "lounge": "none",
    }  # fmt: skip
    assert "Blake" in rows["SEA Brand"]["source"]
    assert (rows["SEA Brand"]["experiments"], rows["display"]["experiments"]) == (1, 0)
    assert rows["lounge"]["why"] == "by the setting channel_roles"
    assert (rows["lounge"]["share"], rows["display"]["share"]) == (0, 1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan",), "either a channel"),
        (("plan", "--channel", "x", "--effect", "10"), "shares between 0 and 1"),
        (("plan", "--channel", "x", "--days", "soon"), "--days cannot read"),
        (("analyse", *TEST), "either a file or the attribute"),
        (
            ("analyse", "x.csv", "--channel", "x", "--since", "1.3.", "--until", "2026-03-02"),
            "--since cannot read",
        ),
        (("analyse", "x.csv", "--channel", "x", "--since", "2026-03-03", "--until", "2026-03-02"), "before"),
    ],
)
def test_what_cannot_be_meant_says_the_way_out(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = headwater("experiment", *words, "--dir", tmp_path)

    assert says in done.stderr
    assert "Hint:" in done.stderr
    assert done.returncode == 2
