"""Wire: what a protocol must say of itself so that the collector can speak it.

One protocol is one file with one `Wire` in it, and one line in the registry. A protocol takes requests
apart into canonical messages (see `collect.message`) and says what the client hears; admission, ids,
personal data and the rows of `events` are the same for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from headwater.collect.request import Answer, Request


class Opened(NamedTuple):
    """A request, taken apart."""

    messages: list[Any]
    """Canonical messages; not yet believed, so not all need be objects. What the protocol itself finds
    wrong is a `Refused` in its place."""
    sent_at: Any = None
    """When the request was sent by the client's words, verbatim, for all messages."""
    keys: tuple[str, ...] = ()
    """Every value in the request that may be its write key; the usual headers are read for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One wire protocol. Its functions are pure: no clock, no network, no settings."""

    name: str
    """What stands in the column `origin`."""
    paths: Mapping[str, str]
    """Each path it is spoken on, and the type that the path itself gives to messages (else empty)."""
    pattern: re.Pattern[str] | None = None
    """Other paths it is spoken on, those that shops choose themselves; no protocol's own path is among them."""
    methods: tuple[str, ...] = ("POST",)
    """What its clients send with; whoever takes GET takes HEAD."""
    accepts: Callable[[Request], bool] | None = None
    """Where protocols share a path: tells from headers and query whether a request is of this one."""
    recognises: Callable[[Request, Any], bool] | None = None
    """Where only the body tells them apart: whether a request with this decoded body is of this one."""
    opened: Callable[[Request, Any, str], Opened]
    """Takes a request apart, given its decoded body (None: empty) and the type of its path.

    It may raise `bodies.Unreadable`, and nothing else, where the request as a whole makes no sense.
    """
    opens_first: Callable[[Request], bool] = lambda _request: True
    """Whether a request must be taken apart before its answer although a header names its key.

    False where the answer is always the same: then only that the body can be read is looked at, and
    `answer` is given no messages. The worker takes every request apart in any case.
    """
    answer: Callable[[Request, Opened], Answer]
    """What the client hears when everything is stored."""
    unknown: Callable[[Request], Answer] | None = None
    """What a client without a known key hears, where it could not read a refusal; None refuses it (401)."""
