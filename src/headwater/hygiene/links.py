"""Links: a URL taken apart into what stands before the query, its parameters and its fragment.

Reads  a URL as somebody typed it
Makes  a `Link`; written again it is the same text, sign by sign

Nothing is decoded that is not asked for: parameters that are not ours go through untouched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from headwater.hygiene.platforms import MACRO

SAFE = "-._~"
_SCHEME = re.compile(r"(?i)https?://")


class Pair(NamedTuple):
    """One parameter, as it stands in the URL."""

    name: str
    equals: str
    """`=`, or nothing where the parameter has none."""
    value: str

    def __str__(self) -> str:
        return f"{self.name}{self.equals}{self.value}"

    @property
    def key(self) -> str:
        """The name as it was meant: lower case, without what escaping left."""
        return self.name.removeprefix("amp;").lower()

    @property
    def decoded(self) -> str:
        """The value as a browser reads it."""
        return decoded(self.value)


@dataclass(frozen=True, slots=True)
class Link:
    """One URL in its parts."""

    before: str
    """Up to the question mark."""
    mark: str
    """The question mark, or nothing."""
    pairs: tuple[Pair, ...]
    fragment: str
    """With its `#`, or nothing."""

    def __str__(self) -> str:
        return f"{self.before}{self.mark}{'&'.join(map(str, self.pairs))}{self.fragment}"

    @property
    def host(self) -> str:
        """The host in lower case; empty for a relative link or none at all."""
        try:
            return (urlsplit(self.before).hostname or "").rstrip(".")
        except ValueError:
            return ""

    @property
    def tags(self) -> dict[str, Pair]:
        """The UTM parameters by tag (`source`, ...); the first of several counts."""
        found: dict[str, Pair] = {}
        for pair in self.pairs:
            if pair.key.startswith("utm_"):
                found.setdefault(pair.key.removeprefix("utm_"), pair)
        return found

    def with_pairs(self, pairs: tuple[Pair, ...]) -> Link:
        """Return the link with other parameters."""
        return replace(self, pairs=pairs, mark=self.mark or "?" if pairs or self.mark else "")


def parted(url: str) -> Link:
    """Take a URL apart.

    A text without host and question mark, such as `utm_source=a&utm_medium=b`, is a template's suffix:
    all of it is parameters.
    """
    body, hash_, fragment = url.partition("#")
    before, mark, query = body.partition("?")
    if not mark and "=" in before and "/" not in before.partition("=")[0]:
        before, query = "", body
    pairs = tuple(Pair(*text.partition("=")) for text in query.split("&")) if query else ()
    return Link(before, mark, pairs, hash_ + fragment)


def is_web(url: str) -> bool:
    """Tell whether it is an http(s) URL with a host."""
    return bool(_SCHEME.match(url)) and bool(parted(url).host)


def decoded(value: str) -> str:
    """Return a value as a browser reads it: `+` is a space, percent signs stand for UTF-8."""
    return unquote(value.replace("+", " "), errors="replace")


def encoded(value: str) -> str:
    """Return a value as it stands in a URL; macros stay as they are.

    >>> encoded("spring sale"), encoded("{{campaign.name}} a")
    ('spring%20sale', '{{campaign.name}}%20a')
    """
    pieces: list[str] = []
    at = 0
    for found in MACRO.finditer(value):
        pieces += [quote(value[at : found.start()], safe=SAFE), found.group()]
        at = found.end()
    return "".join((*pieces, quote(value[at:], safe=SAFE)))
