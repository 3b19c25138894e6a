"""Importing: `import` and `build`.

Reads  files, or standard input
Makes  facts in the archive, and the tables from them
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from headwater.cli import show
from headwater.cli.app import NOWHERE, STDIN, Common, app, say
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from headwater.doors import Door

KINDS = ("events", "touchpoints", "conversions", "spend", "paths", "persons", "experiments")
COUNTS = ("received", "stored", "duplicate", "refused")


@app.command(name="import")
def import_(
    *files: Annotated[str, Parameter(help="CSV, JSON lines or Parquet, also gzipped; - is standard input.")],
    as_: Annotated[str, Parameter(name="--as", help=f"What the rows are: {', '.join(KINDS)}.")],
    map: Annotated[str | None, Parameter(help="Their column names and ours: theirs=ours,...")] = None,
    where: Annotated[str | None, Parameter(help="Import only rows that fulfil this SQL condition.")] = None,
    dry_run: Annotated[bool, Parameter(help="Check and count, store nothing.")] = False,
    no_build: Annotated[bool, Parameter(help="Leave the tables for the next build or report.")] = False,
    common: Common = NOWHERE,
) -> None:
    """Bring files in, then bring the tables up to date.

    The same file twice changes nothing. A wrong row is kept aside with its reason, counted, and
    listed by `headwater report quality`; it never stops the good ones. A file may be imported under
    several kinds. The workspace is made where there is none.

    For example:

    ```
    headwater import orders.csv --as conversions --map 'order=conversion_id,customer=person,total=value'
    zcat calls.jsonl.gz | headwater import - --as touchpoints --where "kind = 'call'"
    ```
    """
    from headwater.doors import mapping_of

    if not files:
        raise UsageError(
            "No file was named.", hint="headwater import FILE... --as KIND; - reads standard input."
        )
    mapping = mapping_of(map)
    door = common.open()
    try:
        with progress() as tick:
            done = door.import_(
                ["-" if file == STDIN else file for file in files],
                kind=as_,
                mapping=mapping or None,
                where=where,
                dry_run=dry_run,
                progress=tick,
            ).to_dict()
        built = {} if dry_run or no_build else _built(door)
    finally:
        door.close()
    said = done | ({"build": built} if built else {})
    show.facts(said, json=common.json, text=text(done, dry_run=dry_run))


@app.command
def build(
    *,
    full: Annotated[bool, Parameter(help="Make every table afresh.")] = False,
    as_of: Annotated[
        str | None, Parameter(help="Also build what was known at this time, 2026-05-31T12:00Z.")
    ] = None,
    common: Common = NOWHERE,
) -> None:
    """Bring the tables up to date with what came in; reports do it by themselves.

    For example:

    ```
    headwater build --full
    ```
    """
    door = common.open()
    try:
        done = door.build(full=full, as_of=as_of).to_dict()
    finally:
        door.close()
    text = (
        f"{done['mode']}: {done['events']:,} events, {done['touchpoints']:,} touchpoints, "
        f"{done['conversions']:,} conversions of {done['persons']:,} persons in {done['seconds']:.1f} s"
    )
    show.facts(done, json=common.json, text=text)


def text(done: dict[str, Any], *, dry_run: bool) -> str:
    """Return a summary in words, with the reasons of what was refused."""
    verb = "would be stored" if dry_run else "stored"
    kept = f"{done['received']:,} received = {done['stored']:,} {verb}"
    lines = [f"{kept} + {done['duplicate']:,} duplicate + {done['refused']:,} refused"]
    reasons = sorted((done.get("reasons") or {}).items())
    lines += [f"  refused, {reason}: {count:,}" for reason, count in reasons]
    if done.get("assumed_zone"):
        lines.append(
            f"{done['assumed_zone']:,} times name no zone and were read as {done['time_zone']} "
            "(the setting time_zone; better: export them with a zone, such as 2026-05-31T12:00:00Z)"
        )
    if done.get("replaced_days"):
        lines.append(f"  {done['replaced_days']:,} days of spend replaced by newer figures")
    if done["refused"] and not dry_run:
        lines.append("`headwater report quality` lists them.")
    return "\n".join(lines)


def _built(door: "Door") -> dict[str, Any]:
    done = door.build().to_dict()
    if done["mode"] != "nothing new":
        say(f"The tables are up to date ({done['mode']}, {done['seconds']:.1f} s).")
    return done


@contextmanager
def progress() -> Iterator[Callable[[int, int], None] | None]:
    """Yield a function that shows a share of the work done; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("importing"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("importing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
