"""Frames: requests as bytes, as they lie in the journal until they are translated.

Reads  requests as they came
Makes  one blob for the requests of one commit, and the requests again

A blob is packed with Zstandard and then sealed. With a key the seal is AES-256-GCM, so that the raw
e-mail addresses and phone numbers in the bodies are never readable on the disk. A checksum around it
tells damage by the disk, after which the others go on, from another key, with which nothing may.
"""

from __future__ import annotations

import os
import zlib
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

import orjson
import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headwater.collect.request import Request
from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTHS = Struct("<II")
"""Before each request: the bytes of what is known of it, and of its body."""
SIZE = Struct("<Q")
"""Before each packed blob: its size unpacked."""
PACKING = "zstd"
PLAIN, SEALED = b"\x00", b"\x01"
CHECKED = b"\xc5"
"""Before a checksum and what it is of; blobs of earlier versions have none."""
CHECKSUM = Struct("<I")
NONCE_BYTES = 12


class Damaged(Exception):  # noqa: N818 (a finding: what can be read goes on without it)
    """A blob is not what was stored."""


class Framed(NamedTuple):
    """A request out of the journal."""

    request: Request
    is_cut: bool
    """Its body was too large; only the beginning was kept."""
    again: tuple[int, int] | None = None
    """Where it was set aside, by commit and place; it is put through once more."""


def frame(request: Request, *, is_cut: bool = False, again: tuple[int, int] | None = None) -> bytes:
    """Return a request as bytes."""
    about = orjson.dumps(
        (
            request.method,
            request.path,
            request.query,
            request.headers,
            request.received_at,
            request.address,
            is_cut,
            *(() if again is None else (again,)),
        )
    )
    return LENGTHS.pack(len(about), len(request.body)) + about + request.body


def framed(content: bytes) -> Iterator[Framed]:
    """Yield the requests of the frames that stand one after the other in `content`."""
    at = 0
    while at < len(content):
        of_about, of_body = LENGTHS.unpack_from(content, at)
        start = at + LENGTHS.size
        at = start + of_about + of_body
        method, path, query, headers, received_at, address, is_cut, *again = orjson.loads(
            content[start : start + of_about]
        )
        body = content[start + of_about : at]
        request = Request(method, path, query, headers, body, received_at, address)
        yield Framed(request, is_cut, tuple(again[0]) if again else None)


def packed(frames: list[bytes]) -> bytes:
    """Return frames packed into one blob; it takes a hundredth of the room where requests are alike."""
    content = b"".join(frames)
    return SIZE.pack(len(content)) + bytes(pa.compress(content, codec=PACKING, asbytes=True))


def unpacked(blob: bytes) -> bytes:
    """Return what `packed` took."""
    (size,) = SIZE.unpack_from(blob)
    return bytes(pa.decompress(blob[SIZE.size :], decompressed_size=size, codec=PACKING, asbytes=True))


class Seal:
    """Closes and opens the blobs of one journal; without a key they lie open."""

    def __init__(self, key: bytes | None) -> None:
        self._cipher = None if key is None else AESGCM(key)
        self.is_tight = key is not None
        """What is closed by it tells nothing, so that it need not be wiped after use."""

    def closed(self, content: bytes, number: int) -> bytes:
        """Return the blob for a content; it opens only under the same number."""
        if self._cipher is None:
            return _checked(PLAIN + content)
        nonce = os.urandom(NONCE_BYTES)
        return _checked(SEALED + nonce + self._cipher.encrypt(nonce, content, str(number).encode()))

    def opened(self, blob: bytes, number: int) -> bytes:
        """Return the content of a blob.

        Raises Damaged where it is not what was stored, and HeadwaterError where the key is missing or
        another one.
        """
        if blob[:1] == CHECKED:
            blob = _unchecked(blob)
        if blob[:1] == PLAIN:
            return blob[1:]
        if blob[:1] != SEALED:
            raise Damaged("its beginning is none that was ever written")
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


def _checked(content: bytes) -> bytes:
    return CHECKED + CHECKSUM.pack(zlib.crc32(content)) + content


def _unchecked(blob: bytes) -> bytes:
    start = len(CHECKED) + CHECKSUM.size
    if len(blob) < start or CHECKSUM.unpack_from(blob, len(CHECKED))[0] != zlib.crc32(blob[start:]):
        raise Damaged("its checksum is another")
    return blob[start:]
