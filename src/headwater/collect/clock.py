"""Clock: when something happened, from the words of a client whose clock may be wrong.

Reads  what the client says of the event's time, of its sending time, and the time of receipt
Makes  the time of the event in UTC, and a doubt where the client's word could not be used

occurred = received - (sent - claimed): the client's own clock cancels out. A time set by hand far
before a sending time that is right (a server that reports yesterday's order) is taken as it is.
No event is refused for its time: what cannot be believed becomes the time of receipt.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

FUTURE_TOLERANCE = timedelta(hours=23)
"""How far after the receipt an event may lie; beyond that its time is not believed."""
EARLIEST = datetime(2000, 1, 1)  # noqa: DTZ001 (naive is UTC here)
"""Nothing that a client sends happened before this; zero and small numbers are broken clocks."""
SET_BY_HAND = timedelta(days=1)
"""A claimed time this far from the sending time did not come from the sender's clock ..."""
RIGHT_CLOCK = timedelta(minutes=5)
"""... and needs no correction when the sending time is this close to the receipt."""
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
DAY = 86_400_000_000
"""Microseconds."""
SECONDS_DIGITS, MILLISECONDS_DIGITS, MICROSECONDS_DIGITS = 10, 13, 16


class Doubt(StrEnum):
    """Why the client's time was not used."""

    UNREADABLE = "unreadable"
    FUTURE = "future"
    PAST = "past"


def occurred_at(claimed: Any, *, sent: Any, received: datetime) -> tuple[datetime, Doubt | None]:
    """Return when the event happened (naive UTC), and the doubt where that is the time of receipt.

    `claimed` and `sent` are as the client wrote them; `received` is naive UTC.
    """
    if claimed is None or claimed == "":
        return received, None
    said = moment(claimed)
    if said is None:
        return received, Doubt.UNREADABLE
    posted = moment(sent)
    try:
        happened = said if posted is None else _corrected(said, posted, received)
    except OverflowError:
        return received, Doubt.UNREADABLE
    if happened > received + FUTURE_TOLERANCE:
        return received, Doubt.FUTURE
    if happened < EARLIEST:
        return received, Doubt.PAST
    return happened, None


def _corrected(said: datetime, posted: datetime, received: datetime) -> datetime:
    if abs(posted - said) > SET_BY_HAND and abs(received - posted) <= RIGHT_CLOCK:
        return said
    return received - (posted - said)


def moment(value: Any) -> datetime | None:
    """Read a time as clients write it, as naive UTC; None where it is no time at all.

    ISO 8601 with or without an offset (without: UTC), or a count since 1970: ten digits are seconds,
    thirteen milliseconds, sixteen microseconds; a number that is not so long counts as seconds.
    """
    if isinstance(value, str):
        if value.isdecimal() and value.isascii() and len(value) in _UNITS:
            return _counted(int(value) * _UNITS[len(value)])
        return _written(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    digits = len(str(int(abs(value)))) if abs(value) < 1e17 else 0
    if digits == 0 or digits > MICROSECONDS_DIGITS:
        return None
    unit = next(size for length, size in _UNITS.items() if digits <= length)
    return _counted(int(value * unit))


_UNITS = {SECONDS_DIGITS: 1_000_000, MILLISECONDS_DIGITS: 1_000, MICROSECONDS_DIGITS: 1}


def _counted(microseconds: int) -> datetime | None:
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def _written(value: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return _leap_second(value)
    try:
        return read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None


def _leap_second(value: str) -> datetime | None:
    """Read a sixtieth second as the start of the next minute."""
    if value[17:19] != "60" or value[16:17] != ":":
        return None
    minute = _written(value[:17] + "59" + value[19:])
    return None if minute is None else minute.replace(microsecond=0) + timedelta(seconds=1)
