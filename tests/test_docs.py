"""The documents: their commands run, their links lead somewhere, and nothing lacks its entry."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headwater import attribution, report
from headwater.cli.app import COMMANDS, app
from headwater.contract.settings import Settings

if TYPE_CHECKING:
    from cyclopts import App

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
MARK = "@@ command "
LEFT_OUT = "..."


def examples(page: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a page and, for each, the lines that its output must hold."""
    found: list[tuple[str, list[str]]] = []
    for block in CONSOLE.findall(page):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif block.startswith("$ ") and line.strip(" ─") and line.strip() != LEFT_OUT:
                found[-1][1].append(squeezed(line))
    return found


def squeezed(text: str) -> str:
    """Return the text with single spaces: how wide a column is, is not promised."""
    return " ".join(text.split())


def outputs(commands: list[str], *, folder: Path) -> list[str]:
    """Run the commands one after another in one shell and return what each printed."""
    shutil.copytree(ROOT / "docs" / "samples", folder / "docs" / "samples")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    settled = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "COLUMNS": "200",
    }
    script = "set -e\n" + "\n".join(f"echo '{MARK}'\n{command}" for command in commands)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=kept | settled,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    printed = ran.stdout.split(f"{MARK}\n")[1:]
    assert ran.returncode == 0, f"$ {commands[len(printed) - 1]}\n{printed[-1]}{ran.stderr}"
    return printed


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as a renderer makes them."""
    headings = HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    """Return the targets of a page's links that point into the repository."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return [target for target in LINK.findall(text) if not re.match(r"(https?|mailto):", target)]


def commands(tree: App, *, before: str = "") -> list[str]:
    """Return every command of the command line as it is typed, `settings export` among them."""
    for module in COMMANDS:
        importlib.import_module(f"headwater.cli.{module}")
    found = []
    for word in tree:
        if not word.startswith("-"):
            inner = commands(tree[word], before=f"{before}{word} ")
            found += inner or [f"{before}{word}"]
    return found


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if examples(page.read_text(encoding="utf-8"))], ids=name
)
def test_the_commands_of_a_page_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    shown = examples(page.read_text(encoding="utf-8"))

    printed = outputs([command for command, _ in shown], folder=tmp_path)

    for (command, lines), output in zip(shown, printed, strict=True):
        for line in lines:
            assert line in squeezed(output), f"$ {command}"


def test_the_readme_and_the_tutorial_show_commands() -> None:
    assert len(examples((ROOT / "README.md").read_text(encoding="utf-8"))) >= 5
    assert len(examples((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))) >= 10


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        there = {(page.parent / target.partition("#")[0]).resolve() for target in links(page)}
        waiting += [target for target in there - reached if target.suffix == ".md" and target.exists()]

    assert set(PAGES) <= reached


def test_the_capabilities_are_complete_and_in_order() -> None:
    text = (ROOT / "docs" / "capabilities.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| ([SN]\d+) \|", text, re.MULTILINE) == [
        *(f"S{number}" for number in range(1, 119)),
        *(f"N{number}" for number in range(1, 18)),
    ]


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")

    assert [command for command in commands(app) if f"headwater {command}" not in text] == []


def test_every_report_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "reports.md").read_text(encoding="utf-8")

    assert [name for name in report.REPORTS if not re.search(rf"^#+ .*\b{name}\b", text, re.MULTILINE)] == []


def test_every_model_has_its_page() -> None:
    models = ROOT / "docs" / "explanation" / "models"

    assert [name for name in attribution.models(Settings()) if not (models / f"{name}.md").is_file()] == []
