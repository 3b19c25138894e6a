"""Source: one file as it came, made ready to be read by column.

Reads  CSV, JSON lines or Parquet, plain or gzip, or standard input
Makes  Source: a Parquet file with one row per record, and the records that cannot be read at all
"""

from __future__ import annotations

import gzip
import hashlib
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from headwater.contract.errors import HeadwaterError, NotFoundError

STDIN = "-"
CHUNK_BYTES = 4 << 20
Form = Literal["csv", "json", "parquet"]
Shape = Literal["csv", "json", "typed", "rest", "line"]


class ImportFileError(HeadwaterError):
    """A file cannot be imported at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A file that was named: where its bytes lie, what it is called and what they are."""

    path: Path
    origin: str
    form: Form
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One of their columns: its name, the SQL that reads it, its type and how it was written."""

    name: str
    sql: str
    type: str = "VARCHAR"
    shape: Shape = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Their rows as a relation; `row` is the SQL of a row's place in the file, from 1."""

    origin: str
    relation: str
    row: str
    columns: tuple[Column, ...]
    rest: Column | None = None
    """JSON object of what no column holds."""
    line: Column | None = None
    """The record as text, where it was text."""
    asked: tuple[Column, ...] = ()
    """Columns that only the condition speaks of."""


def named(name: str | Path, *, folder: Path, number: int) -> Named:
    """Look at the file and say what it is; standard input and gzip are written to `folder` first.

    Raises NotFoundError and ImportFileError.
    """
    path, origin = _plain(name, folder=folder, number=number)
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0)
        form = _form(head, origin)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Named(path=path, origin=origin, form=form, digest=digest, size=path.stat().st_size)


def _plain(name: str | Path, *, folder: Path, number: int) -> tuple[Path, str]:
    aside = folder / f"spool-{number}"
    if str(name) == STDIN:
        _copy(sys.stdin.buffer, aside)
        return aside, "stdin"
    path = Path(name).expanduser()
    if path.is_dir():
        raise ImportFileError(f"{path} is a folder.", hint="name the files in it.")
    try:
        with path.open("rb") as file:
            if file.read(2) != b"\x1f\x8b":
                return path.resolve(), path.name
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {path}.", hint="check the name and the folder.") from error
    except OSError as error:
        raise ImportFileError(
            f"{path} cannot be read ({error.strerror}).", hint="check its permissions."
        ) from error
    try:
        with gzip.open(path) as unpacked:
            _copy(unpacked, aside)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFileError(f"{path} is no whole gzip file ({error}).", hint="fetch it again.") from error
    return aside, path.name


def _copy(stream: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        while data := stream.read(CHUNK_BYTES):
            file.write(data)


def _form(head: bytes, origin: str) -> Form:
    if not head.strip():
        raise ImportFileError(
            f"{origin} is empty.", hint="export it again; even a file without rows has a header."
        )
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ImportFileError(f"{origin} is UTF-16.", hint="save it as UTF-8 (in Excel: CSV UTF-8).")
    if b"\0" in head and not _is_text(head.split(b"\n", 1)[0]):
        raise ImportFileError(f"{origin} is no text and no Parquet.", hint="give CSV, JSON lines or Parquet.")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"[":
        raise ImportFileError(
            f"{origin} holds one JSON array.", hint=f"give one object a line: `jq -c '.[]' {origin}`."
        )
    return "json" if text[:1] == b"{" else "csv"


def _is_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in line
