"""Visitor: what the request of a browser says of the browser itself, and the picture it may want back.

Reads  a request
Makes  the fields of a message's `context` that headers give, and a 43-byte GIF

For protocols that browsers speak. A server's client has its own User-Agent and its own address, not
those of the person, so protocols of servers do not ask here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    b"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""One transparent dot."""
UNSTORED = ("cache-control", "no-store, no-cache, max-age=0")
PICTURE = Answer(200, GIF, "image/gif", (UNSTORED,))
"""What an image request hears: a picture that must be asked for again the next time."""


def picture_or(word: Answer, request: Request) -> Answer:
    """Return the picture for what an image sent (GET), and the word for everything else."""
    return PICTURE if request.method in ("GET", "HEAD") else word


def visitor(request: Request) -> dict[str, Any]:
    """Return `userAgent`, `ip` and `locale`, those that the request gives."""
    said = {
        "userAgent": request.headers.get("user-agent"),
        "ip": request.address,
        "locale": _first_language(request.headers.get("accept-language")),
    }
    return {name: value for name, value in said.items() if value}


def screen(resolution: Any) -> dict[str, Any]:
    """Return `{"screen": {"width", "height"}}` of a text such as 1280x720; nothing of any other value.

    >>> screen("1280x720"), screen("large")
    ({'screen': {'width': 1280, 'height': 720}}, {})
    """
    width, _, height = resolution.partition("x") if isinstance(resolution, str) else ("", "", "")
    if not (_is_count(width) and _is_count(height)):
        return {}
    return {"screen": {"width": int(width), "height": int(height)}}


def number(text: Any) -> Any:
    """Return the number that a text writes, or the value as it was.

    >>> number("129.90"), number("7"), number("1e999"), number("SKU1")
    (129.9, 7, '1e999', 'SKU1')
    """
    if not isinstance(text, str) or not text.isascii() or len(text) > LONGEST_NUMBER:
        return text
    sign, digits = ("-", text[1:]) if text[:1] == "-" else ("", text)
    whole, point, part = digits.partition(".")
    if not whole.isdecimal() or (point and not part.isdecimal()):
        return text
    return float(f"{sign}{digits}") if point else int(f"{sign}{digits}")


LONGEST_NUMBER = 15
"""Characters; longer ones may be ids, and would not all be the same number as they were text."""


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


def _first_language(accepted: str | None) -> str | None:
    """Return the first language of Accept-Language; None where it names none."""
    first = (accepted or "").partition(",")[0].partition(";")[0].strip()
    return None if first in ("", "*") else first
