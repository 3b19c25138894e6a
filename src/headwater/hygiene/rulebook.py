"""Rulebook: the convention and all that is known of names, in one value.

Reads  nothing: whoever asks brings the convention, the aliases and the facts
Makes  a `Rulebook`
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.contract.naming import Naming


class Source(NamedTuple):
    """What is known of a spelling of a source."""

    name: str
    """The one name."""
    category: str
    """search, social, ai, video, shopping, email or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """By what links are built and checked."""

    naming: Naming
    source: Callable[[str], Source]
    """The one name and the category of a spelling."""
    sources: frozenset[str]
    """Every name that a spelling is known for."""
    channel: Callable[[str, str, str], str]
    """The channel of source, medium and campaign."""
    click_ids: Mapping[str, str]
    """The parameters that platforms add at a click (as they write them) and their platform."""
    mediums: Mapping[str, str] = field(default_factory=dict)
    """Aliases of mediums, spelling in lower case."""
    campaigns: Mapping[str, str] = field(default_factory=dict)
    """Aliases of campaigns, spelling in lower case."""
    own_domains: tuple[str, ...] = ()

    def is_own(self, host: str) -> bool:
        """Tell whether a host is one of our own sites."""
        return any(host == own or host.endswith(f".{own}") for own in self.own_domains)

    def named(self, tag: str, value: str) -> str:
        """Return the one name of a value under the aliases; itself where it has none."""
        if tag == "source":
            known = self.source(value)
            return known.name if known.name != value.strip().lower() else value
        aliases = {"medium": self.mediums, "campaign": self.campaigns}.get(tag, {})
        return aliases.get(value.strip().lower(), value)

    def allowed(self, tag: str) -> tuple[str, ...]:
        """Return the values that a tag may have; empty where all may be."""
        return {"source": self.naming.sources, "medium": self.naming.mediums}.get(tag, ())

    def preferred(self, tag: str, value: str) -> str:
        """Return a value as the convention writes it: its case, its separators and its one spelling."""
        worded = self.worded(value)
        name = self.named(tag, worded)
        listed = self.allowed(tag)
        return name if worded not in listed and (not listed or name in listed) else worded

    def worded(self, value: str) -> str:
        """Return a value as the convention writes it: trimmed, case and separators put right."""
        text = value.strip().lower() if self.naming.lower_case else value.strip()
        signs = self.naming.separators
        if not signs:
            return text
        parts = "".join(letter if letter not in PARTING or letter in signs else " " for letter in text)
        return signs[0].join(parts.split())


PARTING = " \t\n\r\f\v\u00a0_-+|,;:/\\&"
"""Signs that people part words with."""
