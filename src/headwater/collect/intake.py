"""Intake: from one request to receipts, without touching the disk.

Reads  a request as it came
Makes  Receipts: admitted messages, refused ones with their reasons

It is pure and never fails: what cannot be read or translated is a refusal with its reason. So the same
request always gives the same receipts, however often a publication is begun anew.
"""

from __future__ import annotations

import zlib
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect import bodies
from headwater.collect.admit import RAW_CHARS, Hit, Refusal, Refused, refusal
from headwater.collect.bodies import raw_text
from headwater.collect.gate import seen
from headwater.collect.message import CHECKS, message_id
from headwater.collect.protocols import chosen, settled
from headwater.collect.receipts import DIGEST_BYTES, KEY_BYTES, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.collect.backlog import Loss
    from headwater.collect.frames import Framed
    from headwater.collect.protocols.wire import Opened
    from headwater.collect.request import Request

LARGEST_TIME = 1e18
HOUR = 3_600_000_000
"""Microseconds: two equal messages with neither id nor time are one event within the same hour."""
AT_ONCE = 2000
"""Messages on one receipt; a request with more gives several."""
UNKNOWN = "unknown"
"""Origin of a request on a path that no protocol has any more."""


def receipts(found: Framed) -> Iterator[Receipt]:
    """Yield what a request of the journal brought."""
    request = found.request
    choice = chosen(request)
    origin = UNKNOWN if choice is None else choice[0].name
    try:
        if found.is_cut:
            raise bodies.too_large(request.body, bodies.DECODED_BYTES)
        if choice is None:
            raise bodies.Unreadable(_lost(request, "no protocol is spoken on this path any more"))
        body = bodies.decoded(request)
        wire, kind = settled(request, body, choice)
        origin = wire.name
        opened = wire.opened(request, body, kind)
    except bodies.Unreadable as error:
        refused = error.refused
    except Exception as error:  # noqa: BLE001 (one request must never stop the others)
        refused = _lost(request, f"the request could not be translated: {error!r}")
    else:
        yield from admitted(request, opened, origin=origin)
        return
    yield Receipt(origin=origin, received_at=request.received_at, refused=[refused])


def untouched(found: Framed, refused: Refused) -> Receipt:
    """Return the receipt of a request that is refused without a look into it."""
    choice = chosen(found.request)
    origin = UNKNOWN if choice is None else choice[0].name
    return Receipt(origin=origin, received_at=found.request.received_at, refused=[refused])


def lost(loss: Loss) -> Receipt:
    """Return the receipt of requests that the disk has damaged: what they were is not known any more."""
    detail = f"entry {loss.number} of the journal was damaged on the disk ({loss.why}); its rest is kept"
    refused = [Refused(Refusal.DAMAGED, None, detail)] * loss.requests
    return Receipt(origin=UNKNOWN, received_at=loss.received_at, refused=refused)


def admitted(request: Request, opened: Opened, *, origin: str) -> Iterator[Receipt]:
    """Admit or refuse each message of an opened request."""
    sent_at = _plain(opened.sent_at) or _header(request.headers.get("sentat"))
    messages = iter(opened.messages)
    while some := list(islice(messages, AT_ONCE)):
        result = Receipt(origin=origin, received_at=request.received_at, sent_at=sent_at, seen=seen(request))
        for message in some:
            if isinstance(message, dict):
                _admit(message, result)
            elif isinstance(message, Refused):
                result.refused.append(message)
            else:
                result.refused.append(_no_object(message))
        yield result


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
    if sent_at is not None and sent_at != result.sent_at:
        message["sentAt"] = sent_at
    result.stamps.append(blake2b(given.encode(), digest_size=KEY_BYTES).digest() + digest)
    result.messages.append(message)


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


def _lost(request: Request, detail: str) -> Refused:
    raw = raw_text(request.body or f"{request.path}?{request.query}".encode())
    return Refused(Refusal.UNTRANSLATABLE, None, detail[:RAW_CHARS], raw)
