"""Check style: the habits of this house that no other tool checks.

Reads every file that git knows. Prints `path:line: what is wrong` and exits with 1 if anything is;
files that have grown long are only reported. Each check is a function from a file to its problems,
so that tests can call it on a file that does not exist.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
LOOK_AGAIN = 250
"""Lines from which a file is reported."""
TOO_LONG = 400
"""Lines from which a file is refused."""
CODE = {".py", ".ts", ".tsx"}
PROSE = {".md", ".toml", ".yaml", ".yml", ".sh", ".json", ".html", ".css", ""}
GENERATED = {"uv.lock", "package-lock.json"}
LISTS = {
    Path("src/headwater/contract/tables.py"),  # one table after another
    Path("src/headwater/increment.py"),  # one method for each table, in the order of the pipeline
    Path("tests/journey/test_channels.py"),  # one case for each rule
}
"""Files that are read as a list, one entry after another, and may be as long as the list."""
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager", "managers"}
"""Names that say nothing of what is inside."""

# Written in pieces, so that this file does not refuse itself.
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")))
MACHINE = re.compile(
    "|".join(rf"(?<![\w.~}}-]){path}" for path in ("/wo" + "rk/", "/ro" + "ot/", "/home/[a-z]"))
)
REGISTRY = re.compile(
    "|".join(
        (
            r"pypi\.(org|io|python)",
            r"python" + r"hosted\.org",
            r"npm" + r"js\.(org|com)",
            r"deb\.deb" + "ian",
            r"yarn" + r"pkg\.com",
        )
    )
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the house does not accept, and where."""

    path: Path
    line: int
    said: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.said}"


def drawer(path: Path, text: str) -> Iterator[Problem]:
    """Refuse a file or folder whose name says nothing of what is inside."""
    del text
    for part in path.parts:
        if part.split(".")[0] in DRAWERS:
            yield Problem(path, 1, f"{part!r} says nothing of what is inside: name it for what it holds")


def docstring(path: Path, text: str) -> Iterator[Problem]:
    """Refuse a Python file that does not say what it is for."""
    if path.suffix == ".py" and text.strip() and not ast.get_docstring(ast.parse(text)):
        yield Problem(path, 1, "no module docstring: one sentence that says what it is for")


def length(path: Path, text: str) -> Iterator[Problem]:
    """Refuse a file that nobody can hold in mind."""
    lines = text.count("\n")
    if path.suffix in CODE and path not in LISTS and lines > TOO_LONG:
        yield Problem(path, lines, f"{lines} lines, the most is {TOO_LONG}: split it by what it is about")


def unfinished(path: Path, text: str) -> Iterator[Problem]:
    """Refuse marks of work that is not done."""
    if path.suffix in CODE:
        yield from _found(UNFINISHED, path, text, "unfinished: do it, or open an issue")


def machine_path(path: Path, text: str) -> Iterator[Problem]:
    """Refuse paths that exist on one machine only."""
    yield from _found(MACHINE, path, text, "a path of one machine")


def registry_host(path: Path, text: str) -> Iterator[Problem]:
    """Refuse the host of a package registry: which one to use is for the machine to say."""
    yield from _found(REGISTRY, path, text, "the host of a package registry")


CHECKS: tuple[Callable[[Path, str], Iterator[Problem]], ...] = (
    drawer,
    docstring,
    length,
    unfinished,
    machine_path,
    registry_host,
)


def problems(path: Path, text: str) -> list[Problem]:
    """Return everything that is wrong with one file."""
    return [problem for check in CHECKS for problem in check(path, text)]


def files(root: Path = ROOT) -> list[Path]:
    """Return the text files that git knows, relative to `root`; generated ones left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)  # noqa: S607
    paths = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return [
        path
        for path in paths
        if path.suffix in CODE | PROSE and path.name not in GENERATED and (root / path).is_file()
    ]


def _found(pattern: re.Pattern[str], path: Path, text: str, said: str) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), start=1):
        if found := pattern.search(line):
            yield Problem(path, number, f"{said}: {found[0]!r}")


def main() -> int:
    """Check every file; return the exit code."""
    wrong: list[Problem] = []
    for path in files():
        text = (ROOT / path).read_text(encoding="utf-8")
        wrong += problems(path, text)
        if path.suffix in CODE and LOOK_AGAIN < text.count("\n") <= TOO_LONG:
            print(
                f"{path}: {text.count(chr(10))} lines, look again (aim: {LOOK_AGAIN} at most)",
                file=sys.stderr,
            )
    for problem in wrong:
        print(problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
