"""Request: one request of a client as it came, and the answer it gets.

Reads  what the HTTP server hands over
Makes  a Request that holds all that a translator may need later, and nothing of the connection

A request is journalled as it came and translated afterwards, maybe in another process, so a translator
sees this value and nothing else: no clock, no network, no settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_HEADERS = frozenset(
    {
        "authorization", "content-type", "content-encoding", "cookie", "origin", "referer", "user-agent",
        "accept-language", "sentat", "anonymousid", "sec-gpc", "dnt", "purpose", "sec-purpose", "x-moz",
        "sp-anonymous", "openpanel-client-id", "x-retry-count", "rsa-retry-attempt",
        "cf-ipcountry", "cf-region-code", "x-vercel-ip-country", "x-vercel-ip-country-region",
        "cloudfront-viewer-country", "cloudfront-viewer-country-region", "x-appengine-country",
        "x-appengine-region", "x-country-code", "x-region-code",
        "posthog-sdk-info", "posthog-request-timestamp", "idempotency-key",
    }
)  # fmt: skip
"""Headers that tell something of the event or its sender; the others are forgotten at once."""


class Request(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    """Without the query, percent-decoded as ASGI gives it."""
    query: str
    """The raw query string, undecoded."""
    headers: Mapping[str, str]
    """Those of KEPT_HEADERS that came, names in lower case, decoded as latin-1."""
    body: bytes
    """As it came: still packed where the client packed it."""
    received_at: int
    """Microseconds since 1970, UTC."""
    address: str | None = None
    """IP address of the client, after trusted proxies; None where it must not be kept."""

    def asked(self, name: str) -> str | None:
        """Return the first value of a query parameter; None where it is absent."""
        return next((value for key, value in self.pairs() if key == name), None)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the query parameters in order, decoded as UTF-8; empty values are kept."""
        return parse_qsl(self.query, keep_blank_values=True, errors="replace")


class Answer(NamedTuple):
    """What a client hears when everything is stored."""

    status: int = 200
    content: bytes = b'{"success":true}'
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
