"""Fitted: a world whose touches, conversions and persons look like a business's own.

Reads  Facts: moments and shares of the business's data
Makes  a World for each assumed size of what ads bring, and a table of how well it fits

What the data show is fitted: touches by channel, how they crowd before conversions, how often and how
unequally persons convert, values, refunds, devices. What they cannot show is assumed: what ads bring, how
it is spread over channels and campaigns, how fast it fades, and that wants come and go as in the catalogue.
A score on such a world says how wrong a model would be on data like these if the assumptions held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.sandbox.score.moments import Moments, Sample, moments
from headwater.sandbox.worlds.contacts import touches
from headwater.sandbox.worlds.demand import candidates, people
from headwater.sandbox.worlds.truth import Block
from headwater.sandbox.worlds.world import Campaign, Channel, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PILOT, MOST_PILOT = 20_000, 100_000
"""Persons of the markets by which a world is brought to fit: more where few convert."""
PILOT_CONVERSIONS = 500
SHORTEST_STAY = 0.5
"""Days."""
ALMOST_NONE = 1.05
"""An intent below this is no targeting to speak of."""
ROUNDS = 8
FEW_PAIRS = 20
"""With fewer pairs of conversions than this, nobody can say how unequal persons are."""
LEAST_SPREAD, MOST_SPREAD, MOST_INTENT = 0.1, 1.6, 100.0
HALF_LIVES = {"push": 3.0, "pull": 1.2}
"""Days; assumed, as in the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One channel as the business knows it."""

    name: str
    role: str
    """push, pull, or none where the channel brings nothing about."""
    campaigns: Mapping[str, int]
    """Touches by campaign; empty names and rare ones are pooled under one name."""
    cents: int = 0
    """What a touch costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a business; shares between 0 and 1."""

    observed: Moments
    channels: Sequence[Met]
    days: int
    persons: int
    value: float
    value_spread: float
    refunded: float = 0.0
    late: float = 0.0
    late_days: float = 5.0
    devices: float = 1.0
    known: float = 0.0
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A world made to look like a business, and what it came to."""

    world: World
    brought: float
    """Share of the conversions that ads bring in it."""
    reached: Moments


def fitted(facts: Facts, *, brought: float, seed: int = 1) -> Fit:
    """Return the world that looks like `facts` if ads bring the share `brought` of all conversions.

    A method of moments by simulation: a small market is simulated and each parameter moved by what its
    moment is off, a few times over. The same seed gives the same world.
    """
    world = _start(facts, brought=brought, seed=seed)
    expected = facts.observed.conversions * facts.days / 30
    persons = int(min(max(PILOT, PILOT_CONVERSIONS / expected), MOST_PILOT))
    for _ in range(ROUNDS):
        share, found = _pilot(world, persons, facts.days, seed)
        world = _closer(world, facts.observed, found, share=share, brought=brought)
    share, found = _pilot(world, persons, facts.days, seed)
    return Fit(world=world, brought=share, reached=found)


def compared(facts: Facts, fits: Sequence[Fit]) -> list[dict[str, Any]]:
    """Return the rows that lay the business's own moments beside those of the worlds."""
    rows = [
        _beside("conversions per person and 30 days", facts.observed.conversions, [f.reached.conversions for f in fits], fits),
        _beside("pairs of conversions of one person, against equal persons", facts.observed.repeats, [f.reached.repeats for f in fits], fits),
        _beside("median days between touches", facts.observed.gap, [f.reached.gap for f in fits], fits),
        _beside("share of conversions that ads bring (assumed)", None, [f.brought for f in fits], fits),
    ]  # fmt: skip
    for place, channel in enumerate(facts.channels):
        for said, read in (("touches per person and 30 days", "touches"), ("touches shortly before conversions, against usual", "closeness")):  # fmt: skip
            reached = [float(getattr(fit.reached, read)[place]) for fit in fits]
            rows.append(_beside(f"{channel.name}: {said}", float(getattr(facts.observed, read)[place]), reached, fits))  # fmt: skip
    return rows


def _beside(moment: str, own: float | None, reached: Sequence[float], fits: Sequence[Fit]) -> dict[str, Any]:
    columns = {fit.world.name: round(value, 4) for fit, value in zip(fits, reached, strict=True)}
    return {"moment": moment, "own": None if own is None else round(own, 4), **columns}


def assumed(facts: Facts) -> list[dict[str, str]]:
    """Return what no data of the business could show, and what was taken instead."""
    plain = World(name="")
    silent = [channel.name for channel in facts.channels if channel.role == "none"]
    half_lives = ", ".join(f"{role} {days:g}" for role, days in HALF_LIVES.items())
    return [
        {"assumed": "what ads bring in all", "as": "each of the shares asked for, one world each"},
        {"assumed": "how it is spread over channels and campaigns", "as": "a touch of each alike, times a factor drawn with the seed (spread 0.5 and 0.4), less where touches do not crowd before conversions"},
        {"assumed": "channels that bring nothing", "as": ", ".join(silent) or "none"},
        {"assumed": "half-lives of effects, in days", "as": half_lives},
        {"assumed": "times in the market", "as": f"of {_stay(facts):.2g} days on average ({plain.market_days:g}, less where touches crowd closer), {plain.market_visits * plain.market_days / 30:.1%} of all time, with {plain.market_factor:g} times the demand or, where persons buy alike, less"},
        {"assumed": "saturation, synergy, mediation, season, bots", "as": "none"},
    ]  # fmt: skip


