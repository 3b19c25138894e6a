"""JSON text: take JSON lines apart and set aside the lines that are no object.

Reads  UTF-8 text with one JSON object a line
Makes  a Parquet file with the columns row, line and one for each key that is asked for

JSON is read strictly: what the engine would let pass (NaN, trailing commas) is refused here, so that
every other reader of the archive understands what is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from headwater.collect.importing.bench import literal, quoted, read_parquet
from headwater.collect.importing.csv_text import BOM, LONGEST_RECORD, not_text
from headwater.collect.importing.reasons import Reason
from headwater.collect.importing.source import CHUNK_BYTES, Column, Named, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headwater.collect.importing.bench import Bench
    from headwater.collect.importing.unreadable import Unreadable

SCHEMA = pa.schema([("row", pa.int64()), ("line", pa.string())])
_LAX = re.compile(rb",\s*[}\]]|[\[:,]\s*-?(?:nan|inf)", re.IGNORECASE)
_OBJECT = "json_valid(line) and json_type(line) = 'OBJECT'"


def json_keys(
    file: Named, *, lines: Path, bench: Bench, bad: Unreadable, tick: Callable[[float], None]
) -> list[str]:
    """Write the lines that are objects to `lines` and return every key that they have."""
    with file.path.open("rb") as stream, pq.ParquetWriter(lines, SCHEMA, compression="lz4") as writer:
        for rows, texts in _pieces(stream, bad):
            writer.write_table(
                pa.table([pa.array(rows, pa.int64()), pa.array(texts, pa.binary()).cast(pa.string())], SCHEMA)
            )
            tick(stream.tell() / max(file.size, 1))
    read = read_parquet([lines])
    for row, line in bench.rows(f"select row, line from {read} where not ({_OBJECT}) order by row"):
        bad.add(row, raw=line.encode(), reason=Reason.BAD_JSON, detail="the line is no JSON object")
    return [key for (key,) in bench.rows(
        f"select distinct unnest(json_keys(line)) as key from {read} where {_OBJECT} order by key"
    )]  # fmt: skip


def json_source(
    file: Named, *, lines: Path, stage: Path, keys: list[str], asked: list[str], bench: Bench
) -> Source:
    """Write the values of `keys` to columns, what is left to `rest`, and say how to read them."""
    wanted = {f"c{place}": key for place, key in enumerate(dict.fromkeys((*keys, *asked)))}
    shape = orjson.dumps(dict.fromkeys(wanted.values(), "VARCHAR")).decode()
    without = orjson.dumps(dict.fromkeys(keys)).decode()
    values = ", ".join(f"found.{quoted(key)} as {alias}" for alias, key in wanted.items())
    listed = f"row, line, json_merge_patch(line, {literal(without)}) as rest{', ' if values else ''}{values}"
    bench.execute(f"""
        copy (
            select {listed}
            from (
                select row, line, {f"json_transform(line, {literal(shape)})" if wanted else "null"} as found
                from {read_parquet([lines])}
                where {_OBJECT}
            )
        ) to {literal(str(stage))} (format parquet, compression lz4)
    """)
    return Source(
        origin=file.origin,
        relation=read_parquet([stage]),
        row='"row"',
        columns=tuple(
            Column(name=key, sql=alias, shape="json") for alias, key in wanted.items() if key in keys
        ),
        asked=tuple(
            Column(name=key, sql=alias, shape="json") for alias, key in wanted.items() if key in asked
        ),
        rest=Column(name="rest", sql="rest", shape="rest"),
        line=Column(name="line", sql="line", shape="line"),
    )


def _pieces(stream: BinaryIO, bad: Unreadable) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yield row numbers (lines, from 1) and lines that are text."""
    row, buffer = 0, stream.read(len(BOM)).removeprefix(BOM)
    while True:
        data = stream.read(CHUNK_BYTES)
        buffer += data
        if data and b"\n" not in data and len(buffer) > LONGEST_RECORD:
            row += 1
            detail = f"the line is longer than {LONGEST_RECORD >> 20} MiB"
            bad.add(row, raw=buffer, reason=Reason.TOO_LONG, detail=detail)
            buffer = _after_line(stream)
            continue
        lines = buffer.split(b"\n")
        buffer = lines.pop() if data else b""
        rows, kept = _sifted(lines, row, bad)
        row += len(lines)
        if rows:
            yield rows, kept
        if not data:
            return


def _after_line(stream: BinaryIO) -> bytes:
    while data := stream.readline(CHUNK_BYTES):
        if data.endswith(b"\n"):
            break
    return b""


def _sifted(lines: list[bytes], before: int, bad: Unreadable) -> tuple[list[int], list[bytes]]:
    """Leave out blank lines and refuse what is no text or no strict JSON."""
    whole = b"\n".join(lines)
    doubtful = bool(not_text(whole)) or _LAX.search(whole) is not None
    rows, kept = [], []
    for row, line in enumerate(lines, before + 1):
        if not line or line.isspace():
            continue
        if doubtful and (problem := not_text(line)):
            bad.add(row, raw=line, reason=Reason.BAD_ENCODING, detail=problem)
        elif doubtful and (problem := _not_strict(line)):
            bad.add(row, raw=line, reason=Reason.BAD_JSON, detail=problem)
        else:
            rows.append(row)
            kept.append(line)
    return rows, kept


def _not_strict(line: bytes) -> str:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"the line is no JSON ({error})"
    return ""
