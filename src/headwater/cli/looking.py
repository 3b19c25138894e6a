"""Looking: `steps` and `sql`.

Reads  the pipeline, the tables
Makes  SQL text, rows
"""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, Common, Everywhere, app
from headwater.contract.errors import UnknownStepError
from headwater.contract.steps import Loop, Step

if TYPE_CHECKING:
    from headwater.contract.steps import AnyStep


@app.command
def steps(
    name: Annotated[
        str | None, Parameter(help="The table that the step makes; without it all are listed.")
    ] = None,
    /,
    *,
    dialect: Annotated[str, Parameter(help="SQL dialect to print: duckdb, spark, postgres, ...")] = "duckdb",
    sql: Annotated[bool, Parameter(help="Print the SQL of the whole pipeline.")] = False,
    common: Common = NOWHERE,
) -> None:
    """List the steps of the pipeline in order, or print the SQL of one, or of all.

    For example:

    ```
    headwater steps sessions --dialect spark
    ```
    """
    from headwater.dialect import sql_of

    made = {step.makes.name: step for step in _steps(common)}
    if name is not None and name not in made:
        raise UnknownStepError.named(name, known=made)
    chosen = [made[name]] if name is not None else list(made.values())
    rows = [
        {
            "step": step.makes.name,
            "kind": kind(step),
            "reads": ", ".join(table.name for table in step.reads),
            "makes": step.makes.doc,
        }
        for step in chosen
    ]
    if name is None and not sql:
        return show.listing("steps", rows, columns=("step", "kind", "reads", "makes"), json=common.json)
    texts = [sql_of(step, dialect=dialect) for step in chosen]
    if common.json:
        told = [{**row, "sql": text} for row, text in zip(rows, texts, strict=True)]
        return show.listing("steps", told, columns=("step", "sql"), json=True)
    for step, text in zip(chosen, texts, strict=True):
        print(f"-- {step.makes.name}: {step.makes.doc}")
        print(f"{text};\n" if text else f"-- solved in Python from {_reads(step)}\n")
    return None


@app.command
def sql(
    query: str,
    /,
    *,
    as_of: Annotated[str | None, Parameter(help="What was known, and set, at this time (UTC).")] = None,
    format: show.Format | None = None,
    common: Common = NOWHERE,
) -> None:
    """Run one SELECT over the workspace's tables; nothing else is let through.

    `headwater steps` lists the tables.

    For example:

    ```
    headwater sql "select channel, count(*) as touchpoints from touchpoints group by all"
    ```
    """
    from headwater.result import ReportResult

    door = common.open()
    try:
        rows = door.sql(query, as_of=as_of)
    finally:
        door.close()
    answer = ReportResult("sql", tuple(rows.column_names), rows.to_pylist())
    show.result(answer, format=format or ("json" if common.json else "table"))


def kind(step: "AnyStep") -> str:
    """Return how a step is made: sql, loop or solve.

    SQL runs in the engine, a loop is SQL repeated until it is stable, a solve is a function in Python.
    """
    return "sql" if isinstance(step, Step) else "loop" if isinstance(step, Loop) else "solve"


def _steps(common: Everywhere) -> "list[AnyStep]":
    """Return the steps under the settings that hold; no workspace is made for it."""
    from headwater import pipeline
    from headwater.contract.settings import Settings
    from headwater.store.control import FILE, Control

    if not (common.folder / FILE).exists():
        return list(pipeline.steps(Settings()))
    control = Control.in_folder(common.folder)
    try:
        return list(pipeline.steps(control.settings()))
    finally:
        control.close()


def _reads(step: "AnyStep") -> str:
    return ", ".join(table.name for table in step.reads) or "the package's own facts"
