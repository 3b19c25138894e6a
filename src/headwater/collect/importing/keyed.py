"""Keyed: the e-mail addresses and phone numbers of a file, each hashed once.

Reads  the distinct values of the columns that hold addresses
Makes  the table addresses (field, raw, hashed) on the bench; the raw values go to the encrypted store

What looks like a hash already is never hashed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.collect.importing.bench import Bench
    from headwater.collect.importing.rows import Rows


class Hasher(Protocol):
    """The encrypted store, as an import needs it."""

    def keyed(self, kind: str, values: Iterable[str]) -> Mapping[str, str | None]:
        """Keep the raw values and return the keyed hash of each."""
        ...

    def hashed(self, kind: str, values: Iterable[str]) -> Mapping[str, str | None]:
        """Return the keyed hash of each value and keep nothing."""
        ...


SCHEMA = pa.schema([("field", pa.string()), ("raw", pa.string()), ("hashed", pa.string())])
_ADDRESS = {
    # field type, kind in the store: (condition on text x, SQL of the address in it, prefix of the hash)
    ("email", "email"): ("contains(x, '@')", "x", ""),
    ("phone", "phone"): ("not (length(trim(x)) >= 32 and looks_hashed(trim(x))) and trim(x) <> ''", "x", ""),
    ("person", "email"): (
        "contains(x, '@') and (regexp_matches(trim(x), '^email:') or is_address(trim(x)))",
        "regexp_replace(trim(x), '^email:', '')",
        "email:",
    ),
    ("person", "phone"): (
        "regexp_matches(trim(x), '^phone:') and not looks_hashed(trim(x)[7:])",
        "trim(x)[7:]",
        "phone:",
    ),
}


def key_addresses(bench: Bench, rows: Rows, hasher: Hasher, *, keep: bool) -> None:
    """Fill the table addresses for one file; `keep` tells whether the raw values are to be kept."""
    bench.execute("create or replace table addresses (field varchar, raw varchar, hashed varchar)")
    for one in rows.casts:
        for (field_type, kind), (condition, address, prefix) in _ADDRESS.items():
            if one.field.type != field_type:
                continue
            text = f"text_{one.field.name}"
            found = f"select distinct {text} as x from ({rows.theirs()}) where {text} is not null"
            for batch in bench.batches(
                f"select x as raw, {address} as address from ({found}) where {condition}"
            ):
                bench.insert("addresses", _hashed(batch, one.field.name, kind, prefix, hasher, keep=keep))


def _hashed(
    batch: list[dict[str, Any]], field: str, kind: str, prefix: str, hasher: Hasher, *, keep: bool
) -> pa.Table:
    raw, addresses = [row["raw"] for row in batch], [row["address"] for row in batch]
    hashes = (hasher.keyed if keep else hasher.hashed)(kind, addresses)
    values = [None if (found := hashes[address]) is None else prefix + found for address in addresses]
    return pa.table(
        [
            pa.array([field] * len(raw), pa.string()),
            pa.array(raw, pa.string()),
            pa.array(values, pa.string()),
        ],
        SCHEMA,
    )