def _start(facts: Facts, *, brought: float, seed: int) -> World:
    rng = np.random.default_rng([seed, 23])
    taken: set[str] = set()
    channels = tuple(
        _channel(met, float(facts.observed.touches[place]), brought, rng, taken)
        for place, met in enumerate(facts.channels)
    )
    usual = World(name="")
    return World(
        name=f"own-{100 * brought:.0f}",
        title=f"Like your own data, if ads bring {brought:.0%} of the conversions",
        channels=channels,
        organic=1000 * facts.observed.conversions * (1 - brought) / 1.7,
        spread=usual.spread,
        market_days=round(_stay(facts), 4),
        market_visits=round(usual.market_visits * usual.market_days / _stay(facts), 4),
        once=facts.observed.pairs == 0 and _expected_pairs(facts) >= FEW_PAIRS,
        value=round(facts.value, 2),
        value_spread=round(facts.value_spread, 4),
        refunded=round(facts.refunded, 4),
        late=round(facts.late, 4),
        late_days=round(facts.late_days, 2),
        arriving=0.0,
        leaving=0.0,
        devices=round(facts.devices, 2),
        known=round(facts.known, 4),
        covariate=0.0,
        currency=facts.currency,
    )


def _channel(
    met: Met, touches_of_person: float, brought: float, rng: np.random.Generator, taken: set[str]
) -> Channel:
    """Return the channel with its campaigns; names are told apart where two channels share one."""
    factor, strengths = np.exp(rng.normal(0, 0.5)), np.exp(rng.normal(0, 0.4, size=len(met.campaigns)))
    whole = sum(met.campaigns.values())
    campaigns = []
    for (name, count), strength in zip(met.campaigns.items(), strengths, strict=True):
        own = f"{name} ({met.name})" if name in taken else name
        taken.add(own)
        campaigns.append(Campaign(name=own, share=count / whole, strength=round(float(strength), 4)))
    is_idle = met.role == "none" or not brought
    return Channel(
        name=met.name,
        role="pull" if met.role == "none" else met.role,
        campaigns=tuple(campaigns) if met.role != "none" else (Campaign(name="", share=1.0),),
        touches=touches_of_person,
        intent=2.0,
        effect=0.0 if is_idle else round(float(factor), 4),
        half_life=HALF_LIVES.get(met.role, 1.0),
        cents=met.cents if met.role != "none" else 0,
        platform=met.name,
        source=met.name,
        medium=met.name,
    )


def _pilot(world: World, persons: int, days: int, seed: int) -> tuple[float, Moments]:
    """Simulate a small market; return the share that ads bring, and its moments in expectation."""
    rng = np.random.default_rng([seed, 29])
    crowd = people(world, persons, float(days), rng)
    wants = candidates(world, crowd, float(days), rng)
    block = Block.of(world, touches(world, crowd, float(days), rng), wants, float(days))
    everything_off = next(block.switches())[2]
    chance = block.course.chance
    sample = Sample(
        persons=persons,
        days=float(days),
        channels=len(world.channels),
        person=block.touches.person,
        time=block.touches.time,
        channel=block.touches.channel,
        buyer=wants.person,
        at=wants.time,
        weight=chance,
    )
    organic = float(block.without(everything_off).chance.sum())
    return 1 - organic / max(float(chance.sum()), 1e-9), moments(sample)


def _closer(world: World, own: Moments, found: Moments, *, share: float, brought: float) -> World:
    """Move each parameter by what its moment is off."""
    effects = min(max(_odds(brought) / max(_odds(share), 1e-6), 0.2), 5.0) if brought else 1.0
    channels = []
    for place, channel in enumerate(world.channels):
        more = max(float(own.closeness[place]) - 1, 1e-3) / max(float(found.closeness[place]) - 1, 1e-3)
        met = float(own.touches[place]) / max(float(found.touches[place]), 1e-9)
        # what crowds before conversions less than its effect alone would make it, has less effect
        held = min(max(more, 0.5), 1.0) if channel.intent < ALMOST_NONE else 1.0
        channels.append(
            replace(
                channel,
                effect=round(channel.effect * effects * held, 6),
                intent=round(min(1 + (channel.intent - 1) * min(max(more, 0.2), 5.0), MOST_INTENT), 4),
                touches=round(channel.touches * min(max(met, 0.2), 5.0), 6),
            )
        )
    spread, factor = world.spread, world.market_factor
    if own.pairs >= FEW_PAIRS:
        square = spread**2 + math.log(max(own.repeats, 1e-3) / max(found.repeats, 1e-3))
        spread = round(min(math.sqrt(max(square, LEAST_SPREAD**2)), MOST_SPREAD), 4)
        # times in the market make persons unequal too; where they are more alike than that, those are milder
        excess = max(own.repeats - 1, 0.02) / max(found.repeats - 1, 1e-3)
        factor = round(1 + (factor - 1) * min(max(excess, 0.5), 1.0), 4) if spread <= LEAST_SPREAD else factor
    organic = round(world.organic * own.conversions / max(found.conversions, 1e-9), 6)
    return replace(world, channels=tuple(channels), spread=spread, market_factor=factor, organic=organic)


def _stay(facts: Facts) -> float:
    """Return the mean days in the market: as in the catalogue, or as few as the crowding of touches asks for.

    Conversions lie in long stays (of twice the mean length), and touches that lie in the stay alone crowd
    there; so closeness stays below days / (2 x mean days), less for the days before the stay.
    """
    closest = float(facts.observed.closeness.max(initial=1.0))
    return min(max(0.25 * facts.days / closest, SHORTEST_STAY), World(name="").market_days)


def _odds(share: float) -> float:
    return share / (1 - share)


def _expected_pairs(facts: Facts) -> float:
    """Return how many pairs there were if all persons bought alike."""
    bought = facts.observed.conversions * facts.persons * facts.days / 30
    return bought**2 / max(facts.persons, 1) / 2
