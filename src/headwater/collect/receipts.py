"""Receipts: what one request brought, message by message.

Reads  admitted and refused messages
Makes  the value that intake hands to the publisher, and what a live page shows of an event
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from headwater.collect.gate import NOTHING

if TYPE_CHECKING:
    from headwater.collect.admit import Refused
    from headwater.collect.gate import Seen

KEY_BYTES, DIGEST_BYTES = 16, 4
STAMP_BYTES = KEY_BYTES + DIGEST_BYTES
GLIMPSED = ("type", "event", "url", "anonymous_id", "user_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one request brought, or a part of it."""

    origin: str
    """The protocol."""
    received_at: int
    """Microseconds since 1970, UTC."""
    seen: Seen = NOTHING
    """What the request's headers say of its sender."""
    sent_at: Any = None
    """When the request was sent by the client's words, verbatim."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """The admitted messages."""
    stamps: list[bytes] = field(default_factory=list)
    """For each message the hash of its id, and a checksum of its content (to notice another content)."""
    refused: list[Refused] = field(default_factory=list)
    duplicate: int = 0
    """Messages that were left out already: only in receipts of a journal of the old form."""

    def __len__(self) -> int:
        return len(self.messages) + len(self.refused)


def glimpse(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a live page shows of a row of the archive; nothing raw is in it."""
    return {name: row[name] for name in GLIMPSED}
