"""The page of scores: a table for each measure, made from the numbers that lie beside it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from headwater import attribution
from headwater.contract.settings import Settings
from headwater.sandbox.score.measures import MEASURES
from headwater.sandbox.score.page import COMMAND, PERSONS, page, summary
from headwater.sandbox.worlds.catalogue import WORLDS
from headwater.scoring import score
from tests.cli.shell import SECRET

DOCS = Path(__file__).resolve().parents[2] / "docs"
NUMBERS = (*MEASURES, "cpu_seconds", "peak_mb")
FACTS = {"persons": PERSONS, "days": 60, "seed": 1, "of": "conversions"}


def row(**given: Any) -> dict[str, Any]:
    usual = {"world": "random", "experiments": "none", "model": "last", "by": "channel"}
    return usual | dict.fromkeys(NUMBERS, 0.5) | given


def stored() -> list[dict[str, Any]]:
    with (DOCS / "scores.csv").open(encoding="utf-8", newline="") as file:
        return [
            {
                name: (float(cell) if cell else None) if name in NUMBERS else cell
                for name, cell in each.items()
            }
            for each in csv.DictReader(file)
        ]


def test_a_model_taught_by_experiments_stands_beside_itself_and_what_is_unknown_is_empty() -> None:
    rows = [row(by=by, wape=1.234) for by in ("channel", "campaign")]
    rows += [row(by=by, experiments="pull", model="learner", wape=None) for by in ("channel", "campaign")]

    text = page(rows, FACTS)

    assert "| world | last | learner + pull |" in text
    assert "| [random](worlds/random.md) | 1.23 |  |" in text


def test_means_leave_out_worlds_in_which_a_measure_has_no_meaning() -> None:
    rows = [row(wape=1.0), row(world="late", wape=2.0), row(world="null", wape=None)]

    found = summary(rows)

    assert [(each["model"], each["worlds"], each["wape"], each["regret"]) for each in found] == [
        ("last", 3, 1.5, 0.5)
    ]


def test_the_page_of_the_documents_is_made_from_the_numbers_beside_it() -> None:
    assert (DOCS / "scores.md").read_text(encoding="utf-8") == page(stored(), FACTS), COMMAND


def test_the_page_has_every_world_and_every_model() -> None:
    rows = stored()

    assert {row["world"] for row in rows} == set(WORLDS), COMMAND
    assert {row["model"] for row in rows} == set(attribution.models(Settings())), COMMAND


def test_the_numbers_of_the_page_are_those_that_the_command_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", SECRET)

    found = score("mild-intent", persons=PERSONS, models=("last", "linear"), experiments=("none",))

    told = {(each["world"], each["model"], each["by"]): each for each in stored()}
    for each in found:
        page_says = told[each["world"], each["model"], each["by"]]
        for measure in MEASURES:
            assert page_says[measure] == pytest.approx(each[measure], rel=1e-6), (COMMAND, measure)
