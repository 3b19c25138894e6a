"""Permitted: which settings of consent, personal data and roles there can be.

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
    "channel_roles": ("push", "pull", "none"),
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
    _check_priors(settings.increment_priors)
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


def _check_priors(told: object) -> None:
    hint = 'write {"brand search": [0.1, 0.0, 0.4]}: mean, low and high of a share, 0 to 1.'
    if not isinstance(told, dict):
        raise UsageError(f"increment_priors is {told!r}.", hint=hint)
    for channel, belief in told.items():
        numbers = belief if isinstance(belief, list | tuple) else ()
        if len(numbers) != 3 or not all(type(one) in (int, float) for one in numbers):
            raise UsageError(f"increment_priors cannot hold {channel!r} = {belief!r}.", hint=hint)
        share, low, high = numbers
        if not 0 <= low <= share <= high <= 1:
            raise UsageError(f"increment_priors cannot hold {channel!r} = {belief!r}.", hint=hint)


def _or(words: Collection[str]) -> str:
    return " or ".join(words)
