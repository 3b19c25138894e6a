"""Unreadable: the records of a file that could not even be taken apart, kept as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    from headwater.collect.importing.reasons import Reason

RAW_BYTES = 64 << 10
FLUSH_ROWS = 5_000
SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("field", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("raw", pa.string()),
        ("phone", pa.string()),
    ]
)
"""What is known of a refused row before it is made safe to keep."""


def as_text(raw: bytes) -> str:
    """Return at most 64 KiB of a record as text; bytes that are no UTF-8 stay visible in hex."""
    return raw[:RAW_BYTES].decode("utf-8", "backslashreplace").replace("\0", "\\x00")


class Unreadable:
    """Collects records in a Parquet file, a few thousand in memory at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._rows: list[dict[str, object]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, row: int, *, raw: bytes, reason: Reason, detail: str) -> None:
        """Keep one record."""
        self.count += 1
        self._rows.append({"row": row, "reason": str(reason), "detail": detail, "raw": as_text(raw)})
        if len(self._rows) >= FLUSH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, SCHEMA, compression="zstd")
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows.clear()

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write what is left."""
        if self._rows:
            self._flush()
        if self._writer is not None:
            self._writer.close()
