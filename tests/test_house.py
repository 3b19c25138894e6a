"""The house: rules that hold for every file, step, command and setting, checked without data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from headwater import pipeline
from headwater.contract.settings import Settings
from headwater.contract.steps import AnyStep, Loop, Step
from headwater.contract.tables import RAW_TABLES
from tools import changelog, check_style, reference

ROOT = Path(__file__).resolve().parents[1]
STEPS = list(pipeline.steps(Settings()))
SQL_STEPS = [step for step in STEPS if isinstance(step, Step)]
CONTRACT = {table.name: table for table in reference.all_tables()}

TESTED_ELSEWHERE = {
    # a file or folder under src/headwater: the tests, of another name, that hold its behaviour
    "attribution/coalitions.py": "tests/attribution/test_shapley.py",
    "attribution/custom.py": "tests/attribution/test_ledger.py",
    "attribution/effects.py": "tests/attribution/test_reference.py",
    "attribution/engaged_decay.py": "tests/attribution/test_engaged.py",
    "attribution/estimator.py": "tests/attribution/test_markov.py",
    "attribution/incremental/model.py": "tests/attribution/test_ledger.py",
    "attribution/incremental/solving.py": "tests/report/test_incremental.py",
    "attribution/experiments/finding.py": "tests/attribution/test_geo.py",
    "attribution/experiments/geo_power.py": "tests/attribution/test_geo.py",
    "built.py": "tests/test_increment.py",
    "cli/experimenting.py": "tests/cli/test_experiment.py",
    "attribution/first.py": "tests/attribution/test_ledger.py",
    "attribution/fixed_point.py": "tests/attribution/test_branches.py",
    "attribution/graph.py": "tests/attribution/test_markov.py",
    "attribution/krylov.py": "tests/attribution/test_circles.py",
    "attribution/last.py": "tests/attribution/test_ledger.py",
    "attribution/last_non_direct.py": "tests/attribution/test_ledger.py",
    "attribution/linear.py": "tests/attribution/test_ledger.py",
    "attribution/money.py": "tests/attribution/test_ledger.py",
    "attribution/packing.py": "tests/attribution/test_reference.py",
    "attribution/path_steps.py": "tests/attribution/test_reference.py",
    "attribution/pieces.py": "tests/attribution/test_markov.py",
    "attribution/position.py": "tests/attribution/test_ledger.py",
    "attribution/rate_game.py": "tests/attribution/test_shapley.py",
    "attribution/removal.py": "tests/attribution/test_markov.py",
    "attribution/time_decay.py": "tests/attribution/test_ledger.py",
    "attribution/w_shaped.py": "tests/attribution/test_ledger.py",
    "collect/admit.py": "tests/collect/test_message.py",
    "collect/alone.py": "tests/collect/test_collector_kill.py",
    "cli/simulating.py": "tests/sandbox/test_worlds_files.py",
    "collect/archive.py": "tests/collect/test_publisher.py",
    "collect/clock.py": "tests/collect/test_collector_clock.py",
    "collect/frames.py": "tests/collect/test_journal.py",
    "collect/ids.py": "tests/collect/test_publisher.py",
    "collect/importing": "tests/collect/importing",
    "collect/imports.py": "tests/collect/importing",
    "collect/intake.py": "tests/collect/test_collector_http.py",
    "collect/metrics.py": "tests/collect/test_collector_http.py",
    "collect/protocols/entities.py": "tests/collect/test_snowplow.py",
    "collect/protocols/wire.py": "tests/collect/test_collector_http.py",
    "collect/receipts.py": "tests/collect/test_publisher.py",
    "collect/register.py": "tests/collect/test_publisher.py",
    "collect/requests.py": "tests/collect/test_collector_http.py",
    "collect/writer.py": "tests/collect/test_journal.py",
    "contract/models.py": "tests/attribution/test_ledger.py",
    "contract/packed.py": "tests/report/test_runs.py",
    "contract/ports.py": "tests/engine/test_duckdb.py",
    "contract/query.py": "tests/report/test_reports.py",
    "hygiene/documents.py": "tests/hygiene/test_building.py",
    "hygiene/files.py": "tests/cli/test_utm.py",
    "hygiene/findings.py": "tests/hygiene/test_linting.py",
    "hygiene/form.py": "tests/hygiene/test_linting.py",
    "hygiene/meaning.py": "tests/hygiene/test_linting.py",
    "hygiene/platforms.py": "tests/hygiene/test_building.py",
    "hygiene/rulebook.py": "tests/hygiene/test_linting.py",
    "findings.py": "tests/test_checkup.py",
    "pipeline.py": "tests/test_house.py",
    "report/dimensions.py": "tests/report/test_compare.py",
    "report/filters.py": "tests/report/test_compare.py",
    "report/measure": "tests/report",
    "sandbox/market.py": "tests/sandbox/test_shop.py",
    "sandbox/post.py": "tests/sandbox/test_shop.py",
    "sandbox/score/own.py": "tests/test_scoring.py",
    "sandbox/score/truth.py": "tests/test_scoring.py",
    "sandbox/worlds": "tests/sandbox/test_worlds.py",
    "warehouse.py": "tests/test_workspace.py",
    "store/frozen.py": "tests/test_freezing.py",
}


def named(step: AnyStep) -> str:
    return step.makes.name


def statements(step: AnyStep) -> list[str]:
    """Return all SQL of a step: what it runs, or what narrows the tables that it solves."""
    if isinstance(step, Step):
        return [step.rendered()]
    return [step.start, step.again] if isinstance(step, Loop) else list(step.queries.values())


def sources() -> list[Path]:
    return [
        path
        for path in check_style.files()
        if path.parts[:2] == ("src", "headwater") and path.suffix == ".py"
    ]


def untested_by_name() -> list[str]:
    """Return the source files, relative to the package, that no test is named after."""
    found = (ROOT / "tests").rglob("test_*.py")
    tests = {test.name for test in found if "site-packages" not in test.parts}
    return [
        path.relative_to("src/headwater").as_posix()
        for path in sources()
        if path.name != "__init__.py" and f"test_{path.name}" not in tests
    ]


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", check_style.files(), ids=str)
def test_every_file_keeps_the_style_of_the_house(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")

    assert check_style.problems(path, text) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("src/headwater/journey/utils.py", '"""Odds and ends."""\n', "says nothing of what is inside"),
        ("src/headwater/journey/visits.py", "x = 1\n", "no module docstring"),
        ("src/headwater/journey/visits.py", '"""Visits."""\n' + "x = 1\n" * 400, "401 lines"),
        ("src/headwater/journey/visits.py", '"""Visits."""\n# TO' + "DO: more\n", "unfinished"),
        ("docs/index.md", "See /ro" + "ot/notes\n", "a path of one machine"),
        ("docs/index.md", "Fetch it from https://py" + "pi.org/simple\n", "the host of a package registry"),
    ],
)
def test_the_style_check_finds_what_it_is_for(name: str, text: str, said: str) -> None:
    found = check_style.problems(Path(name), text)

    assert [said in problem.said for problem in found] == [True]


def test_every_source_file_has_a_test_of_its_name_or_is_tested_elsewhere() -> None:
    untested = untested_by_name()

    assert [
        name for name in untested if not {name, *map(str, Path(name).parents)} & set(TESTED_ELSEWHERE)
    ] == []


def test_what_is_tested_elsewhere_is_there_and_lacks_a_test_of_its_name() -> None:
    untested = untested_by_name()

    for name, tests in TESTED_ELSEWHERE.items():
        assert (ROOT / tests).exists(), tests
        assert [one for one in untested if one.startswith(name)], f"{name} has its test: take it off the list"


# -- steps ----------------------------------------------------------------------------------------


def test_no_step_reads_a_table_before_it_is_made() -> None:
    there = {table.name for table in RAW_TABLES}

    for step in STEPS:
        assert {table.name for table in step.reads} <= there, step.makes.name
        there.add(step.makes.name)


def test_no_table_is_made_twice() -> None:
    names = [step.makes.name for step in STEPS]

    assert sorted(names) == sorted(set(names))


def test_every_table_of_the_contract_is_received_or_made() -> None:
    made = {step.makes.name for step in STEPS}

    assert made | {table.name for table in RAW_TABLES} == set(CONTRACT)


@pytest.mark.parametrize("step", STEPS, ids=named)
def test_the_tables_of_a_step_are_those_of_the_contract(step: AnyStep) -> None:
    for table in (step.makes, *step.reads):
        assert table is CONTRACT[table.name]


@pytest.mark.parametrize("table", CONTRACT.values(), ids=list(CONTRACT))
def test_the_key_of_a_table_is_among_its_columns(table: reference.Table) -> None:
    assert table.key
    assert set(table.key) <= set(table.names())


@pytest.mark.parametrize("step", SQL_STEPS, ids=named)
def test_a_step_names_every_table_that_its_sql_reads(step: Step) -> None:
    parsed = sqlglot.parse_one(step.rendered(), read="duckdb")

    named_there = {
        source.name
        for scope in traverse_scope(parsed)
        for source in scope.sources.values()
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
    }

    assert named_there == {table.name for table in step.reads}


@pytest.mark.parametrize("step", STEPS, ids=named)
def test_the_sql_of_a_step_carries_over_to_spark(step: AnyStep) -> None:
    for sql in statements(step):
        [carried] = sqlglot.transpile(
            sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE
        )
        assert sqlglot.parse_one(carried, read="spark")


# -- documents that are made from the code --------------------------------------------------------


def test_the_reference_pages_are_those_of_the_code() -> None:
    assert reference.stale(reference.pages()) == []


@pytest.mark.parametrize("entry", reference.field_names(Settings))
def test_every_setting_says_what_it_means(entry: str) -> None:
    assert reference.field_docs("Settings").get(entry)


def test_every_fragment_of_the_changelog_has_a_name_that_a_release_understands() -> None:
    for path in (ROOT / "changelog.d").glob("*"):
        assert changelog.FRAGMENT.fullmatch(path.name), path.name


def test_who_only_opens_a_workspace_does_not_wait_for_scipy() -> None:
    code = "import sys, headwater.workspace, headwater.cli.app; print('scipy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "False"
