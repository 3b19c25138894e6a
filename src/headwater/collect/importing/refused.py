"""Refused: rows that did not become facts, kept as they came and safe to keep.

Reads  the unreadable records and the faulty rows of each file
Makes  the Parquet file with the columns of the table `refused`

An e-mail address or phone number in such a row goes to the encrypted store; its place in the row is
taken by `email:<hash>` or `phone:<hash>`, so nothing is lost and nothing personal lies in the open.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.collect.importing.bench import literal, read_parquet
from headwater.collect.importing.facts import PARQUET
from headwater.collect.importing.reasons import Reason
from headwater.collect.importing.unreadable import RAW_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from headwater.collect.importing.bench import Bench
    from headwater.collect.importing.keyed import Hasher
    from headwater.collect.importing.rows import Rows

SCHEMA = pa.schema(
    [
        ("refused_id", pa.string()), ("kind", pa.string()), ("origin", pa.string()), ("row", pa.int64()),
        ("field", pa.string()), ("reason", pa.string()), ("detail", pa.string()), ("raw", pa.string()),
        ("known_at", pa.timestamp("us")),
    ]
)  # fmt: skip
_ADDRESS = re.compile(
    r"[^\s@\"'<>,;:|{}\[\]\\/=&?]+@[^\s@\"'<>,;:|{}\[\]\\/=&?]+\.[^\s@\"'<>,;:|{}\[\]\\/=&?]+"
)
SHOWN_ROWS = 20
SHOWN_CHARACTERS = 500
"""What a summary shows of the refused rows; the archive keeps them whole."""
Row = dict[str, Any]


class Refusals:
    """Writes refused rows, safe to keep, and counts them by reason."""

    def __init__(self, path: Path, *, kind: str, hasher: Hasher, keep: bool, known_at: datetime) -> None:
        self.path = path
        self.kind = kind
        self.known_at = known_at.replace(tzinfo=None)
        self.reasons: dict[str, int] = {}
        self.first: list[Row] = []
        self._hash = hasher.keyed if keep else hasher.hashed
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    @property
    def count(self) -> int:
        """How many rows were refused."""
        return sum(self.reasons.values())

    def write(self, rows: Iterable[Row], *, origin: str) -> None:
        """Keep rows with the keys row, field, reason, detail, raw and phone."""
        batch = [self._row(row, origin) for row in self._masked(list(rows))]
        for row in batch:
            self.reasons[row["reason"]] = self.reasons.get(row["reason"], 0) + 1
        for row in batch[: max(0, SHOWN_ROWS - len(self.first))]:
            self.first.append(row | {"raw": row["raw"][:SHOWN_CHARACTERS]})
        if batch:
            self._writer.write_table(pa.Table.from_pylist(batch, schema=SCHEMA))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()

    def _masked(self, rows: list[Row]) -> Iterator[Row]:
        found = {address for row in rows for address in _ADDRESS.findall(row["raw"] or "")}
        emails = self._hash("email", found) if found else {}
        phones = {row["phone"] for row in rows if row["phone"]}
        numbers = self._hash("phone", phones) if phones else {}
        for row in rows:
            raw = _ADDRESS.sub(
                lambda one: f"email:{emails[one[0]]}" if emails[one[0]] else one[0], row["raw"] or ""
            )
            if row["phone"] and numbers[row["phone"]]:
                raw = raw.replace(row["phone"], f"phone:{numbers[row['phone']]}")
            yield row | {"raw": raw.encode()[:RAW_BYTES].decode("utf-8", "ignore")}

    def _row(self, row: Row, origin: str) -> Row:
        told = "\x1f".join(str(part) for part in (self.kind, origin, row["row"], row["reason"], row["raw"]))
        return {
            "refused_id": hashlib.md5(told.encode(), usedforsecurity=False).hexdigest(),
            "kind": self.kind,
            "origin": origin,
            "row": row["row"],
            "field": row["field"],
            "reason": str(row["reason"]),
            "detail": row["detail"],
            "raw": row["raw"],
            "known_at": self.known_at,
        }


def write_unreadable(bench: Bench, path: Path, refusals: Refusals, *, origin: str) -> None:
    """Keep the records that could not be taken apart."""
    for batch in bench.batches(f"select * from {read_parquet([path])} order by row"):
        refusals.write(batch, origin=origin)


def write_faulty(bench: Bench, rows: Rows, refusals: Refusals) -> None:
    """Keep the rows that have a fault."""
    for batch in bench.batches(f"select * from ({rows.refused()}) order by row"):
        faulty = [(row, rows.faults[row["fault"]]) for row in batch]
        refusals.write(
            [
                row | {"field": fault.field, "reason": fault.reason, "detail": fault.detail}
                for row, fault in faulty
            ],
            origin=rows.source.origin,
        )


def write_repeated(bench: Bench, listed: str, refusals: Refusals, *, origin: str, field: str) -> None:
    """Keep the rows that a later row of the same import overrides."""
    more = {
        "field": field,
        "reason": Reason.REPEATED_KEY,
        "detail": "a later row of this import says something else of the same key; the last one counts",
        "phone": None,
    }
    for batch in bench.batches(listed):
        refusals.write([row | more for row in batch], origin=origin)


def only_new(bench: Bench, path: Path, *, archive: Sequence[Path]) -> Path | None:
    """Return a file with the refused rows that are not in the archive; None where there are none."""
    known = f"where refused_id not in (select refused_id from {read_parquet(archive)})" if archive else ""
    target = path.with_name("refused-new.parquet")
    bench.execute(
        f"copy (select * from {read_parquet([path])} {known}) to {literal(str(target))} ({PARQUET})"
    )
    return target if bench.number(f"select count(*) from {read_parquet([target])}") else None
