"""Receipts: what one request brought, as it goes into the journal and comes back out.

Reads  admitted messages (compact JSON) and refused ones
Makes  one line of JSON per request, and one sealed blob per commit

With a key the blob is AES-256-GCM, so that raw e-mail addresses and phone numbers, which lie in the
journal until they are published, are never readable on the disk. Messages are stored as they were
admitted; they are translated to event rows when they are published.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headwater.collect.admit import Refusal, Refused
from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_BYTES, DIGEST_BYTES = 16, 4
STAMP_BYTES = KEY_BYTES + DIGEST_BYTES
PLAIN, SEALED = b"\x00", b"\x01"
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one request brought."""

    origin: str
    """The protocol."""
    received_at: int
    """Microseconds since 1970, UTC."""
    sent_at: Any = None
    """When the request was sent by the client's words, verbatim."""
    messages: list[bytes] = field(default_factory=list)
    """The admitted messages as compact JSON."""
    stamps: list[bytes] = field(default_factory=list)
    """For each message the hash of its id, and a checksum of its content (to notice another content)."""
    refused: list[Refused] = field(default_factory=list)


class Outcome(NamedTuple):
    """What became of one request's messages: received = stored + duplicate + refused."""

    received: int
    stored: int
    duplicate: int
    conflicting: int
    """Of the duplicates, those whose content differs from what came first."""
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One receipt as it came back out of the journal: only what was new, and what was refused."""

    origin: str
    received_at: int
    sent_at: Any
    duplicate: int
    messages: list[dict[str, Any]]
    refused: list[Refused]


def line(receipt: Receipt, messages: list[bytes], *, duplicate: int) -> bytes:
    """Return a receipt as one line of JSON, with those of its messages that are new."""
    rest = orjson.dumps(
        {
            "origin": receipt.origin,
            "received_at": receipt.received_at,
            "sent_at": receipt.sent_at,
            "duplicate": duplicate,
            "refused": [tuple(refused) for refused in receipt.refused],
        }
    )
    return b'{"messages":[' + b",".join(messages) + b"]," + rest[1:]


def parsed(lines: bytes) -> Iterator[Stored]:
    """Yield the receipts of a blob."""
    for text in lines.split(b"\n"):
        content = orjson.loads(text)
        refused = [Refused(Refusal(reason), *rest) for reason, *rest in content.pop("refused")]
        yield Stored(refused=refused, **content)


class Seal:
    """Closes and opens the blobs of one journal; without a key they lie open."""

    def __init__(self, key: bytes | None) -> None:
        self._cipher = None if key is None else AESGCM(key)
        self.is_tight = key is not None
        """What is closed by it tells nothing, so that it need not be wiped after use."""

    def closed(self, content: bytes, number: int) -> bytes:
        """Return the blob for a content; it opens only under the same number."""
        if self._cipher is None:
            return PLAIN + content
        nonce = os.urandom(NONCE_BYTES)
        return SEALED + nonce + self._cipher.encrypt(nonce, content, str(number).encode())

    def opened(self, blob: bytes, number: int) -> bytes:
        """Return the content of a blob.

        Raises HeadwaterError where the key is missing or another one.
        """
        if blob[:1] == PLAIN:
            return blob[1:]
        nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
        try:
            if self._cipher is None:
                raise InvalidTag
            return self._cipher.decrypt(nonce, sealed, str(number).encode())
        except InvalidTag as error:
            raise HeadwaterError(
                f"Entry {number} of the journal cannot be opened with this key.",
                hint="start with the secret key that was in use when the events came in; nothing is lost.",
            ) from error


def glimpse(message: dict[str, Any]) -> dict[str, Any]:
    """Return what a live page shows of a message; nothing of its traits, no e-mail address."""
    page = _object(_object(message.get("context")).get("page"))
    shown = {
        "type": message.get("type"),
        "event": message.get("event") or message.get("name"),
        "url": _object(message.get("properties")).get("url") or page.get("url"),
        "anonymous_id": message.get("anonymousId"),
        "user_id": message.get("userId"),
    }
    return {name: None if "@" in str(value) else value for name, value in shown.items()}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
