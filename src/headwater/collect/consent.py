"""Consent: what may be done with an event, from where the person is and what was said.

Reads  regions.toml (what holds in a region where nothing was said), the workspace's settings
Makes  a Decision: may an id be set, how is the event stored, may it go to ad platforms

One rule makes the whole table. What was said counts; where nothing was said the region decides: opt_in
regions refuse, opt_out regions allow. Global Privacy Control never lets an event go to ad platforms,
whatever was said. A time zone or a language is no evidence of a region.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

Store = Literal["with_id", "anonymous_only", "drop"]
OPT_IN, OPT_OUT = "opt_in", "opt_out"
UNKNOWN = "unknown"


class Choices(NamedTuple):
    """What a person allowed; None where nothing was said of it."""

    analytics: bool | None = None
    """To be recognised again, for measurement."""
    ads: bool | None = None
    """That data go to ad platforms (Google: ad_user_data)."""
    personalization: bool | None = None
    """That ads follow (Google: ad_personalization); None means as `ads`."""


NAMED = {
    "unknown": Choices(),
    "all": Choices(analytics=True, ads=True, personalization=True),
    "analytics_only": Choices(analytics=True, ads=False, personalization=False),
    "ads_only": Choices(analytics=False, ads=True, personalization=True),
    "none": Choices(analytics=False, ads=False, personalization=False),
}
"""The usual answers to a banner, by name."""


class Decision(NamedTuple):
    """What may be done with an event."""

    set_id_cookie: bool
    store: Store
    sync_to_ads: bool
    google_consent: dict[str, str]
    """`ad_user_data` and `ad_personalization`, as Google's upload interfaces take them."""
    consent: str
    """What is kept with the event: all, analytics_only, ads_only, none (said), or unknown."""


def decision(region: str, signals: Choices, gpc: bool, settings: Settings) -> Decision:  # noqa: FBT001 (Sec-GPC is a flag)
    """Return what may be done with an event of a person in `region` who said `signals`.

    `region` is a country or country-subdivision (DE, US-CA), a name of the table (EEA, UK) or empty,
    which means the workspace's `unknown_region`.
    """
    allowed = default(region, settings) == OPT_OUT
    analytics = allowed if signals.analytics is None else signals.analytics
    ads = (allowed if signals.ads is None else signals.ads) and not gpc
    personalized = ads and signals.personalization is not False
    store: Store = (
        "with_id" if analytics else "drop" if settings.without_consent == "drop" else "anonymous_only"
    )
    return Decision(
        set_id_cookie=analytics,
        store=store,
        sync_to_ads=ads,
        google_consent={"ad_user_data": _google(ads), "ad_personalization": _google(personalized)},
        consent=name_of(signals),
    )


def name_of(signals: Choices) -> str:
    """Return the name of what was said; what was said of one purpose only leaves the other unsaid.

    >>> name_of(Choices(analytics=True, ads=False)), name_of(Choices(ads=False)), name_of(Choices())
    ('analytics_only', 'no_ads', 'unknown')
    """
    named = {
        (None, None): "unknown",
        (True, True): "all",
        (True, False): "analytics_only",
        (False, True): "ads_only",
        (False, False): "none",
        (None, False): "no_ads",
        (None, True): "ads",
        (False, None): "no_analytics",
        (True, None): "analytics",
    }
    return named[signals.analytics, signals.ads]


def strictest(*said: Choices) -> Choices:
    """Return what several sources say together: a refusal wins over a permission, both over silence."""

    def together(answers: list[bool | None]) -> bool | None:
        given = [answer for answer in answers if answer is not None]
        return all(given) if given else None

    return Choices(*(together(list(answers)) for answers in zip(*said, strict=True))) if said else Choices()


def default(region: str, settings: Settings) -> str:
    """Return what holds in a region where nothing was said: opt_in or opt_out."""
    return _default(region.strip().upper() or settings.unknown_region.upper(), _own(settings))


def _own(settings: Settings) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name.upper(), how) for name, how in settings.consent_regions.items()))


@lru_cache(maxsize=4096)
def _default(region: str, own: tuple[tuple[str, str], ...]) -> str:
    """Look up the subdivision, its country, the region that the country is of, then the rest of the world."""
    table, groups = regions()
    mine = dict(own)
    country = region.partition("-")[0]
    for name in (region, country, groups.get(region, ""), groups.get(country, "")):
        if name and (found := mine.get(name) or table.get(name)):
            return found
    if region in ("", UNKNOWN.upper()):
        return OPT_IN
    return mine.get("OTHER") or table["OTHER"]


@lru_cache(maxsize=1)
def regions() -> tuple[dict[str, str], dict[str, str]]:
    """Return what holds by region, and the region of each country that is in one."""
    told = tomllib.loads(files(__package__).joinpath("regions.toml").read_text(encoding="utf-8"))
    table = {name.upper(): row["without_a_word"] for name, row in told["regions"].items()}
    groups = {
        country: name.upper() for name, row in told["regions"].items() for country in row.get("countries", ())
    }
    return table, groups


def _google(granted: bool) -> str:  # noqa: FBT001 (turned into its word)
    return "GRANTED" if granted else "DENIED"
