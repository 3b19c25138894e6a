"""Reference: write the pages of docs/reference that are made from the code.

Reads  contract/tables.py, contract/settings.py, collect/limits.py, the errors and the pipeline
Makes  docs/reference/tables/*.md, steps.md, settings.md, limits.md and errors.md

`--check` writes nothing and fails where a page differs from the code. Never edit these pages by
hand: change the code that they are made from.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import headwater
from headwater import pipeline
from headwater.collect.limits import ANSWERS, LIMITS
from headwater.contract import naming, settings, tables
from headwater.contract.errors import HeadwaterError, UsageError
from headwater.contract.naming import Naming
from headwater.contract.settings import Goal, Settings
from headwater.contract.steps import AnyStep, Loop, Solve
from headwater.contract.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"
MADE = "<!-- Made by tools/reference.py: change the code, then run it. -->\n"


def all_tables() -> list[Table]:
    """Return every table of the contract, in the order in which it is declared."""
    return [value for value in vars(tables).values() if isinstance(value, Table)]


def pages() -> dict[str, str]:
    """Return the text of every made page by its path under docs/reference."""
    steps = list(pipeline.steps(Settings()))
    made = {f"tables/{table.name}.md": table_page(table, steps=steps) for table in all_tables()}
    return made | {
        "tables/index.md": tables_index(steps),
        "steps.md": steps_page(steps),
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "limits.md": limits_page(),
    }


def table_page(table: Table, *, steps: Iterable[AnyStep]) -> str:
    """Describe one table: key, columns, who makes it and who reads it."""
    steps = list(steps)
    makers = [step for step in steps if step.makes.name == table.name]
    readers = [step.makes.name for step in steps if table.name in {read.name for read in step.reads}]
    lines = [MADE, f"# {table.name}", "", table.doc, "", f"Key: {_code(table.key)}", ""]
    if makers:
        origin = _links(read.name for read in makers[0].reads) or "nothing: its rows are part of the package"
        lines += [f"Made by the step `{table.name}` ({kind(makers[0])}) from {origin}."]
        lines += [f"`headwater steps {table.name}` prints how.", ""]
    else:
        lines += ["Loaded as it was received, not made by a step.", ""]
    if readers:
        lines += [f"Read to make {_links(readers)}.", ""]
    lines += ["| column | type | meaning |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {column.type} | {_cell(column.doc)} |" for column in table.columns]
    return "\n".join(lines) + "\n"


def tables_index(steps: Iterable[AnyStep]) -> str:
    """List every table with what one of its rows is."""
    made = {step.makes.name for step in steps}
    lines = [
        MADE,
        "# Tables",
        "",
        "Times are UTC, money is `DECIMAL(18,6)`. Every table can be read with `headwater sql`.",
        "What was received is never changed; the rest can be thrown away and made again.",
        "",
        "| table | a row is | comes from |",
        "|---|---|---|",
    ]
    for table in all_tables():
        origin = "a step" if table.name in made else "what was received"
        lines.append(f"| [{table.name}]({table.name}.md) | {_cell(table.doc)} | {origin} |")
    return "\n".join(lines) + "\n"


def steps_page(steps: Iterable[AnyStep]) -> str:
    """List the pipeline's steps in the order in which they run."""
    lines = [
        MADE,
        "# Steps",
        "",
        "The pipeline with the settings of a new workspace, in the order in which it runs.",
        "`headwater steps NAME` prints a step, with `--dialect spark` for another engine.",
        "",
        "| | step | is | reads |",
        "|---|---|---|---|",
    ]
    for number, step in enumerate(steps, start=1):
        reads = ", ".join(f"[{read.name}](tables/{read.name}.md)" for read in step.reads)
        name = f"[{step.makes.name}](tables/{step.makes.name}.md)"
        lines.append(f"| {number} | {name} | {kind(step)} | {reads} |")
    return "\n".join(lines) + "\n"


def kind(step: AnyStep) -> str:
    """Say in a word how a step makes its table."""
    if isinstance(step, Solve):
        return "solved in Python"
    if isinstance(step, Loop):
        return "SQL, repeated until stable"
    return "SQL" if step.materialised else "SQL, a view"


