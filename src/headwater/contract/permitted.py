"""Permitted: which settings of consent and personal data there can be.

The fields stand in `contract.settings`, with what they mean; here are the words that each may hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from headwater.contract.settings import Settings

WORDS = {
    "without_consent": ("anonymous_only", "drop"),
    "identity": ("full", "cookieless", "daily", "none"),
    "ip_addresses": ("truncate", "drop", "keep"),
}
"""Settings that hold one of a few words."""
IN_TABLES = {
    "consent_regions": ("opt_in", "opt_out"),
    "consent_categories": ("analytics", "ads", "personalization"),
}
"""Settings that give each of their keys one of a few words."""


def check_permitted(settings: Settings) -> None:
    """Raise UsageError for a word that a setting cannot hold."""
    for name, words in WORDS.items():
        _check(name, getattr(settings, name), words)
    for name, words in IN_TABLES.items():
        table = getattr(settings, name)
        if not isinstance(table, dict):
            raise UsageError(f"{name} is {table!r}.", hint=f"write a table of names, each {_or(words)}.")
        for key, word in table.items():
            _check(f"{name}.{key}", word, words)
    if type(settings.tcf_vendor) is not int or settings.tcf_vendor < 0:
        raise UsageError(
            f"tcf_vendor cannot be {settings.tcf_vendor!r}.", hint="use a number of the list, or 0."
        )
    for name in ("unknown_region", "region_header"):
        if not isinstance(getattr(settings, name), str):
            raise UsageError(f"{name} cannot be {getattr(settings, name)!r}.", hint="write text.")


def _check(name: str, word: object, words: Collection[str]) -> None:
    if word not in words:
        raise UsageError(f"{name} cannot be {word!r}.", hint=f"choose {_or(words)}.")


def _or(words: Collection[str]) -> str:
    return " or ".join(words)
