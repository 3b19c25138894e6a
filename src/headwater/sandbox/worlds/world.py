"""World: a simulated market as data; every parameter has its unit here.

The intensity of a person's conversions at a time is

    organic x propensity x in-market x season x (1 + lift)

where the lift is the sum over channels of what the touches so far still do: each adds its campaign's
effect, halved every half-life, saturated by channel. A world with only defaults has no ads and no people
of note; the named ones are in `catalogue.py`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign of a channel."""

    name: str
    share: float
    """Share of the channel's touches."""
    strength: float = 1.0
    """Its effect as a multiple of the channel's."""
    since: float = 0.0
    """When its flight begins, as a share of the period."""
    until: float = 1.0
    """When its flight ends, as a share of the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way by which people are met, and what that does to them."""

    name: str
    role: str
    """push (the ad comes to the person) or pull (the person was already moving)."""
    campaigns: tuple[Campaign, ...]
    touches: float
    """Touches of a mean person in 30 days, before any gate."""
    effect: float
    """Lift of the organic intensity just after one touch: 1 doubles it, 0 does nothing."""
    half_life: float = 3.0
    """Days after which half of a touch's lift is gone."""
    saturation: float | None = None
    """The most lift that the channel can reach however often it is met; None: there is no such limit."""
    propensity: float = 0.0
    """Targeting by who the person is: touches go as propensity to this power."""
    intent: float = 1.0
    """Targeting by what the person wants now: so many times the touches while in the market."""
    after_visit: float | None = None
    """Days after a visit in which the channel may meet the person (retargeting); None: at any time."""
    click: float = 1.0
    """Share of the touches that are clicks, hence visits; the others are impressions."""
    cents: int = 0
    """What a touch costs, in hundredths of the currency; 0: nobody sends a bill."""
    platform: str = ""
    source: str = ""
    medium: str = ""

    @property
    def is_paid(self) -> bool:
        """Whether it can be switched off: everything but direct."""
        return self.name != "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A touch of one channel brings about a touch of another (mediation)."""

    cause: str
    outcome: str
    chance: float
    days: float = 0.5
    """Mean delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synergy:
    """Two channels do more together: effect x the geometric mean of their lifts is added."""

    one: str
    other: str
    effect: float


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A market: its people, their demand, the channels, and what the business gets to see."""

    name: str
    title: str = ""
    lesson: str = ""
    """What the world is for, in a few sentences; the page of the world begins with it."""
    channels: tuple[Channel, ...] = ()
    causes: tuple[Cause, ...] = ()
    synergies: tuple[Synergy, ...] = ()
    ceiling: float = 12.0
    """The most lift that all channels together can reach."""
    new_demand: float = 0.0
    """Share of the lift that works on everybody alike, whether the person was in want or not."""

    organic: float = 12.0
    """Conversions of 1,000 mean persons in 30 days, out of the market, without any ad."""
    spread: float = 0.8
    """Standard deviation of the logarithm of propensity."""
    market_visits: float = 0.25
    """How often a person comes into the market in 30 days."""
    market_days: float = 7.0
    """Mean days in the market."""
    market_factor: float = 12.0
    """So many times the organic intensity while in the market."""
    once: bool = False
    """Each person converts once at most; ads then also bring forward what would have come later."""
    weekly: float = 0.0
    """Swing of demand within the week: 0.3 is 30 % above and below the mean."""
    peak: float = 0.0
    """Height of a sale in the last fifth of the period: 2 triples demand at its top."""
    spend_follows: bool = False
    """Whether advertisers follow the season."""

    value: float = 80.0
    """Median value of a conversion, in the currency."""
    value_spread: float = 0.6
    refunded: float = 0.0
    """Share of the conversions that are given back."""
    late: float = 0.0
    """Share of the conversions that are reported late."""
    late_days: float = 5.0
    """Mean delay of those."""

    covariate: float = 0.7
    """Correlation of the visible score, and of the segment made of it, with log propensity."""
    arriving: float = 0.1
    """Share of the persons that come to be known within the period."""
    leaving: float = 0.1
    """Share of the persons that are lost from sight within the period."""
    devices: float = 1.0
    """Mean number of devices of a person."""
    cookie_days: float = 0.0
    """Mean life of a cookie; 0: cookies stay."""
    known: float = 0.0
    """Share of the persons that log in everywhere, so that their devices are known to be one person's."""
    bots: float = 0.0
    """Bots as a share of the persons."""
    bot_touches: float = 30.0
    """Mean touches of a bot; each bot likes one campaign."""
    currency: str = "USD"

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated, in words."""
        known = {channel.name: channel for channel in self.channels}
        for cause in self.causes:
            if cause.outcome in known and known[cause.outcome].after_visit is not None:
                raise UsageError(
                    f"World {self.name!r}: {cause.outcome} is gated by visits and cannot also be caused.",
                    hint="let the cause lead to a visit; the gate opens by itself.",
                )
        named = [(cause.cause, cause.outcome) for cause in self.causes]
        named += [(synergy.one, synergy.other) for synergy in self.synergies]
        for name in sorted({name for pair in named for name in pair} - set(known)):
            raise UsageError(
                f"World {self.name!r} names a channel that it does not have: {name!r}.",
                hint=f"it has: {', '.join(sorted(known))}.",
            )
        if any(channel.intent < 1 or channel.effect < 0 for channel in self.channels):
            raise UsageError(
                f"World {self.name!r}: an effect is below 0 or an intent below 1.",
                hint="ads here add or do nothing; targeting seeks people out or takes no notice.",
            )

    def numbered(self, name: str) -> int:
        """Return the number of a channel."""
        return [channel.name for channel in self.channels].index(name)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON holds them; `World.of` takes them back."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> World:
        """Build a world from what `to_dict` gave. Raises UsageError naming a key that there is not."""
        given = dict(told)
        channels = [
            _built(Channel, {**one, "campaigns": tuple(_built(Campaign, c) for c in one["campaigns"])})
            for one in given.pop("channels", ())
        ]
        causes = tuple(_built(Cause, one) for one in given.pop("causes", ()))
        synergies = tuple(_built(Synergy, one) for one in given.pop("synergies", ()))
        more = {"channels": tuple(channels), "causes": causes, "synergies": synergies}
        made: World = _built(cls, {**given, **more})
        return made

    def varied(self, number: int) -> World:
        """Return the world with other effects, half-lives and targeting, drawn by `number`.

        Effects and targeting are multiplied by a log-normal factor of spread 0.5, half-lives by one of 0.3.
        """
        rng = np.random.default_rng([number, 11])

        def drawn(channel: Channel) -> Channel:
            effect, life, intent, strength = np.exp(rng.normal(0, (0.5, 0.3, 0.5, 0.4))).tolist()
            first, *others = channel.campaigns
            return replace(
                channel,
                effect=round(channel.effect * effect, 4),
                half_life=round(channel.half_life * life, 4),
                intent=round(1 + (channel.intent - 1) * intent, 4),
                campaigns=(replace(first, strength=round(first.strength * strength, 4)), *others),
            )

        channels = tuple(drawn(channel) for channel in self.channels)
        return replace(self, name=f"{self.name}~{number}", channels=channels)


def _built(kind: type[Any], given: Mapping[str, Any]) -> Any:
    names = {field.name for field in fields(kind)}
    for key in given:
        if key not in names:
            raise UsageError(
                f"A {kind.__name__.lower()} has no {key!r}.", hint=f"it has: {', '.join(sorted(names))}."
            )
    return kind(**given)
