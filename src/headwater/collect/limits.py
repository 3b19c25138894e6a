"""Limits: everything that the collector takes only so much of, in one list.

Reads  the constants beside the code that keeps to them
Makes  the page docs/reference/limits.md
"""

from __future__ import annotations

from typing import NamedTuple

from headwater.collect import admit, bodies, clock, connections, journal, requests, writer

ALONE = "is refused alone and kept with its reason; the rest of its batch is stored"
NEVER = "no limit of its own"


class Limit(NamedTuple):
    """One limit."""

    what: str
    most: str
    beyond: str
    """What happens to what exceeds it."""


LIMITS = (
    Limit("message, as compact JSON", f"{admit.EVENT_BYTES:,} bytes", f"`event_too_large`: it {ALONE}"),
    Limit(
        "properties, traits or context, keys", f"{admit.PROPERTIES:,}", f"`too_many_properties`: it {ALONE}"
    ),
    Limit("objects and lists, one inside the other", f"{admit.LEVELS}", f"`too_deep`: it {ALONE}"),
    Limit("message id", f"{admit.MESSAGE_ID_CHARS} characters", f"`id_too_long`: it {ALONE}"),
    Limit(
        "user, anonymous, previous or group id",
        f"{admit.PERSON_ID_CHARS} characters",
        f"`id_too_long`: it {ALONE}",
    ),
    Limit(
        "URL of the page or its referrer", f"{admit.URL_CHARS:,} characters", f"`url_too_long`: it {ALONE}"
    ),
    Limit("name of a property", NEVER, "the size of the message bounds it"),
    Limit("text of a property", NEVER, "the size of the message bounds it"),
    Limit("whole number", "2^64 - 1", "kept as a number with a point, of about 17 digits"),
    Limit("messages in a batch", NEVER, "the size of the body bounds it"),
    Limit(
        "body, as sent and unpacked",
        f"{bodies.DECODED_BYTES:,} bytes",
        "413; its beginning is kept as `body_too_large`. Unpacking stops there",
    ),
    Limit("members of a gzip file", f"{bodies.GZIP_MEMBERS}", "400; kept as `invalid_gzip`"),
    Limit(
        "objects and lists in a body, one inside the other",
        "about 1,000",
        "400; kept as `invalid_json`",
    ),
    Limit(
        "other packing of a body (br, zstd, gzip in gzip)",
        "none",
        "415 with `Accept-Encoding: gzip, deflate`; kept as `unknown_packing`",
    ),
    Limit("request line and headers", f"{connections.HEADER_BYTES:,} bytes", "431"),
    Limit("time for the headers", f"{connections.HEADER_SECONDS:g} s", "the connection is closed"),
    Limit("time for the body", f"{requests.BODY_SECONDS:g} s", "408"),
    Limit("silence within a body", f"{connections.SILENCE_SECONDS:g} s", "the connection is closed"),
    Limit(
        "bodies that arrive at the same time",
        f"{requests.BODIES_BYTES:,} bytes",
        f"503 for those over {requests.SMALL:,} bytes, with `Retry-After`",
    ),
    Limit("requests that wait for the disk", f"{writer.WAITING_BYTES:,} bytes", "503 with `Retry-After`"),
    Limit("requests that wait for the archive", f"{journal.MOST_WAITING:,} bytes", "503 with `Retry-After`"),
    Limit("room on the disk", f"at least {journal.LEAST_FREE:,} bytes", "503 with `Retry-After`"),
    Limit(
        "time of an event ahead of the server's",
        f"{clock.FUTURE_TOLERANCE.total_seconds() / 3600:g} hours",
        "stored with the time of receipt, and `$clock` in its context says so",
    ),
    Limit("how long a message id is remembered", "for ever", "a repetition counts as a duplicate"),
    Limit("events of one person in a day", NEVER, "all are stored"),
    Limit("ids of one person", NEVER, "the setting `max_links` bounds what a shared address links"),
    Limit("refused input that is kept", f"{admit.RAW_CHARS:,} characters", "the rest is cut off"),
)

ANSWERS = """\
No input is answered with a 5xx, but for 503 where it cannot be stored. Broken HTTP (two lengths that differ, a
length or chunk that is no number, an unknown transfer encoding, control characters in a header, no host or two)
is answered 400 and the connection ends. Where a length and chunks are both given, the chunks hold.

The method is that of the request line: `X-HTTP-Method-Override` and `_method` change nothing.

A client's address is that of its connection. `X-Forwarded-For` is believed from the addresses and networks that
`HEADWATER_TRUSTED_PROXIES` names (with commas between; 127.0.0.1 where it is not set): the last address in it
that is not one of them. `X-Real-IP`, `Forwarded` and `X-Forwarded-Host` are never looked at."""
"""What holds for every request, for the page."""
