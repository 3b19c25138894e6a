"""Opening: from a named file to rows under our names.

Reads  a file, `--map` and `--where`
Makes  Opened: the rows, how many came, and the records that could not be read
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from headwater.collect.importing.condition import ConditionError, condition_columns
from headwater.collect.importing.csv_text import csv_source
from headwater.collect.importing.json_text import json_keys, json_source
from headwater.collect.importing.keyed import key_addresses
from headwater.collect.importing.layout import Layout, UnknownTheirsError, layout
from headwater.collect.importing.parquet_file import parquet_source
from headwater.collect.importing.rows import Rows
from headwater.collect.importing.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from headwater.collect.importing.bench import Bench
    from headwater.collect.importing.keyed import Hasher
    from headwater.collect.importing.kinds import Kind
    from headwater.collect.importing.source import Column, Named, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One file, ready to be settled."""

    rows: Rows
    picked: int
    """Rows that could be read and that the condition picked."""
    lost: int
    """Records that could not be read."""
    unreadable: Path
    """Where those records are, if there are any."""
    assumed_zone: int
    """Picked rows whose time names no zone."""


def opened(
    file: Named,
    *,
    place: int,
    kind: Kind,
    bench: Bench,
    hasher: Hasher,
    keep: bool,
    known_at: datetime,
    tick: Callable[[float], None],
    mapping: Mapping[str, str],
    where: str | None,
    zone: str,
    currency: str,
) -> Opened:
    """Take the file apart, match its columns and hash its addresses."""
    asked = condition_columns(where) if where else []
    with Unreadable(bench.folder / f"unreadable-{place}.parquet") as bad:
        source, found = _source(file, place, kind, bench, bad, tick, mapping, asked)
    rows = Rows(
        kind=kind, source=source, layout=found, picked=where or "", asked=_asked(asked, source, found, bench),
        zone=zone, known_at=known_at, currency=currency,
    )  # fmt: skip
    picked, naive = _counts(bench, rows)
    key_addresses(bench, rows, hasher, keep=keep)
    return Opened(rows=rows, picked=picked, lost=bad.count, unreadable=bad.path, assumed_zone=naive)


def _source(
    file: Named,
    place: int,
    kind: Kind,
    bench: Bench,
    bad: Unreadable,
    tick: Callable[[float], None],
    mapping: Mapping[str, str],
    asked: list[str],
) -> tuple[Source, Layout]:
    stage = bench.folder / f"stage-{place}.parquet"
    if file.form == "json":
        lines = bench.folder / f"lines-{place}.parquet"
        keys = json_keys(file, lines=lines, bench=bench, bad=bad, tick=tick)
        found = layout(keys, kind=kind, mapping=mapping, origin=file.origin)
        wanted = dict.fromkeys(found.ours.values())
        source = json_source(
            file, lines=lines, stage=stage, keys=list(wanted), asked=_known(asked, keys), bench=bench
        )
        return source, Layout(ours=found.ours, rest=())
    if file.form == "parquet":
        source = parquet_source(file, bench=bench)
    else:
        source = csv_source(file, stage=stage, bad=bad, tick=tick)
    names = [column.name for column in source.columns]
    return source, layout(names, kind=kind, mapping=mapping, origin=file.origin)


def _known(asked: list[str], names: list[str]) -> list[str]:
    """Return the names as the file spells them; SQL does not mind the case of letters."""
    spelled = {name.lower(): name for name in reversed(names)}
    return [spelled[name.lower()] for name in asked if name.lower() in spelled]


def _asked(asked: list[str], source: Source, found: Layout, bench: Bench) -> dict[str, str]:
    """Return the SQL of each column in the condition: by their name, else by ours."""
    columns = {column.name.lower(): column for column in (*source.asked, *source.columns)}
    ours = {name.lower(): their.lower() for name, their in found.ours.items()}
    answer: dict[str, str] = {}
    for name in asked:
        column = columns.get(name.lower()) or columns.get(ours.get(name.lower(), ""))
        if column is None:
            raise UnknownTheirsError.named(name, known=[column.name for column in source.columns])
        if name.lower() not in {there.lower() for there in answer}:
            answer[name] = _typed(column, source, bench)
    return answer


def _typed(column: Column, source: Source, bench: Bench) -> str:
    """Read text as numbers where most of it is numbers, so that `conversion = 1` means what it says."""
    if column.shape == "typed":
        return column.sql
    kinds = ("bigint", "double")
    counts = ", ".join(f"count(try_cast({column.sql} as {kind}))" for kind in kinds)
    there, *numbers = bench.rows(f"select count(nullif({column.sql}, '')), {counts} from {source.relation}")[
        0
    ]
    if numbers[1] * 2 <= there:
        return column.sql
    return f"try_cast({column.sql} as {'bigint' if numbers[0] == numbers[1] else 'double'})"


def _counts(bench: Bench, rows: Rows) -> tuple[int, int]:
    """Return how many rows are picked, and how many of them have a time without a zone."""
    times = [one.field.name for one in rows.casts if one.field.type == "time"]
    naive = [f"is_naive(trim(text_{name}))" for name in times if rows.column(name).type == "VARCHAR"]
    some = " or ".join(f"coalesce({one}, false)" for one in naive) or "false"
    try:
        found = bench.rows(f"select count(*), count(*) filter ({some}) from ({rows.theirs()})")[0]
    except duckdb.Error as error:
        if not rows.picked:
            raise
        raise ConditionError(
            f"--where cannot be asked of {rows.source.origin}: {str(error).splitlines()[0]}",
            hint="compare numbers with numbers and text with text; text stands in single quotes.",
        ) from error
    return found[0], found[1]
