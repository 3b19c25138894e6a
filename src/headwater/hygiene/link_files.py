"""Link files: the links in a file, with the row of each, and the same file with other links.

Reads  text with a link a line, CSV of any separator with a column of links, JSON lines, HTML
Makes  `Row` values; a corrected copy that is otherwise the same

CSV may be UTF-8 or the UTF-16 that ad editors export. A file that holds no links is said to hold none.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import orjson

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLUMNS = (
    "url", "link", "final url", "final urls", "landing page", "landing page url", "landing url", "destination url",
    "destination", "website url", "page url", "href", "address", "tracking template", "final url suffix",
    "url parameters", "tracking url", "click url", "target url",
)  # fmt: skip
"""Names of columns of links, compared in lower case with spaces for separators."""
_LINKLIKE = re.compile(r"(?i)\s*(https?://|www[.]|\{lpurl\}|[^\s=]*[?&]?utm_)")


@dataclass(frozen=True, slots=True)
class Row:
    """One link and where it stands."""

    row: int
    """Counted from 1; the header of a CSV is row 1."""
    url: str


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one file and how to write the file again with others."""

    rows: tuple[Row, ...]
    written: Callable[[dict[int, str]], str]
    """From row -> new link to the file's text."""


def links(content: bytes, *, name: str, column: str | None = None) -> Links:
    """Return the links of a file; its ending, else its first line, tells the format.

    Raises UsageError where a CSV or JSON has no column of links, or not the one that is named.
    """
    text = _text(content, name)
    ending = name.rpartition(".")[2].lower()
    first = next((line for line in text.splitlines() if line.strip()), "")
    if ending in ("jsonl", "ndjson", "json") or first.lstrip().startswith(('{"', "[", '"http')):
        return _json_lines(text, name=name, column=column)
    if ending in ("html", "htm"):
        return _html(text)
    if ending in ("csv", "tsv") or column or _is_table(first):
        return _csv(text, name=name, column=column)
    return _lines(text)


def _text(content: bytes, name: str) -> str:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{name} is no text.", hint="save it as CSV or text in UTF-8.")


def _is_table(first: str) -> bool:
    cells = [_key(cell) for cell in re.split(r"[,;\t]", first)]
    return len(cells) > 1 and not _LINKLIKE.match(first) and any(cell in COLUMNS for cell in cells)


def _key(name: str) -> str:
    return " ".join(re.sub(r"[_-]+", " ", name).strip().strip('"').lower().split())


def _lines(text: str) -> Links:
    lines = text.splitlines(keepends=True)
    rows = tuple(
        Row(number, line.rstrip("\r\n"))
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("# ")
    )

    def written(new: dict[int, str]) -> str:
        ends = [line[len(line.rstrip("\r\n")) :] for line in lines]
        return "".join(
            new[number] + end if number in new else line
            for number, (line, end) in enumerate(zip(lines, ends, strict=True), start=1)
        )

    return Links(rows, written)


def _csv(text: str, *, name: str, column: str | None) -> Links:
    sample = text[:8192]
    first = sample.splitlines()[0] if sample.splitlines() else ""
    separator = max(",;\t|", key=first.count) if first else ","
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    header = table[0] if table else []
    place = _column(header, table[1:101], name=name, column=column)
    rows = tuple(
        Row(number, cells[place])
        for number, cells in enumerate(table[1:], start=2)
        if len(cells) > place and cells[place].strip()
    )

    def written(new: dict[int, str]) -> str:
        out = io.StringIO(newline="")
        ending = "\r\n" if "\r\n" in sample else "\n"
        writer = csv.writer(out, delimiter=separator, lineterminator=ending)
        for number, cells in enumerate(table, start=1):
            if number in new:
                writer.writerow([*cells[:place], new[number], *cells[place + 1 :]])
            else:
                writer.writerow(cells)
        return out.getvalue()

    return Links(rows, written)


def _column(header: Sequence[str], body: Sequence[Sequence[str]], *, name: str, column: str | None) -> int:
    keys = [_key(cell) for cell in header]
    if column is not None:
        if _key(column) in keys:
            return keys.index(_key(column))
        raise UsageError(f"{name} has no column {column!r}.", hint=f"it has: {', '.join(header)}.")
    for known in COLUMNS:
        if known in keys:
            return keys.index(known)
    counts = [
        sum(bool(_LINKLIKE.match(cells[place])) for cells in body if len(cells) > place)
        for place in range(len(header))
    ]
    most = max(counts, default=0)
    if most:
        return counts.index(most)
    raise UsageError(
        f"{name} has no column of links. It has: {', '.join(header) or 'nothing'}.",
        hint="name it: --column 'Final URL'.",
    )


def _json_lines(text: str, *, name: str, column: str | None) -> Links:
    values: list[Any] = []
    is_list = text.lstrip().startswith("[")
    for number, piece in enumerate([text] if is_list else text.splitlines(), start=1):
        try:
            values += orjson.loads(piece) if is_list else [orjson.loads(piece)] if piece.strip() else []
        except orjson.JSONDecodeError as error:
            raise UsageError(
                f"{name}, row {number}: no JSON ({error}).", hint="one object or text a line."
            ) from error
    found = [(number, value, _json_key(value, column)) for number, value in enumerate(values, start=1)]
    rows = tuple(
        Row(number, value if key is None else str(value[key]))
        for number, value, key in found
        if isinstance(value, str) or key is not None
    )
    if not rows and values:
        raise UsageError(f"{name} has no field of links.", hint="name it: --column url.")

    def written(new: dict[int, str]) -> str:
        told = [
            value if number not in new else new[number] if key is None else value | {key: new[number]}
            for number, value, key in found
        ]
        return "".join(orjson.dumps(value).decode() + "\n" for value in told)

    return Links(rows, written)


def _json_key(value: Any, column: str | None) -> str | None:
    if not isinstance(value, dict):
        return None
    if column is not None:
        return column if isinstance(value.get(column), str) else None
    by_name = {_key(key): key for key, cell in value.items() if isinstance(cell, str)}
    named = next((by_name[known] for known in COLUMNS if known in by_name), None)
    return named or next((key for key in by_name.values() if _LINKLIKE.match(value[key])), None)


class _Hrefs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (
                tag in ("a", "area")
                and name == "href"
                and value
                and not value.startswith(("#", "mailto:", "tel:"))
            ):
                self.rows.append(Row(self.getpos()[0], value))


def _html(text: str) -> Links:
    parser = _Hrefs()
    parser.feed(text)
    parser.close()

    def written(new: dict[int, str]) -> str:
        raise UsageError(
            f"Links in HTML are not rewritten ({len(new)} need it).",
            hint="change the template that makes the page.",
        )

    return Links(tuple(parser.rows), written)
