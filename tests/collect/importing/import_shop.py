"""A workspace to import into, and what its archive holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from headwater.collect import archive
from headwater.collect.imports import ImportSummary, imported
from headwater.contract.tables import ARCHIVE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Hashes:
    """Stands in for the encrypted store: a hash that tests can read."""

    def __init__(self) -> None:
        self.kept: set[tuple[str, str]] = set()

    def hashed(self, kind: str, values: Iterable[str]) -> dict[str, str | None]:
        """Return `hash-of-<value>` for what looks like an address."""
        return {
            value: f"hash-of-{value.strip().lower().replace('@', '-at-')}" if _is(kind, value) else None
            for value in values
        }

    def keyed(self, kind: str, values: Iterable[str]) -> dict[str, str | None]:
        """Remember the values and hash them."""
        found = self.hashed(kind, values)
        self.kept |= {(kind, value) for value, hashed in found.items() if hashed}
        return found


def _is(kind: str, value: str) -> bool:
    return "@" in value.strip()[1:] if kind == "email" else any(letter.isdigit() for letter in value)


@dataclass
class Shop:
    """A workspace, written to and read back."""

    root: Path
    hashes: Hashes

    def file(self, text: str | bytes, name: str = "file.csv") -> Path:
        """Write a file to import."""
        path = self.root.parent / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def bring(self, *texts: str | bytes, kind: str, name: str = "file.csv", **options: Any) -> ImportSummary:
        """Write the texts to files and import them together."""
        files = [self.file(text, f"{place}-{name}" if place else name) for place, text in enumerate(texts)]
        return imported(files, kind=kind, root=self.root, personal=self.hashes, **options)

    def rows(self, kind: str, columns: str = "*", order: str = "all") -> list[tuple[Any, ...]]:
        """Return what the archive holds of a kind."""
        files = [str(file) for file in archive.files(self.root, kind)]
        if not files:
            return []
        with duckdb.connect() as reader:
            reader.execute("set TimeZone = 'UTC'")
            sql = f"select {columns} from read_parquet(?, hive_partitioning = false) order by {order}"
            return reader.execute(sql, [files]).fetchall()

    def one(self, kind: str, columns: str) -> tuple[Any, ...]:
        """Return the only row of a kind."""
        (row,) = self.rows(kind, columns)
        return row

    def refusals(self) -> list[tuple[Any, ...]]:
        """Return row, field and reason of every refused row."""
        return self.rows("refused", "row, field, reason", order="row")


def columns_as_promised(shop: Shop) -> set[str]:
    """Return the kinds whose files have exactly the columns and types of their table."""
    found = set()
    for kind, table in ARCHIVE_KINDS.items():
        for file in archive.files(shop.root, kind):
            with duckdb.connect() as reader:
                described = reader.execute(
                    "describe select * from read_parquet(?, hive_partitioning = false)", [str(file)]
                )
                if [row[:2] for row in described.fetchall()] == [
                    (column.name, column.type) for column in table.columns
                ]:
                    found.add(kind)
    return found
