"""CSV text: take a CSV file apart, record by record, and set aside what is no record.

Reads  UTF-8 text with a header; separated by comma, semicolon, tab or bar; any line ends; any size
Makes  a Parquet file with the columns row, c0, c1, ... (text as it stands; empty is null)

A record must have as many fields as the header. A line that is no record is refused alone: reading
goes on with the next line, so a stray quote costs one line and not the rest of the file.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from headwater.collect.importing.bench import read_parquet
from headwater.collect.importing.reasons import Reason
from headwater.collect.importing.source import CHUNK_BYTES, Column, ImportFileError, Named, Source
from headwater.collect.importing.unreadable import RAW_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from headwater.collect.importing.unreadable import Unreadable

LONGEST_RECORD = 4 << 20
SEPARATORS = ",;\t|"
BOM = b"\xef\xbb\xbf"


def csv_source(file: Named, *, stage: Path, bad: Unreadable, tick: Callable[[float], None]) -> Source:
    """Write the records of the file to `stage` and say how to read them."""
    with file.path.open("rb") as stream:
        names, separator = _header(stream, file.origin)
        columns = tuple(Column(name=name, sql=f"c{place}") for place, name in enumerate(names))
        schema = pa.schema([("row", pa.int64()), *((column.sql, pa.string()) for column in columns)])
        reader = _Reader(stream, width=len(names), separator=separator, bad=bad)
        with pq.ParquetWriter(stage, schema, compression="lz4") as writer:
            for text, rows in reader.pieces():
                writer.write_table(_table(text, rows, schema, separator))
                tick(stream.tell() / max(file.size, 1))
    return Source(origin=file.origin, relation=read_parquet([stage]), row='"row"', columns=columns)


def _header(stream: BinaryIO, origin: str) -> tuple[list[str], str]:
    line = stream.readline(LONGEST_RECORD)
    while line and not line.strip(BOM + b"\r\n"):
        line = stream.readline(LONGEST_RECORD)
    try:
        text = line.removeprefix(BOM).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ImportFileError(
            f"The header of {origin} is not UTF-8.", hint="save the file as UTF-8."
        ) from error
    if len(line) >= LONGEST_RECORD or "\r" in text or text.count('"') % 2:
        raise ImportFileError(
            f"The first line of {origin} is no header ({len(line)} bytes).",
            hint="the first line names the columns; lines end with a line feed.",
        )
    separator = max(SEPARATORS, key=re.sub('"[^"]*"', "", text).count)
    names = [name.strip() for name in next(csv.reader([text], delimiter=separator))]
    return _unique([name or f"column_{place}" for place, name in enumerate(names, 1)]), separator


def _unique(names: list[str]) -> list[str]:
    """Give a repeated name a number: DuckDB tells names apart without regard to case."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        unique, number = name, 1
        while unique.lower() in taken:
            number += 1
            unique = f"{name}_{number}"
        taken.add(unique.lower())
        found.append(unique)
    return found


def _table(text: bytes, rows: NDArray[np.int64], schema: pa.Schema, separator: str) -> pa.Table:
    names = schema.names[1:]
    table = pacsv.read_csv(
        pa.BufferReader(text),
        read_options=pacsv.ReadOptions(column_names=names, block_size=len(text) + 1),
        parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
        ),
    )
    return table.add_column(0, "row", pa.array(rows)).cast(schema)


