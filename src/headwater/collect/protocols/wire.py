"""Wire: what a protocol must say of itself so that the collector can speak it.

One protocol is one file with one `Wire` in it, and one line in the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from headwater.collect.admit import Hit, Refused


class Opened(NamedTuple):
    """A decoded body, taken apart."""

    messages: list[Any]
    """The messages; not yet believed, so not all need be objects."""
    sent_at: Any = None
    """When the request was sent by the client's words, for all messages."""
    key: str | None = None
    """The write key, where it stands in the body."""


class Circumstances(NamedTuple):
    """What is known of a message besides itself."""

    received_at: datetime
    """Naive UTC."""
    sent_at: Any
    """Of the request, as the client wrote it; a message may have its own."""
    origin: str
    """The protocol's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One wire protocol."""

    name: str
    """What stands in the column `origin`."""
    paths: Mapping[str, str]
    """Each path it is spoken on, and the type that the path itself gives to messages (else empty)."""
    answer: bytes
    """Body of the answer when everything is stored; the status is always 200."""
    checks: tuple[Callable[[Hit], Refused | None], ...]
    """The rules of admission, in order."""
    opened: Callable[[Any], Opened]
    """Takes a decoded body apart; raises nothing."""
    readied: Callable[[dict[str, Any], str], Any]
    """Gives a message the path's type and takes out what a retry changes; returns its own sending time."""
    message_id: Callable[[dict[str, Any]], str | None]
    """The client's id of the message; None when it gave none."""
    amended: Callable[..., dict[str, Any]]
    """Writes `made_id` or `sent_at` into an admitted message and returns it."""
    event: Callable[[dict[str, Any], Circumstances], dict[str, Any]]
    """Translates an admitted message to a row of `events`; personal values are still raw in it."""
