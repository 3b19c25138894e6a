"""Convention: the rulebook of a workspace: its naming and aliases, with the facts that ship with Headwater.

Reads  the settings, or a file with some of them
Makes  a `Rulebook`
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from headwater.contract.settings import ALIASES, Settings, parsed
from headwater.hygiene.rulebook import Rulebook, Source
from headwater.journey import channels, click_ids, sources

if TYPE_CHECKING:
    from collections.abc import Mapping


def rulebook(settings: Settings) -> Rulebook:
    """Return by what links are built and checked under the settings."""
    own = {sources.source_key(alias): name for alias, name in settings.source_aliases.items()}
    rules = channels.rules(settings)

    @lru_cache(maxsize=4096)
    def source(text: str) -> Source:
        return (
            Source(sources.canonical(text, own), sources.category(text, own))
            if text.strip()
            else Source("", "")
        )

    @lru_cache(maxsize=4096)
    def channel(text: str, medium: str, campaign: str) -> str:
        known = source(text)
        return channels.channel(
            rules,
            source=known.name,
            source_category=known.category,
            medium=medium,
            campaign=campaign,
            kind="visit",
        )

    return Rulebook(
        naming=settings.naming,
        source=source,
        sources=_known_sources() | frozenset(own.values()),
        channel=channel,
        click_ids={one.name: one.platform for one in click_ids.CLICK_IDS if one.platform != "generic"},
        mediums={alias.strip().lower(): name for alias, name in settings.medium_aliases.items()},
        campaigns={alias.strip().lower(): name for alias, name in settings.campaign_aliases.items()},
        own_domains=tuple(domain.lower().removeprefix("www.") for domain in settings.own_domains),
    )


def settings_of(raw: Mapping[str, Any]) -> Settings:
    """Return settings from a convention file: either whole settings, or what `naming` holds beside aliases.

    Raises UnknownSettingError and UsageError.
    """
    known = {setting.name for setting in fields(Settings)}
    if "naming" in raw or set(raw) <= known:
        return parsed(raw)
    beside = {key: value for key, value in raw.items() if key in (*ALIASES, "own_domains", "channel_rules")}
    naming = {key: value for key, value in raw.items() if key not in beside}
    return parsed({**beside, "naming": naming})


@lru_cache(maxsize=1)
def _known_sources() -> frozenset[str]:
    return frozenset(sources.source_aliases(Settings()).column("source").to_pylist())