class _Reader:
    """Reads pieces of well-formed text and the row number of each record in them."""

    def __init__(self, stream: BinaryIO, *, width: int, separator: str, bad: Unreadable) -> None:
        cut = re.escape(separator.encode())
        field = rb'(?:"(?:[^"]++|"")*+"|(?!")[^' + cut + rb"\r\n]*+)"
        one = rb"(?!\r?\n)" + field + rb"(?:" + cut + field + rb"){%d}\r?\n" % (width - 1)
        self._one = re.compile(one)
        self._run = re.compile(rb"(?:" + one + rb"|\r?\n)*+")
        self._stream = stream
        self._width = width
        self._cut = separator.encode()
        self._bad = bad
        self._row = 0

    def pieces(self) -> Iterator[tuple[bytes, NDArray[np.int64]]]:
        """Yield the text of whole records, and their row numbers."""
        buffer, ended = b"", False
        while not ended:
            data = self._stream.read(CHUNK_BYTES)
            ended = not data
            buffer += data
            if ended and buffer and not buffer.endswith(b"\n"):
                buffer += b"\n"
            good, buffer = self._split(buffer, ended=ended)
            texts, rows = [text for text, _ in good], [numbers for _, numbers in good]
            if any(len(numbers) for numbers in rows):
                yield b"".join(texts), np.concatenate(rows)

    def _split(self, buffer: bytes, *, ended: bool) -> tuple[list[tuple[bytes, NDArray[np.int64]]], bytes]:
        """Return the good runs of the buffer, and the end that may go on in the next piece."""
        good: list[tuple[bytes, NDArray[np.int64]]] = []
        place = 0
        while place < len(buffer):
            run = self._run.match(buffer, place)
            end = run.end() if run else place
            if end > place:
                good.append(self._numbered(buffer[place:end]))
            elif not ended and len(buffer) - place <= LONGEST_RECORD:
                break
            else:
                end = buffer.find(b"\n", place) + 1 or len(buffer)
                self._refuse(buffer[place:end])
                if not buffer[place:end].endswith(b"\n"):
                    self._skip_line()
            place = end
        return good, buffer[place:]

    def _numbered(self, run: bytes) -> tuple[bytes, NDArray[np.int64]]:
        try:
            run.decode("utf-8")
        except UnicodeDecodeError:
            return self._sifted(run)
        if b"\0" in run:
            return self._sifted(run)
        plain = (
            b'"' not in run and b"\n\n" not in run and b"\n\r\n" not in run and run[:1] not in (b"\n", b"\r")
        )
        count = run.count(b"\n") if plain else sum(1 for _ in self._one.finditer(run))
        self._row += count
        return run, np.arange(self._row - count + 1, self._row + 1, dtype=np.int64)

    def _sifted(self, run: bytes) -> tuple[bytes, NDArray[np.int64]]:
        """Keep the records of a run that are text, refuse the others."""
        kept, rows = [], []
        for found in self._one.finditer(run):
            record = found[0]
            self._row += 1
            if problem := not_text(record):
                self._bad.add(
                    self._row, raw=record.rstrip(b"\r\n"), reason=Reason.BAD_ENCODING, detail=problem
                )
            else:
                kept.append(record)
                rows.append(self._row)
        return b"".join(kept), np.array(rows, dtype=np.int64)

    def _refuse(self, line: bytes) -> None:
        self._row += 1
        if len(line) > LONGEST_RECORD:
            detail = f"the line is longer than {LONGEST_RECORD >> 20} MiB"
            self._bad.add(self._row, raw=line[:RAW_BYTES], reason=Reason.TOO_LONG, detail=detail)
            return
        fields = line.count(self._cut) + 1
        detail = f"{fields} fields where the header has {self._width}"
        if fields == self._width or b'"' in line:
            detail = "a quote is not closed, or text stands beside it"
        self._bad.add(self._row, raw=line.rstrip(b"\r\n"), reason=Reason.BAD_ROW, detail=detail)

    def _skip_line(self) -> None:
        """Read on to the end of a line that is too long to keep, then give back what follows it."""
        while data := self._stream.readline(CHUNK_BYTES):
            if data.endswith(b"\n"):
                return


def not_text(record: bytes) -> str:
    """Say why a record is no text that can be kept; empty where it is."""
    if b"\0" in record:
        return "the row holds a NUL byte"
    try:
        record.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} of the row is not UTF-8; save the file as UTF-8"
    return ""