def settings_page() -> str:
    """List every setting with its default and meaning."""
    lines = [
        MADE,
        "# Settings",
        "",
        "One frozen value per workspace; a key that does not exist is refused. These are the values",
        "that a new workspace starts with.",
        "",
        *_fields(Settings),
        "",
        "## A goal",
        "",
        "`goals` is a list of these.",
        "",
        *_fields(Goal),
        "",
        "## The naming of links",
        "",
        "`naming` is one of these; [campaign links](../utm.md) says how it is used.",
        "",
        *_fields(Naming),
    ]
    return "\n".join(lines) + "\n"


def _fields(owner: type) -> list[str]:
    meaning = field_docs(owner.__name__)
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for entry in dataclasses.fields(owner):
        lines.append(f"| `{entry.name}` | {_default(entry)} | {_cell(meaning[entry.name])} |")
    return lines


def field_docs(owner: str) -> dict[str, str]:
    """Return the sentence that stands below each field of a class of the settings."""
    nodes = [node for module in (settings, naming) for node in ast.parse(inspect.getsource(module)).body]
    body = next(node.body for node in nodes if isinstance(node, ast.ClassDef) and node.name == owner)
    said: dict[str, str] = {}
    for node, below in pairwise(body):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(below, ast.Expr)
        ):
            said[node.target.id] = inspect.cleandoc(str(ast.literal_eval(below.value)))
    return said


def field_names(owner: type) -> list[str]:
    """Return the names of a settings class in order."""
    return [entry.name for entry in dataclasses.fields(owner)]


def _default(entry: dataclasses.Field[Any]) -> str:
    if entry.default_factory is not dataclasses.MISSING:
        value = entry.default_factory()
    elif entry.default is dataclasses.MISSING:
        return "needed"
    else:
        value = entry.default
    if entry.name == "naming":
        return "see below"
    if entry.name == "goals":
        return ", ".join(f"`{goal.name}`" for goal in value)
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{value}`" if value not in ({}, "") else "none"


def errors_page() -> str:
    """List every error that the package raises on purpose."""
    lines = [
        MADE,
        "# Errors",
        "",
        "Each says what is wrong and where, and a hint says the way out. The command line exits with",
        "2 where the request itself cannot be meant (usage), else with 1.",
        "",
        "| error | means | exit |",
        "|---|---|---|",
    ]
    for error in all_errors():
        said = inspect.cleandoc(error.__doc__ or "").splitlines()[0]
        lines.append(f"| `{error.__name__}` | {_cell(said)} | {2 if issubclass(error, UsageError) else 1} |")
    return "\n".join(lines) + "\n"


def all_errors() -> list[type[HeadwaterError]]:
    """Return every subclass of HeadwaterError in the package, by name."""
    for module in pkgutil.walk_packages(headwater.__path__, prefix="headwater."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[HeadwaterError]] = {}
    queue: list[type[HeadwaterError]] = [HeadwaterError]
    while queue:
        error = queue.pop()
        found[error.__name__] = error
        queue += error.__subclasses__()
    return [found[name] for name in sorted(found) if found[name].__module__.startswith("headwater.")]


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def limits_page() -> str:
    """Describe the limits of the collector."""
    lines = [MADE, "# Limits", "", "What the collector takes, and what becomes of more.", ""]
    lines += ["| what | most | beyond |", "|---|---|---|"]
    lines += [f"| {limit.what} | {limit.most} | {limit.beyond} |" for limit in LIMITS]
    lines += ["", "## HTTP", "", ANSWERS]
    return "\n".join(lines) + "\n"


def _links(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}]({name}.md)" for name in dict.fromkeys(names))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def stale(made: dict[str, str]) -> list[Path]:
    """Return the pages that differ from the code, and those whose table is gone."""
    differ = [PAGES / name for name, text in made.items() if _read(PAGES / name) != text]
    gone = [path for path in (PAGES / "tables").glob("*.md") if f"tables/{path.name}" not in made]
    return differ + gone


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say which differ; return the exit code."""
    made = pages()
    old = stale(made)
    if "--check" in arguments:
        for path in old:
            print(f"{path.relative_to(PAGES.parents[1])} differs from the code")
        if old:
            print("\nHint: .venv/bin/python tools/reference.py")
        return 1 if old else 0
    for path in old:
        name = path.relative_to(PAGES).as_posix()
        if name in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()
    print(f"{len(made)} pages, {len(old)} of them new or changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
