"""Intake: from the bytes of one request to a receipt, without touching the disk.

Reads  the body as it came, its protocol, the time of receipt
Makes  a Receipt: admitted messages as compact JSON, refused ones with their reasons

The bytes decide, never the headers: 1f 8b is gzip, whatever Content-Encoding says. A body with one
value that is not JSON (NaN, half a surrogate pair) costs only the message that holds it.
"""

from __future__ import annotations

import json
import math
import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from headwater.collect.admit import RAW_CHARS, Hit, Refusal, Refused, refusal
from headwater.collect.receipts import DIGEST_BYTES, KEY_BYTES, Receipt

if TYPE_CHECKING:
    from headwater.collect.protocols.wire import Opened, Wire

DECODED_BYTES = 20 * 1024 * 1024
"""Largest body after unpacking."""
GZIP = b"\x1f\x8b"
GZIP_MEMBERS = 100
LARGEST_TIME = 1e18
HOUR = 3_600_000_000
"""Microseconds: two equal messages with neither id nor time are one event within the same hour."""


class Unreadable(Exception):  # noqa: N818 (it is a finding that becomes a refusal, never an error)
    """The body as a whole cannot be read."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.detail)
        self.refused = refused


class Arrival(NamedTuple):
    """When a request came and what its headers say of it."""

    received_at: int
    """Microseconds since 1970, UTC."""
    sent_at: Any = None
    """The header SentAt, where there is one."""


def decoded(body: bytes, *, cap: int = DECODED_BYTES) -> Any:
    """Unpack and parse a body.

    Raises Unreadable when it is too large, no gzip in spite of its first bytes, or no JSON.
    """
    if body[:2] == GZIP:
        body = _unpacked(body, cap)
    if len(body) > cap:
        raise too_large(body, cap)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _rescued(body, error)


def too_large(beginning: bytes, cap: int) -> Unreadable:
    """Return the refusal of a body over `cap` bytes, keeping its beginning."""
    detail = f"the body is larger than {cap} bytes"
    return Unreadable(Refused(Refusal.BODY_TOO_LARGE, None, detail).keeping(_text(beginning)))


def unreadable(refused: Refused, wire: Wire, arrival: Arrival) -> Receipt:
    """Return the receipt of a body that cannot be read: one refused message."""
    return Receipt(origin=wire.name, received_at=arrival.received_at, refused=[refused])


def receipt(opened: Opened, wire: Wire, kind: str, arrival: Arrival) -> Receipt:
    """Admit or refuse each message of an opened body; `kind` is the type that the path gives."""
    result = Receipt(
        origin=wire.name,
        received_at=arrival.received_at,
        sent_at=_plain(opened.sent_at) or arrival.sent_at,
    )
    for message in opened.messages:
        if isinstance(message, dict):
            _admit(message, result, wire, kind)
        else:
            result.refused.append(_no_object(message))
    return result


def _admit(message: dict[str, Any], result: Receipt, wire: Wire, kind: str) -> None:
    """Put one message on the receipt, admitted or refused."""
    sent_at = _plain(wire.readied(message, kind))
    try:
        raw = orjson.dumps(message)
    except (TypeError, ValueError) as error:  # orjson.JSONEncodeError is a TypeError
        reason = Refusal.TOO_DEEP if "ecursion" in str(error) else Refusal.INVALID_JSON
        result.refused.append(Refused(reason, None, f"the message cannot be kept: {error}", _text(message)))
        return
    if refused := refusal(Hit(message, raw), wire.checks):
        result.refused.append(refused.keeping(_text(raw)))
        return
    digest = zlib.crc32(raw).to_bytes(DIGEST_BYTES, "big")
    given = wire.message_id(message)
    if given is None:
        given = _content_id(message, raw, result.received_at)
        raw = orjson.dumps(wire.amended(message, made_id=given))
    if sent_at is not None and sent_at != result.sent_at:
        raw = orjson.dumps(wire.amended(message, sent_at=sent_at))
    result.stamps.append(blake2b(given.encode(), digest_size=KEY_BYTES).digest() + digest)
    result.messages.append(raw)


def _content_id(message: dict[str, Any], raw: bytes, received_at: int) -> str:
    """Make an id from the content; where that bears no time, from the hour of receipt too."""
    timed = any(message.get(name) for name in ("timestamp", "originalTimestamp"))
    around = b"" if timed else str(received_at // HOUR).encode()
    return "content-" + blake2b(raw + around, digest_size=KEY_BYTES).hexdigest()


def _plain(value: Any) -> Any:
    """Return a sending time that can be kept, whatever a body gave for one."""
    if isinstance(value, str):
        return value if value.isascii() else None
    return value if isinstance(value, int | float) and abs(value) < LARGEST_TIME else None


def _no_object(message: Any) -> Refused:
    detail = f"a message must be an object, not {type(message).__name__}"
    return Refused(Refusal.NOT_AN_OBJECT, None, detail, _text(message))


def _unpacked(body: bytes, cap: int) -> bytes:
    """Unpack gzip, all members together up to `cap`."""
    parts: list[bytes] = []
    room, left = cap, body
    for _ in range(GZIP_MEMBERS):
        unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            part = unpacking.decompress(left, room + 1)
        except zlib.error as error:
            raise _no_gzip(body, str(error)) from error
        if len(part) > room:
            raise too_large(b"".join(parts) + part, cap)
        if not unpacking.eof:
            raise _no_gzip(body, "it ends in the middle")
        parts.append(part)
        room, left = room - len(part), unpacking.unused_data
        if not left:
            return b"".join(parts)
    raise _no_gzip(body, f"more than {GZIP_MEMBERS} members")


def _no_gzip(body: bytes, why: str) -> Unreadable:
    return Unreadable(
        Refused(Refusal.INVALID_GZIP, None, f"the body is no whole gzip file: {why}", _text(body))
    )


class _NotJson:
    """Stands where the body has a value that strict JSON does not know; it cannot be written again."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __repr__(self) -> str:
        return self.word


def _rescued(body: bytes, error: Exception) -> Any:
    """Parse what some clients send for JSON; messages with impossible values are refused one by one."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_NotJson, parse_float=_finite)
    except (ValueError, RecursionError):
        detail = f"the body is no JSON: {error}"
        raise Unreadable(Refused(Refusal.INVALID_JSON, None, detail).keeping(_text(body))) from error


def _finite(word: str) -> Any:
    value = float(word)
    return value if math.isfinite(value) else _NotJson(word)


def _text(raw: Any) -> str:
    """Return refused input as text that any parser takes, at most RAW_CHARS of it."""
    if isinstance(raw, bytes):
        return raw[:RAW_CHARS].decode("utf-8", errors="replace")
    try:
        return json.dumps(raw, default=repr)[:RAW_CHARS]
    except (ValueError, RecursionError):
        return "(too deep to be written)"
