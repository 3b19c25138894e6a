"""Ids: every message id that was ever stored, and the claim that was first to bring it.

Reads  the stamps of receipts (hash of the id, checksum of the content)
Makes  the table `ids`

Each claim has a number of its own, and an id belongs to the claim whose number stands beside it.
Inside one claim the first message wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.collect.receipts import DIGEST_BYTES, KEY_BYTES, STAMP_BYTES, Receipt

if TYPE_CHECKING:
    import sqlite3

NUMBER_BYTES = 8
SCHEMA = "create table if not exists ids (id blob primary key, first blob not null) without rowid;"
CLAIM = f"""
insert or ignore into ids
with recursive places(at) as (select 1 union all select at + {STAMP_BYTES} from places limit :messages)
select
    substr(:stamps, at, {KEY_BYTES}),
    cast(:number || substr(:stamps, at + {KEY_BYTES}, {DIGEST_BYTES}) as blob)
from places
"""
"""Claims all ids at once: one statement, not one for each id."""
Kept = tuple[list[dict[str, Any]], int]
"""The messages of a receipt whose ids are new, and how many others differ from the first."""


def claimed(connection: sqlite3.Connection, receipts: list[Receipt], number: int) -> list[Kept]:
    """Return for each receipt what is new in it; `number` must never have been used before."""
    stamps = [stamp for receipt in receipts for stamp in receipt.stamps]
    place = number.to_bytes(NUMBER_BYTES, "big")
    before = connection.total_changes
    if stamps:
        claim = {"stamps": b"".join(stamps), "messages": len(stamps), "number": place}
        connection.execute(CLAIM, claim)
    if connection.total_changes - before == len(stamps):
        return [(receipt.messages, 0) for receipt in receipts]
    taken: set[bytes] = set()
    return [_sorted_out(connection, receipt, place, taken) for receipt in receipts]


def _sorted_out(connection: sqlite3.Connection, receipt: Receipt, place: bytes, taken: set[bytes]) -> Kept:
    """Tell new from known one by one; `taken` are the new ones of this claim so far."""
    kept: list[dict[str, Any]] = []
    conflicting = 0
    for stamp, message in zip(receipt.stamps, receipt.messages, strict=True):
        key, digest = stamp[:KEY_BYTES], stamp[KEY_BYTES:]
        first = connection.execute("select first from ids where id = ?", (key,)).fetchone()[0]
        if key not in taken and first.startswith(place):
            taken.add(key)
            kept.append(message)
        else:
            conflicting += not first.endswith(digest)
    return kept, conflicting
