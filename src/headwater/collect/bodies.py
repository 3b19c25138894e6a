"""Bodies: what the bytes of a request say, whatever its headers call them.

Reads  the body of a request: gzip, zlib, JSON, JSON lines, base64, a form, a query string
Makes  the decoded body, or Unreadable with the reason

The bytes decide: 1f 8b is gzip whatever Content-Encoding says, and JSON comes as text/plain more often
than not. A body with one value that is not JSON (NaN, half a surrogate pair) is still read; only the
message that holds the value is refused afterwards.
"""

from __future__ import annotations

import binascii
import json
import math
import re
import zlib
from base64 import b64decode
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from headwater.collect.admit import RAW_CHARS, Refusal, Refused

if TYPE_CHECKING:
    from headwater.collect.request import Request

DECODED_BYTES = 20 * 1024 * 1024
"""Largest body after unpacking."""
GZIP = b"\x1f\x8b"
ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
GZIP_MEMBERS = 100
FOREIGN = {
    "br": "brotli",
    "zstd": "zstd",
    "compress": "compress",
    "x-compress": "compress",
    "dcb": "brotli",
    "dcz": "zstd",
}
"""What Content-Encoding calls packings that are not unpacked here; any other word there is ignored."""
FOREIGN_BYTES = {b"\x28\xb5\x2f\xfd": "zstd", GZIP: "gzip within gzip"}
"""What a body that is packed in such a way begins with, where its bytes tell."""
LONGEST_INT = 1000
"""Digits of a number; Python itself reads no more than 4,300."""
_LINE = rb"\??[\w.~*+%$\[\]-]{1,200}=[^\x00-\x1f\x7f]*"
PAIRS = re.compile(rb"%b(?:\r?\n%b)*" % (_LINE, _LINE), re.ASCII)
"""A form, a query string, or several of them in lines."""
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{4,}={0,2}")


