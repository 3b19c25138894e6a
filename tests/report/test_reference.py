"""Reference: the models of the workspace on public paths, against numbers computed elsewhere."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from headwater import attribution
from headwater.attribution.transitions import transitions
from headwater.contract import tables
from headwater.contract.query import ALL_TIME, ReportContext, ReportQuery
from headwater.contract.settings import Settings
from headwater.engine.duckdb import DuckDB
from headwater.journey.numbering import channel_codes, person_paths
from headwater.report import answer

from .conftest import MADE, START

if TYPE_CHECKING:
    from .conftest import World

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "datasets"
EVERY_RULE = (
    "first", "last", "last_non_direct", "linear", "position", "w_shaped", "time_decay", "custom",
)  # fmt: skip
EVERY_MODEL = (*EVERY_RULE, "markov", "shapley")


def paths() -> list[dict[str, str]]:
    source = DATA / "channelattribution_Data.csv"
    if not source.is_file():
        pytest.skip(f"the public paths are not beside the repository: {source.name}")
    with source.open(newline="", encoding="utf-8") as file:
        delimiter = ";" if ";" in file.readline() else ","
        file.seek(0)
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.fixture(scope="module")
def public() -> ReportContext:
    """Return the public paths as a workspace holds aggregated paths."""
    touchpoints, conversions, steps = [], [], []
    for number, row in enumerate(paths(), start=1):
        touched = [name.strip() for name in row["path"].split(">")]
        key, at = f"path:{number}", START + timedelta(seconds=len(touched))
        value = Decimal(row["total_conversion_value"]).quantize(Decimal("0.000001"))
        whole = {
            "person_id": number,
            "goal": "purchase",
            "is_macro": True,
            "net_value": value,
            "occurred_at": at,
        }
        whole |= {
            "conversion_count": int(float(row["total_conversions"])),
            "null_count": int(float(row["total_null"])),
        }
        extent = {"step_count": len(touched), "last_no": len(touched)}
        conversions.append({"conversion_id": key, **extent, **whole})
        for step, channel in enumerate(touched, start=1):
            touch = {"touchpoint_id": f"{key}:{step}", "person_id": number, "channel": channel}
            touch["occurred_at"] = START + timedelta(seconds=step)
            touchpoints.append(touch)
            place = {
                "conversion_id": key,
                "step": step,
                "step_count": len(touched),
                "known_step": len(touched),
            }
            equal = dict.fromkeys(("decay", "engaged", "engaged_decay"), 1 / len(touched))
            steps.append(touch | place | {"lead_step": 0, "opportunity_step": 0} | equal)
    engine = DuckDB(threads=2)
    for table in (*tables.RAW_TABLES, *MADE):
        engine.create(table)
    engine.insert("touchpoints", pa.Table.from_pylist(touchpoints))
    engine.insert("journeys", pa.Table.from_pylist(conversions))
    engine.insert("journey_steps", pa.Table.from_pylist(steps))
    for step in (channel_codes(), person_paths(), transitions()):
        engine.run(step)
    settings = Settings()
    return ReportContext(reader=engine, settings=settings, models=attribution.models(settings))


def test_public_paths_give_the_reference_numbers(public: ReportContext) -> None:
    reference: dict[str, Any] = json.loads(
        (DATA / "channelattribution_reference.json").read_text(encoding="utf-8")
    )

    table = answer("compare", public, ReportQuery(models=("first", "last", "linear", "markov")))

    found = {row["channel"]: row for row in table.rows}
    meant = reference["channels"]
    for ours, theirs in (("first", "first"), ("last", "last"), ("linear", "linear"), ("markov", "markov1")):
        assert {name: row[ours] for name, row in found.items()} == pytest.approx(
            {name: row[theirs] for name, row in meant.items()}, rel=1e-9
        )


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_each_model_hands_out_the_total_exactly(public: ReportContext, model: str) -> None:
    table = answer("compare", public, ReportQuery(models=(model,)))

    assert sum(row[model] for row in table.rows) == pytest.approx(table.meta["total_conversions"], abs=1e-6)
    assert sum(row[f"{model}_value"] for row in table.rows) == table.meta["total_value"]


@pytest.mark.parametrize("window", [None, timedelta(days=3), ALL_TIME])
@pytest.mark.parametrize("by", ["channel", "campaign"])
def test_all_models_add_up_for_dimensions_and_windows(
    world: World, window: timedelta | None, by: str
) -> None:
    for day in range(1, 120, 3):
        world.touch("ada", day, ["email", "direct", "display"][day % 3], campaign=f"c{day % 5}")
    world.buy("ada", 60, "33.33").buy("ada", 119, "0.01").buy("bo", 3, "5").touch("cy", 4, "email")
    base = world.context()
    base.reader.run(transitions())  # type: ignore[attr-defined]
    context = ReportContext(
        reader=base.reader, settings=base.settings, models=attribution.models(base.settings)
    )

    table = answer("compare", context, ReportQuery(models=EVERY_MODEL, window=window, by=by))

    for model in EVERY_MODEL:
        left = table.meta["unattributed"][model]
        assert sum(row[model] for row in table.rows) + left["conversions"] == pytest.approx(3, abs=1e-9)
        assert sum(row[f"{model}_value"] for row in table.rows) + left["value"] == Decimal("38.34")
