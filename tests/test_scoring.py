"""Scores: models asked through the product on simulated markets, and held against what is true."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import headwater as headwater_package
from headwater import attribution, scoring
from headwater.contract.errors import UsageError
from headwater.contract.settings import Settings
from headwater.sandbox.score.own import facts
from headwater.sandbox.worlds.catalogue import WORLDS
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import write
from headwater.scoring import FILES, MEASURED_BY_CLOCK, Ask, score, score_own, written
from headwater.workspace import Workspace
from tests.cli.shell import SECRET, headwater, well

if TYPE_CHECKING:
    from pathlib import Path

    from headwater.result import ReportResult

SMALL = Ask(persons=2000, days=30, models=("last", "markov"))


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", SECRET)


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


def test_every_model_is_scored() -> None:
    answer = score(["random~2"], Ask(persons=1000, days=20, experiments=("none",)))

    assert [row["model"] for row in answer if row["by"] == "channel"] == list(attribution.models(Settings()))
    assert all(row["wape"] > 0 and row["cpu_seconds"] > 0 for row in answer)


def test_a_rule_hands_out_what_would_have_come_anyway() -> None:
    answer = score(["null", "random"], SMALL)

    for row in answer:
        if row["world"] == "null":
            assert (row["wape"], row["over_claim"], row["regret"]) == (None, None, None)
            assert row["claimed"] > 0.5
        else:
            assert row["wape"] > 1
            assert row["over_claim"] > 2


def test_only_models_that_learn_from_experiments_are_asked_again_with_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = attribution.models(Settings())
    monkeypatch.setattr(attribution, "models", lambda _: known | {"learner": object()})

    with Workspace(tmp_path) as workspace:
        alone, taught = (scoring._models(workspace, Ask(), learns=learns) for learns in (False, True))

    assert set(alone) == {*known, "learner"}
    assert "learner" in taught
    assert not {"last", "markov", "shapley"} & set(taught)


def test_a_range_of_variants_is_each_of_them() -> None:
    answer = headwater_package.score(
        ["bots~2..4"], persons=300, days=10, models=["last"], experiments=["none"]
    )

    assert list(dict.fromkeys(row["world"] for row in answer)) == ["bots~2", "bots~3", "bots~4"]
    assert {row["worlds"] for row in answer.meta["summary"]} == {3}


def test_a_score_is_written_in_the_form_that_its_name_says(tmp_path: Path) -> None:
    answer = score("random", SMALL)

    paths = [*written(answer, tmp_path / "told"), *written(answer, tmp_path / "one.json")]

    assert [path.name for path in paths] == ["scores.csv", "scores.md", "one.json"]
    assert all(path.read_bytes() for path in paths)
    with pytest.raises(UsageError, match="cannot be written"):
        written(answer, tmp_path / "one.xlsx")


def test_the_page_is_made_anew_on_small_worlds_and_says_of_each_that_the_fitted_model_errs_less(
    tmp_path: Path,
) -> None:
    answer = score("all", Ask(persons=4000, days=40, models=("last", "incremental"), experiments=("none",)))

    written(answer, tmp_path)

    text = (tmp_path / "scores.md").read_text(encoding="utf-8")
    wrong = {(row["world"], row["model"]): row["wape"] for row in answer if row["by"] == "channel"}
    for world in WORLDS:
        assert f"| [{world}](worlds/{world}.md) |" in text
        if world != "null":  # nothing is true there
            assert wrong[world, "incremental"] < 0.7 * wrong[world, "last"]


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
        (("--worlds", "random~9..2"), "No world is called 'random~9..2'"),
        (("--worlds", "random", "--out", "scores.xlsx"), "cannot be written"),
    ],
)
def test_a_wrong_name_is_told(words: tuple[str, ...], said: str) -> None:
    done = headwater("score", *words)

    assert (done.returncode > 0, said in done.stderr) == (True, True)


# -- a world fitted to a workspace ------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a simulated market in it, as if it were somebody's own data."""
    folder = tmp_path_factory.mktemp("own")
    write(Plan(world=replace(WORLDS["late"], refunded=0.2), persons=6000, days=40), folder / "market")
    for file, kind in FILES.items():
        well(
            "import",
            folder / "market" / f"{file}.parquet",
            "--as",
            kind,
            "--no-build",
            "--dir",
            folder / "shop",
        )
    return folder / "shop"


def test_facts_of_a_workspace_are_those_of_the_market_in_it(shop: Path) -> None:
    with Workspace(shop) as workspace:
        workspace.build()
        found = facts(workspace.sql, role=lambda _: "push", spend={"paid_social": 100.0}, currency="USD")

    world = WORLDS["late"]
    touches = {channel.name: channel.touches for channel in world.channels}
    assert [met.name for met in found.channels] == sorted(touches)
    assert (found.persons, found.days, found.devices) == (6000, 40, 1.0)
    # a tenth of the persons comes late and a tenth goes early: the period holds nine tenths of all touches
    assert found.observed.touches.tolist() == pytest.approx(
        [0.9 * touches[name] for name in sorted(touches)], rel=0.1
    )
    assert found.value == pytest.approx(world.value, rel=0.15)
    assert found.value_spread == pytest.approx(world.value_spread, rel=0.15)
    assert found.refunded == pytest.approx(0.2, abs=0.06)
    social = next(met for met in found.channels if met.name == "paid_social")
    assert set(social.campaigns) == {"social_broad", "social_stories"}
    assert social.cents >= 1


def test_models_are_scored_on_worlds_fitted_to_a_workspace(shop: Path) -> None:
    with Workspace(shop) as workspace:
        answer = score_own(workspace, replace(SMALL, models=("linear",)), brought=(0.0, 0.3))

    assert [(row["world"], row["by"], row["wape"] is None) for row in answer] == [
        ("own-0", "channel", True), ("own-0", "campaign", True),
        ("own-30", "channel", False), ("own-30", "campaign", False),
    ]  # fmt: skip
    assert {tuple(row) for row in answer.meta["fitted"]} == {("moment", "own", "own-0", "own-30")}
    assert len(answer.meta["assumed"]) > 3


def test_a_workspace_with_too_little_in_it_is_refused(tmp_path: Path) -> None:
    done = headwater("score", "--fit", "--dir", tmp_path / "empty")

    assert (done.returncode, "too few to fit" in done.stderr, "Hint: import 200" in done.stderr) == (
        2,
        True,
        True,
    )


@pytest.mark.parametrize(("brought", "said"), [("95", "cannot bring 95%"), ("some", "cannot be read")])
def test_a_share_that_cannot_be_is_told(brought: str, said: str, shop: Path) -> None:
    done = headwater("score", "--fit", "--brought", brought, "--dir", shop)

    assert (done.returncode, said in done.stderr) == (2, True)