class Unreadable(Exception):  # noqa: N818 (it is a finding that becomes a refusal, never an error)
    """The body as a whole cannot be read."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.detail)
        self.refused = refused


class Form(NamedTuple):
    """A body of name=value pairs."""

    pairs: list[tuple[str, str]]

    def get(self, name: str) -> str | None:
        """Return the first value under a name; None where it is absent."""
        return next((value for key, value in self.pairs if key == name), None)


def decoded(request: Request, *, cap: int = DECODED_BYTES) -> Any:
    """Return what a request's body holds: JSON, a Form, or None where it is empty.

    A form with a field `data` is what that field holds (see `data`); `fields` gives the others.
    Raises Unreadable when the body is too large, no gzip in spite of its first bytes, packed in another
    way, or nothing known.
    """
    body = unpacked(request.body, cap=cap)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            return _otherwise(body.strip(), error)
        except Unreadable as found:
            packing = _foreign(body, request.headers.get("content-encoding", ""))
            if packing and found.refused.reason is Refusal.INVALID_JSON:
                raise _packed_otherwise(request.body, packing) from found
            raise


def fields(request: Request) -> list[tuple[str, str]]:
    """Return the pairs of a body that is a form, `data` among them as it came; else none."""
    body = unpacked(request.body).strip()
    return _pairs(body) if PAIRS.fullmatch(body) else []


def data(text: str) -> Any:
    """Read what clients put into one field: JSON, base64 of JSON, or base64 of gzip of JSON.

    Base64 may be of either alphabet, without padding, and with spaces where + was not escaped.
    Raises Unreadable for anything else.
    """
    plain = text.encode(errors="replace")
    try:
        return orjson.loads(plain)
    except orjson.JSONDecodeError as error:
        inside = _from_base64(plain.replace(b" ", b"+"))
        if inside is None:
            return _rescued(plain, error)
        return _rescued(unpacked(inside), error)


def unpacked(body: bytes, *, cap: int = DECODED_BYTES) -> bytes:
    """Return the body without gzip or zlib. Raises Unreadable when it is too large or broken."""
    if body[:2] == GZIP or body[:2] in ZLIB:
        body = _gunzipped(body, cap)
    if len(body) > cap:
        raise too_large(body, cap)
    return body


def too_large(beginning: bytes, cap: int) -> Unreadable:
    """Return the refusal of a body over `cap` bytes, keeping its beginning."""
    detail = f"the body is larger than {cap} bytes"
    return Unreadable(Refused(Refusal.BODY_TOO_LARGE, None, detail).keeping(raw_text(beginning)))


def raw_text(raw: Any) -> str:
    """Return refused input as text that any parser takes, at most RAW_CHARS of it."""
    if isinstance(raw, bytes):
        return raw[:RAW_CHARS].decode("utf-8", errors="replace")
    try:
        return json.dumps(raw, default=repr)[:RAW_CHARS]
    except (ValueError, RecursionError):
        return "(too deep to be written)"


def _otherwise(body: bytes, error: Exception) -> Any:
    """Read a body that is no strict JSON."""
    if not body:
        return None
    inside = _from_base64(body)  # before forms: with its padding it looks like a name without a value
    if inside is not None and (inside[:1] in (b"{", b"[") or inside[:2] == GZIP):
        return _rescued(unpacked(inside), error)
    if body[:1] not in b'{["' and PAIRS.fullmatch(body):
        pairs = _pairs(body)
        packed = next((value for name, value in pairs if name == "data"), None)
        return Form(pairs) if packed is None else data(packed)
    lines = _lines(body)
    return _rescued(body, error) if lines is None else lines


def _lines(body: bytes) -> list[Any] | None:
    """Return the values of JSON lines, None where it is something else; a broken line stays text."""
    first, _, rest = body.partition(b"\n")
    if not rest or not isinstance(_line(first), dict):
        return None
    return [_line(line) for line in body.splitlines() if line.strip()]


def _line(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return raw_text(line)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    lines = body.decode("utf-8", errors="replace").split("\n")
    joined = "&".join(line.strip().removeprefix("?") for line in lines)
    return parse_qsl(joined, keep_blank_values=True, errors="replace")


def _from_base64(text: bytes) -> bytes | None:
    if not BASE64.fullmatch(text):
        return None
    plain = text.rstrip(b"=").translate(_STANDARD)
    try:
        return b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return None


_STANDARD = bytes.maketrans(b"-_", b"+/")


def _gunzipped(body: bytes, cap: int) -> bytes:
    """Unpack gzip, all members together up to `cap`."""
    parts: list[bytes] = []
    room, left = cap, body
    for _ in range(GZIP_MEMBERS):
        unpacking = zlib.decompressobj(32 + zlib.MAX_WBITS)
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


def _foreign(body: bytes, header: str) -> str | None:
    """Return by what an unreadable body may be packed: by its bytes, else by the header's word."""
    for beginning, name in FOREIGN_BYTES.items():
        if body.startswith(beginning):
            return name
    words = (word.strip().lower() for word in header.split(","))
    return next((FOREIGN[word] for word in words if word in FOREIGN), None)


def _packed_otherwise(body: bytes, packing: str) -> Unreadable:
    detail = f"the body is packed with {packing}; send it plain, or packed with gzip or deflate"
    return Unreadable(Refused(Refusal.UNKNOWN_PACKING, None, detail).keeping(raw_text(body)))


def _no_gzip(body: bytes, why: str) -> Unreadable:
    detail = f"the body is no whole gzip file: {why}"
    return Unreadable(Refused(Refusal.INVALID_GZIP, None, detail, raw_text(body)))


class _NotJson:
    """Stands where the body has a value that strict JSON does not know; it cannot be written again."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __repr__(self) -> str:
        return self.word


def _rescued(body: bytes, error: Exception) -> Any:
    """Parse what some clients send for JSON; messages with impossible values are refused one by one."""
    try:
        return json.loads(
            body.decode("utf-8"), parse_constant=_NotJson, parse_float=_finite, parse_int=_whole
        )
    except (ValueError, RecursionError):
        detail = f"the body is neither JSON nor a form: {error}"
        raise Unreadable(Refused(Refusal.INVALID_JSON, None, detail).keeping(raw_text(body))) from error


def _whole(word: str) -> Any:
    return int(word) if len(word) <= LONGEST_INT else _NotJson(f"{word[:LONGEST_INT]}...")


def _finite(word: str) -> Any:
    value = float(word)
    return value if math.isfinite(value) else _NotJson(word)
