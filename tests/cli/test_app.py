"""App: options everywhere, exit codes, and errors without tracebacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import headwater as package
from headwater.cli.app import arranged
from tests.cli.shell import as_json, headwater, well

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    "init", "serve", "demo", "import", "build", "report", "explain", "person", "steps", "sql", "settings",
    "key", "doctor", "backup", "restore",
)  # fmt: skip


def test_help_lists_every_command() -> None:
    said = well("--help")

    assert [name for name in COMMANDS if f" {name} " not in said] == []


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("settings", "key")])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    said = well(command, "--help")

    assert "For example" in said
    assert f"headwater {command}" in said.split("For example")[1]
    assert "--dir" in said
    assert "--json" in said


def test_version_is_that_of_the_package() -> None:
    assert well("--version").strip() == package.__version__


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["raport"], "headwater --help"),
        (["report", "compare", "--bye", "channel"], "headwater --help"),
        (["report", "compair"], "did you mean 'compare'?"),
        (["report", "compare", "--model", "frist"], "did you mean 'first'?"),
        (["report", "compare", "--by", "chanel"], "did you mean 'channel'?"),
        (["report", "compare", "--window", "soon"], "30d"),
        (["steps", "sesions"], "did you mean 'sessions'?"),
        (["steps", "sessions", "--dialect", "sparc"], "did you mean 'spark'?"),
        (["import", "--as", "spend"], "headwater import"),
        (["import", "x.csv"], "headwater --help"),
        (["sql", "drop table events"], "only one SELECT"),
        (["key", "add", "--value", "two words"], "--value"),
    ],
)
def test_wrong_usage_exits_with_2_and_a_hint_on_stderr(workspace: Path, words: list[str], hint: str) -> None:
    done = headwater(*words, "--dir", workspace)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert hint in done.stderr.partition("Hint: ")[2]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["explain", "no-such-order"],
        ["person", "nobody"],
        ["import", "missing.csv", "--as", "spend"],
        ["key", "remove", "no-such-key"],
        ["settings", "apply", "missing.json"],
    ],
)
def test_a_failure_exits_with_1_and_a_hint_on_stderr(workspace: Path, words: list[str]) -> None:
    done = headwater(*words, "--dir", workspace)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert "Hint: " in done.stderr


def test_a_bug_shows_one_line_and_the_traceback_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "control.sqlite").write_text("this is no database, and long enough to be read as one" * 40)

    quiet = headwater("key", "list", "--dir", tmp_path)
    loud = headwater("key", "list", "--dir", tmp_path, HEADWATER_TRACEBACK="1")

    assert (quiet.returncode, loud.returncode) == (1, 1)
    assert "Traceback" not in quiet.stderr
    assert "HEADWATER_TRACEBACK=1" in quiet.stderr
    assert "Traceback" in loud.stderr


def test_common_options_may_stand_before_the_command(workspace: Path) -> None:
    done = headwater("--dir", workspace, "--json", "key", "list")

    assert done.stdout == '{\n  "keys": []\n}\n'


def test_the_folder_comes_from_the_environment_where_none_is_given(workspace: Path) -> None:
    done = headwater(
        "sql", "select count(*) as n from conversions", "--format", "csv", HEADWATER_DIR=str(workspace)
    )

    assert done.stdout == "n\n2\n"


def test_a_reader_that_goes_away_is_no_error(workspace: Path) -> None:
    import subprocess

    from tests.cli.shell import HEADWATER, environment

    done = subprocess.run(
        f"'{HEADWATER}' steps --sql --dir '{workspace}' | head -1",
        shell=True, env=environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "put"),
    [
        (["--dir", "a", "report", "lag"], ["report", "lag", "--dir", "a"]),
        (["--json", "--dir=a", "key", "list"], ["key", "list", "--json", "--dir=a"]),
        (["import", "-", "--as", "spend"], ["import", "/dev/stdin", "--as", "spend"]),
        ([], []),
    ],
)
def test_words_are_arranged_for_the_parser(words: list[str], put: list[str]) -> None:
    assert arranged(words) == put


def test_json_is_the_only_thing_on_stdout(workspace: Path) -> None:
    assert as_json("report", "lag", "--dir", workspace)["report"] == "lag"
