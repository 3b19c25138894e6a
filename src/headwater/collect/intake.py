"""Intake: from one opened request to a receipt, without touching the disk.

Reads  canonical messages, the protocol's name, the time of receipt
Makes  a Receipt: admitted messages as compact JSON, refused ones with their reasons
"""

from __future__ import annotations

import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect.admit import Hit, Refusal, Refused, refusal
from headwater.collect.bodies import raw_text
from headwater.collect.message import CHECKS, message_id
from headwater.collect.receipts import DIGEST_BYTES, KEY_BYTES, Receipt

if TYPE_CHECKING:
    from headwater.collect.protocols.wire import Opened
    from headwater.collect.request import Request

LARGEST_TIME = 1e18
HOUR = 3_600_000_000
"""Microseconds: two equal messages with neither id nor time are one event within the same hour."""


def receipt(request: Request, opened: Opened, *, origin: str) -> Receipt:
    """Admit or refuse each message of an opened request."""
    result = Receipt(
        origin=origin,
        received_at=request.received_at,
        sent_at=_plain(opened.sent_at) or _header(request.headers.get("sentat")),
    )
    for message in opened.messages:
        if isinstance(message, dict):
            _admit(message, result)
        elif isinstance(message, Refused):
            result.refused.append(message)
        else:
            result.refused.append(_no_object(message))
    return result


def _admit(message: dict[str, Any], result: Receipt) -> None:
    """Put one message on the receipt, admitted or refused."""
    sent_at = _plain(message.pop("sentAt", None))
    try:
        raw = orjson.dumps(message)
    except (TypeError, ValueError) as error:  # orjson.JSONEncodeError is a TypeError
        reason = Refusal.TOO_DEEP if "ecursion" in str(error) else Refusal.INVALID_JSON
        detail = f"the message cannot be kept: {error}"
        result.refused.append(Refused(reason, None, detail, raw_text(message)))
        return
    if refused := refusal(Hit(message, raw), CHECKS):
        result.refused.append(refused.keeping(raw_text(raw)))
        return
    digest = zlib.crc32(raw).to_bytes(DIGEST_BYTES, "big")
    given = message_id(message)
    if given is None:
        given = message["messageId"] = _content_id(message, raw, result.received_at)
        raw = orjson.dumps(message)
    if sent_at is not None and sent_at != result.sent_at:
        message["sentAt"] = sent_at
        raw = orjson.dumps(message)
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


def _header(value: str | None) -> str | None:
    return None if value is None else value.encode("ascii", errors="ignore").decode()


def _no_object(message: Any) -> Refused:
    detail = f"a message must be an object, not {type(message).__name__}"
    return Refused(Refusal.NOT_AN_OBJECT, None, detail, raw_text(message))
