"""Receipts: what one request brought, as it goes into the journal and comes back out.

Reads  admitted messages (compact JSON) and refused ones
Makes  one sealed blob per request

With a key the blob is AES-256-GCM, so that raw e-mail addresses and phone numbers, which lie in the
journal until they are published, are never readable on the disk. Messages are stored as they were
admitted; they are translated to event rows when they are published.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headwater.collect.admit import Refusal, Refused
from headwater.contract.errors import HeadwaterError

PLAIN, SEALED = b"\x00", b"\x01"
NONCE_BYTES = 12


class Admitted(NamedTuple):
    """One admitted message."""

    key: bytes
    """Hash of its message id: unique in the journal, for ever."""
    digest: int
    """Checksum of its content, to notice other content under the same id."""
    raw: bytes
    """The message as compact JSON."""
    sent_at: Any = None
    """When it was sent by the client's words, where the request does not say it for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one request brought."""

    origin: str
    """The protocol."""
    received_at: int
    """Microseconds since 1970, UTC."""
    sent_at: Any = None
    """When the request was sent by the client's words, verbatim."""
    admitted: list[Admitted] = field(default_factory=list)
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
    """One receipt as it lies in the journal: only what is new, and what was refused."""

    number: int
    origin: str
    received_at: int
    outcome: Outcome
    sent_at: Any
    messages: list[tuple[Any, dict[str, Any]]]
    """Sending time of its own (else None) and the message."""
    refused: list[Refused]


class Seal:
    """Closes and opens the blobs of one journal; without a key they lie open."""

    def __init__(self, key: bytes | None) -> None:
        self._cipher = None if key is None else AESGCM(key)

    def closed(self, receipt: Receipt, kept: list[Admitted], number: int) -> bytes:
        """Return the blob of a receipt with the messages that are `kept`."""
        content = orjson.dumps(
            {
                "sent_at": receipt.sent_at,
                "messages": [(message.sent_at, orjson.Fragment(message.raw)) for message in kept],
                "refused": [tuple(refused) for refused in receipt.refused],
            }
        )
        if self._cipher is None:
            return PLAIN + content
        nonce = os.urandom(NONCE_BYTES)
        return SEALED + nonce + self._cipher.encrypt(nonce, content, str(number).encode())

    def opened(self, blob: bytes, number: int) -> dict[str, Any]:
        """Return the content of a blob.

        Raises HeadwaterError where the key is missing or another one.
        """
        if blob[:1] == PLAIN:
            return dict(orjson.loads(blob[1:]))
        nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
        try:
            if self._cipher is None:
                raise InvalidTag
            return dict(orjson.loads(self._cipher.decrypt(nonce, sealed, str(number).encode())))
        except InvalidTag as error:
            raise HeadwaterError(
                f"Receipt {number} of the journal cannot be opened with this key.",
                hint="start with the secret key that was in use when the events came in; nothing is lost.",
            ) from error


def stored(row: tuple[Any, ...], seal: Seal) -> Stored:
    """Build a Stored from a row of the journal's table."""
    number, origin, received_at, *counts, blob = row
    content = seal.opened(blob, number)
    return Stored(
        number=number,
        origin=origin,
        received_at=received_at,
        outcome=Outcome(*counts),
        sent_at=content["sent_at"],
        messages=[(sent_at, message) for sent_at, message in content["messages"]],
        refused=[
            Refused(Refusal(reason), where, detail, raw) for reason, where, detail, raw in content["refused"]
        ],
    )


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
