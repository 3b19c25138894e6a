"""The files of a simulated market: repeatable to the byte, true to what happened, ready to import."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from headwater.sandbox.worlds import simulation
from headwater.sandbox.worlds.catalogue import WORLDS
from headwater.sandbox.worlds.page import declared
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import market, write
from tests.cli.shell import as_json, headwater, well

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "README.md",
    "conversions.parquet",
    "experiments.parquet",
    "identities.parquet",
    "persons.parquet",
    "refunds.parquet",
    "spend.parquet",
    "touchpoints.parquet",
    "truth.csv",
    "truth.parquet",
    "world.json",
}


def plan(name: str, **given: int) -> Plan:
    return Plan(world=WORLDS[name], **{"persons": 2000, "days": 30} | given)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["everything", "once"])
def test_a_seed_writes_the_same_bytes_whatever_the_threads(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "BLOCK", 500)

    write(plan(name), tmp_path / "one", threads=1)
    write(plan(name), tmp_path / "two", threads=3)
    write(plan(name, seed=2), tmp_path / "other")

    assert set(content(tmp_path / "one")) == FILES
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert content(tmp_path / "one")["truth.csv"] != content(tmp_path / "other")["truth.csv"]


def test_more_persons_leave_those_who_were_there_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "BLOCK", 500)

    few, many = market(plan("bots", persons=1000)), market(plan("bots"))

    touches = few.tables["touchpoints"]
    assert many.tables["touchpoints"].slice(0, len(touches)).equals(touches)


@pytest.mark.parametrize("name", WORLDS)
def test_nobody_is_touched_or_converts_outside_the_time_in_which_they_are_observed(name: str) -> None:
    made = market(plan(name))
    seen = {row["person"]: row for row in made.tables["persons"].to_pylist()}

    for table in ("touchpoints", "conversions"):
        for row in made.tables[table].to_pylist():
            person = seen[row["person"]]
            assert person["observed_from"] <= row["occurred_at"] <= person["observed_until"]


@pytest.mark.parametrize("name", WORLDS)
def test_ids_are_unique_and_every_person_is_listed_once(name: str) -> None:
    tables = market(plan(name)).tables

    for table, key in (
        ("touchpoints", "touchpoint_id"),
        ("conversions", "conversion_id"),
        ("persons", "person"),
    ):
        assert pc.count_distinct(tables[table][key]).as_py() == len(tables[table])
    owners = set(tables["identities"]["true_person"].to_pylist())
    assert len(owners) == 2000 + round(2000 * WORLDS[name].bots)


def test_lost_cookies_and_devices_split_persons_who_are_not_known() -> None:
    identities = market(plan("devices")).tables["identities"]

    assert len(identities) > 1.3 * pc.count_distinct(identities["true_person"]).as_py()


def test_bots_click_often_and_never_convert() -> None:
    tables = market(plan("bots")).tables
    bots = {row["person"] for row in tables["identities"].to_pylist() if row["is_bot"]}

    clicks = [row for row in tables["touchpoints"].to_pylist() if row["person"] in bots]

    assert len(bots) == 40
    assert len(clicks) > 20 * len(bots)
    assert not bots & set(tables["conversions"]["person"].to_pylist())


def test_late_reports_come_after_the_conversion_and_refunds_name_an_order() -> None:
    tables = market(plan("late", persons=10_000)).tables
    conversions = tables["conversions"].to_pylist()
    orders = {row["conversion_id"] for row in conversions}

    late = [row for row in conversions if row["reported_at"] > row["occurred_at"]]
    assert 0.25 < len(late) / len(conversions) < 0.42
    named = [json.loads(row["properties"])["order_id"] for row in tables["refunds"].to_pylist()]
    assert 0.03 < len(named) / len(orders) < 0.2
    assert set(named) <= orders


def test_spend_bills_every_touch_and_platforms_claim_more_than_there_is() -> None:
    made = market(plan("bots"))
    cents = {
        campaign.name: one.cents for one in WORLDS["bots"].channels for campaign in one.campaigns if one.cents
    }

    touched = made.tables["touchpoints"]["campaign"].to_pylist()
    spend = made.tables["spend"].to_pylist()

    assert 100 * sum(row["cost"] for row in spend) == sum(cents.get(name, 0) for name in touched)
    assert sum(row["platform_conversions"] for row in spend) > sum(
        row["conversions"] for row in made.truth if row["campaign"] is None
    )


def test_every_world_has_its_page_with_what_it_declares() -> None:
    folder = ROOT / "docs" / "worlds"

    assert {path.stem for path in folder.glob("*.md")} == {*WORLDS, "index"}
    for world in WORLDS.values():
        text = (folder / f"{world.name}.md").read_text(encoding="utf-8")
        assert text.startswith(declared(world)), (
            f"python -m headwater.sandbox.worlds.page docs/worlds ({world.name})"
        )
        assert "## Truth" in text


# -- through the command line ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    well("simulate", "strong-intent", "--out", out, "--persons", 3000, "--days", 40)
    return out


@pytest.fixture(scope="module")
def shop(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop") / "shop"
    for kind in ("touchpoints", "conversions", "spend", "persons", "experiments"):
        said = as_json("import", folder / f"{kind}.parquet", "--as", kind, "--dir", place)
        assert said["received"] == said["stored"] == pq.read_metadata(folder / f"{kind}.parquet").num_rows
    return place


def test_the_files_import_cleanly_and_reports_sum_to_the_conversions(folder: Path, shop: Path) -> None:
    told = json.loads((folder / "world.json").read_bytes())

    rows = as_json("report", "compare", "--model", "last,linear", "--dir", shop)["rows"]

    credited = sum(row["last"] for row in rows)
    assert credited == pytest.approx(sum(row["linear"] for row in rows))
    count = as_json("sql", "select count(*) as n from conversions", "--dir", shop)["rows"][0]["n"]
    untouched = as_json(
        "sql", "select count(*) as n from conversions where conversion_id not in "
        "(select conversion_id from journey_steps)", "--dir", shop,
    )["rows"][0]["n"]  # fmt: skip
    assert (count, credited + untouched) == (told["conversions"], pytest.approx(told["conversions"]))


def test_last_click_credits_more_than_there_is_to_credit(folder: Path, shop: Path) -> None:
    truth = pq.read_table(folder / "truth.parquet").to_pylist()
    brought = sum(row["conversions"] for row in truth if row["campaign"] is None)

    rows = as_json("report", "compare", "--model", "last", "--dir", shop)["rows"]

    assert sum(row["last"] for row in rows) > 1.3 * brought


def test_refunds_import_as_events_and_make_the_net_value(tmp_path: Path) -> None:
    told = as_json("simulate", "late", "--out", tmp_path / "m", "--persons", 2000)
    place = tmp_path / "shop"

    as_json("import", tmp_path / "m" / "conversions.parquet", "--as", "conversions", "--dir", place)
    as_json("import", tmp_path / "m" / "refunds.parquet", "--as", "events", "--dir", place)

    net = as_json("sql", "select sum(net_value) as v from conversions", "--dir", place)["rows"][0]["v"]
    assert net == told["value"]


def test_a_world_is_taken_from_a_file_too(folder: Path, tmp_path: Path) -> None:
    words = ("--persons", 3000, "--days", 40)

    well("simulate", folder / "world.json", "--out", tmp_path / "again", *words)

    assert content(tmp_path / "again") == content(folder)


def test_the_worlds_are_listed() -> None:
    assert "strong-intent" in well("simulate", "--list")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ramdom", "--out", "x"), 2, "did you mean 'random'?"),
        ((), 2, "Name a world"),
        (("no.json", "--out", "x"), 1, "cannot be read"),
        (("random", "--out", "x", "--persons", "0"), 2, "nothing in it"),
    ],
)
def test_what_cannot_be_simulated_is_told(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    done = headwater("simulate", *words, cwd=tmp_path)

    assert (done.returncode, said in done.stderr, list(tmp_path.iterdir())) == (code, True, [])


def test_times_lie_in_the_period() -> None:
    rows = market(plan("random")).tables["touchpoints"]["occurred_at"].to_pylist()

    first = datetime(2026, 1, 1)
    assert first <= min(rows)
    assert max(rows) <= first + timedelta(days=30)
