"""Channel roles: whether a channel comes to the person, or the person was already moving.

Reads  facts/channel_roles.toml and the setting `channel_roles`
Makes  a role for every name of a channel, and the reason for it

A channel that was imported keeps its name as given, so the role is found from the words of any name. Whether a
paid search was for the brand cannot be told from `paid_search`: import branded search as a channel of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast

from headwater.attribution import facts
from headwater.contract.channel_names import words_of

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

Role = Literal["push", "pull", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """What a channel is by its name: a kind of the table of facts, its role and the reason."""

    name: str
    role: Role
    why: str


def role_of(channel: str | None, settings: Settings | None = None) -> Role:
    """Return "push", "pull" or "none"; the setting `channel_roles` wins over the table.

    >>> role_of("display"), role_of("Remarketing - FB"), role_of("survey")
    ('push', 'pull', 'none')
    """
    chosen = _chosen(channel, settings)
    return chosen or kind_of(channel).role


def role_reason(channel: str | None, settings: Settings | None = None) -> str:
    """Say why the channel has its role, in words for the user."""
    if _chosen(channel, settings):
        return "by the setting channel_roles"
    kind = kind_of(channel)
    return f"{kind.name}: {kind.why}"


def is_causal(channel: str | None, settings: Settings | None = None) -> bool:
    """Tell whether the channel can bring anything about: not direct, and nothing whose role is none.

    Who comes directly was brought by something before, or by nobody; there is nothing to switch off.
    """
    return kind_of(channel).name != "direct" and role_of(channel, settings) != "none"


@lru_cache(maxsize=4096)
def kind_of(channel: str | None) -> ChannelKind:
    """Return the kind that the words of the name tell; `unknown` where they tell nothing.

    >>> kind_of("SEA Brand DE").name, kind_of("Google Ads | Non-Brand").name, kind_of("Zeppelin").name
    ('brand_search', 'nonbrand_search', 'unknown')
    """
    words = words_of(channel)
    for kind in facts.toml("channel_roles.toml")["kinds"]:
        found = words in kind["is"] or (
            any(re.search(each, words) for each in kind["has"])
            and re.search(kind.get("and", ""), words) is not None
            and not ("not" in kind and re.search(kind["not"], words))
        )
        if found:
            return ChannelKind(name=kind["name"], role=cast("Role", kind["role"]), why=kind["why"])
    raise AssertionError("the last kind fits every name")


def _chosen(channel: str | None, settings: Settings | None) -> Role | None:
    """Return what the settings say of the channel, by its very name or by its words."""
    told = settings.channel_roles if settings else {}
    if not told or channel is None:
        return None
    by_words = {words_of(name): role for name, role in told.items()}
    return cast("Role | None", told.get(channel) or by_words.get(words_of(channel)))
