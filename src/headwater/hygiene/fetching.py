"""Fetching: one request to an address that was checked, and no more of the answer than is needed.

Reads  a URL
Makes  an `Answer`: status, where it redirects to, the beginning of the body

Redirects are never followed here. The name is resolved once, every address of it is checked, and the
connection goes to a checked address: a name that changes its address in between gains nothing.
"""

from __future__ import annotations

import socket
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from headwater.contract.errors import HeadwaterError
from headwater.contract.outbound import OutboundError, destination, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.contract.outbound import Destination

    Resolve = Callable[[str, int], list[str]]

MOST_BYTES = 1 << 20
AGENT = "Mozilla/5.0 (compatible; Headwater link check)"


class FetchError(HeadwaterError):
    """A page does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    location: str = ""
    """The Location header of a redirect, as sent."""
    kind: str = ""
    """The content type."""
    text: str = ""
    """The beginning of the body, of text only."""


def resolved(host: str, port: int) -> list[str]:
    """Return every address of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def fetch(url: str, *, until: float, allow_private: bool = False, resolve: Resolve = resolved) -> Answer:
    """Ask for a page; `until` is the time (time.monotonic) at which to give up.

    Raises OutboundError where the address must not be connected to, and FetchError where none answers.
    """
    where = destination(url, allow_private=allow_private)
    last: Exception | None = None
    for address in _checked(url, where, allow_private=allow_private, resolve=resolve):
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return _asked(url, where, address, until=until, left=left)
        except httpx2.TransportError as error:
            last = error
    raise FetchError(
        f"{url[:200]} does not answer ({last or 'out of time'}).", hint="check the address and its server."
    )


def _checked(url: str, where: Destination, *, allow_private: bool, resolve: Resolve) -> list[str]:
    try:
        addresses = [where.host] if where.is_address else resolve(where.host, where.port)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{where.host} has no address ({error}).", hint="check the name.") from error
    for address in addresses:
        # one wrong address of several is enough: who mixes them means no good
        if reason := refusal(address, allow_private=allow_private):
            raise OutboundError(
                f"{url[:200]!r} is not followed: {reason}.",
                hint="for a server of your own, `--allow-private` lets its network through.",
            )
    return addresses


def _asked(url: str, where: Destination, address: str, *, until: float, left: float) -> Answer:
    """Send the request to the address; the certificate must be that of the name all the same."""
    asked = httpx2.URL(url).copy_with(host=address, fragment=None)
    is_usual = (where.scheme, where.port) in (("http", 80), ("https", 443))
    name = f"[{where.host}]" if ":" in where.host else where.host
    headers = {
        "host": name if is_usual else f"{name}:{where.port}",
        "user-agent": AGENT,
        "accept": "text/html,*/*;q=0.5",
        "accept-encoding": "identity",
    }
    timeout = httpx2.Timeout(min(left, 10.0))
    with httpx2.Client(timeout=timeout, trust_env=False, follow_redirects=False) as client:
        request = client.build_request("GET", asked, headers=headers, extensions={"sni_hostname": where.host})
        answer = client.send(request, stream=True)
        try:
            location = answer.headers.get("location", "") if 300 <= answer.status_code < 400 else ""
            kind = answer.headers.get("content-type", "")
            is_text = not location and ("text" in kind or "html" in kind or not kind)
            text = _beginning(answer, until=until) if is_text else ""
        finally:
            answer.close()
    return Answer(status=answer.status_code, location=location, kind=kind, text=text)


def _beginning(answer: httpx2.Response, *, until: float) -> str:
    raw = bytearray()
    for piece in answer.iter_raw():
        raw += piece
        if len(raw) >= MOST_BYTES or time.monotonic() > until:
            break
    body = bytes(raw[:MOST_BYTES])
    if answer.headers.get("content-encoding", "").lower() in ("gzip", "deflate"):
        try:
            body = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, MOST_BYTES)
        except zlib.error:
            body = b""
    return body.decode("utf-8", errors="replace")
