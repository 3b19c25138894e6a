"""Publisher: move what the journal holds into the archive, exactly once.

Reads  receipts of the journal
Makes  archive files of the kinds events, refused and intake

What a file holds is fixed in the journal before it is written, and its name comes from the numbers of
its commits. After a crash at any point the same files are written again over themselves.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from headwater.collect import archive, message, personal
from headwater.collect.admit import Refusal, Refused
from headwater.collect.clock import EPOCH

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from headwater.collect.journal import Journal
    from headwater.collect.receipts import Stored
    from headwater.contract.ports import PersonalStore

AT_ONCE = 50_000
"""Messages in one file, about."""


class Publisher:
    """Publishes one journal into the archive under `root`."""

    def __init__(self, journal: Journal, root: Path, personal: PersonalStore) -> None:
        self._journal = journal
        self._root = root
        self._personal = personal

    def publish(self) -> list[Path]:
        """Publish everything that was in the journal when this began; return the files written.

        Call it from one thread at a time, as often as fresh reports are wanted (about every second).
        """
        written: list[Path] = []
        newest = self._journal.newest()
        while plan := self._journal.plan(most=AT_ONCE, newest=newest):
            written += self._publish(*plan)
        return written

    def _publish(self, first: int, last: int) -> list[Path]:
        batch = Batch(first, last)
        for receipt in self._journal.receipts(first, last):
            batch.take(receipt)
        known = personal.hashes(batch.events, self._personal)
        tables = {
            "events": [personal.resolved(row, known) for row in batch.events],
            "refused": batch.refused,
            "intake": batch.intake(),
        }
        written = [
            archive.publish(
                self._root, kind, _arrow(kind, rows), name=batch.name, received_on=batch.received_on
            )
            for kind, rows in tables.items()
            if rows
        ]
        self._journal.published(last, parked=batch.parked)
        return written


class Batch:
    """The rows of one plan: pure, and the same whenever it is made from the same receipts."""

    def __init__(self, first: int, last: int) -> None:
        self.name = f"collected-{first:012d}-{last:012d}"
        self.events: list[dict[str, Any]] = []
        """Rows of `events` whose personal values are still marks."""
        self.refused: list[dict[str, Any]] = []
        self.parked = 0
        """Messages that were admitted and yet could not be translated."""
        self.received_on: date = EPOCH.date()
        self._counts: dict[str, Counter[str]] = {}
        self._known_at = EPOCH

    def take(self, receipt: Stored) -> None:
        """Add the rows of one receipt."""
        self._known_at = EPOCH + timedelta(microseconds=receipt.received_at)
        self.received_on = self._known_at.date()
        counts = self._counts.setdefault(receipt.origin, Counter())
        counts.update(stored=len(receipt.messages), duplicate=receipt.duplicate, refused=len(receipt.refused))
        around = message.Circumstances(self._known_at, receipt.sent_at, receipt.origin)
        for admitted in receipt.messages:
            try:
                self.events.append(personal.screened(message.event(admitted, around)))
            except Exception as error:  # noqa: BLE001 (one message must never stop the others)
                self.parked += 1
                counts.update({"stored": -1, "refused": 1})
                raw = orjson.dumps(admitted).decode()
                detail = f"the message could not be translated: {error!r}"
                self._refuse(receipt.origin, Refused(Refusal.UNTRANSLATABLE, None, detail, raw))
        for refused in receipt.refused:
            self._refuse(receipt.origin, refused)

    def intake(self) -> list[dict[str, Any]]:
        """Return the rows of `intake`: one for each protocol."""
        return [
            {
                "receipt_id": f"{self.name}-{origin}",
                "origin": origin,
                "kind": "events",
                "received": counts["stored"] + counts["duplicate"] + counts["refused"],
                "stored": counts["stored"],
                "duplicate": counts["duplicate"],
                "refused": counts["refused"],
                "known_at": self._known_at,
            }
            for origin, counts in self._counts.items()
        ]

    def _refuse(self, origin: str, refused: Refused) -> None:
        seen = f"{origin} {self.name} {len(self.refused)} {refused.raw}"
        self.refused.append(
            {
                "refused_id": blake2b(seen.encode(errors="replace"), digest_size=16).hexdigest(),
                "kind": "events",
                "origin": origin,
                "row": None,
                "field": refused.field,
                "reason": refused.reason.value,
                "detail": personal.refused_text(refused.detail),
                "raw": personal.refused_text(refused.raw),
                "known_at": self._known_at,
            }
        )


def _arrow(kind: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as the Arrow table that the archive keeps for the kind."""
    schema = archive.schema(kind)
    columns = [pa.array([row[name] for row in rows], schema.field(name).type) for name in schema.names]
    return pa.Table.from_arrays(columns, schema=schema)
