"""Scores: models asked through the product on simulated markets, and held against what is true."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from headwater import attribution
from headwater.contract.errors import UsageError
from headwater.contract.settings import Settings
from headwater.sandbox.worlds.catalogue import WORLDS
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write
from headwater.scoring import MEASURED_BY_CLOCK, Ask, score
from tests.cli.shell import headwater, well

if TYPE_CHECKING:
    from pathlib import Path

    from headwater.result import ReportResult

SMALL = Ask(persons=2000, days=30, models=("last", "markov"))


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", "a secret of the tests, long enough")


def numbers(answer: ReportResult) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name not in MEASURED_BY_CLOCK} for row in answer]


def test_a_seed_gives_the_same_numbers_and_a_folder_those_of_its_world(tmp_path: Path) -> None:
    once = score(["random"], SMALL)
    write(Plan(world=WORLDS["random"], persons=2000, days=30), tmp_path)

    again = score([tmp_path], SMALL)

    assert numbers(once) == numbers(again)
    assert [(row["model"], row["by"]) for row in once] == [
        ("last", "channel"), ("last", "campaign"), ("markov", "channel"), ("markov", "campaign"),
    ]  # fmt: skip


def test_every_model_is_scored_and_a_rule_hands_out_what_would_have_come_anyway() -> None:
    answer = score(["null", "random~2"], Ask(persons=1500, days=20, experiments=("none",)))

    found = {(row["world"], row["model"]) for row in answer}
    assert found == {
        (world, name) for world in ("null", "random~2") for name in attribution.models(Settings())
    }
    for row in answer:
        if row["world"] == "null":
            assert (row["wape"], row["over_claim"], row["regret"]) == (None, None, None)
            assert row["claimed"] > 0.5
        else:
            assert row["wape"] > 0
            assert row["over_claim"] > 1
        assert row["cpu_seconds"] > 0


@pytest.mark.parametrize("given", [{"experiments": ("some",)}, {"of": "clicks"}])
def test_what_cannot_be_scored_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        Ask(**given)  # type: ignore[arg-type]


# -- through the command line ----------------------------------------------------------------------


def test_the_command_prints_a_row_for_each_world_model_and_level() -> None:
    said = well("score", "--worlds", "random", "--models", "linear", "--persons", "1000", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(said)))
    assert [(row["world"], row["model"], row["by"]) for row in rows] == [
        ("random", "linear", "channel"), ("random", "linear", "campaign"),
    ]  # fmt: skip
    assert all(float(row["wape"]) > 0 for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--worlds", "random,ramdom"), "did you mean 'random'?"),
        (("--worlds", "random", "--models", "lats", "--persons", "100"), "did you mean 'last'?"),
        (("--worlds", "./nowhere"), "holds no simulated market"),
    ],
)
def test_a_wrong_name_is_told(words: tuple[str, ...], said: str) -> None:
    done = headwater("score", *words)

    assert (done.returncode > 0, said in done.stderr) == (True, True)
