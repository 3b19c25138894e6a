"""Demand: the people of a world, what they want when, and the moments at which they may convert.

Reads  a world, a random stream
Makes  people, their times in the market, candidates

A candidate is a moment at which a conversion happens if its coin falls below its chance; the chance is
the intensity at the moment over the most that it can be. Candidates and coins do not depend on ads, so
the same ones serve with a channel and without it: that is what makes truth exact to the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headwater.sandbox.worlds.world import World

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

SEGMENTS = ("new", "returning", "loyal")
COUNTRIES = ("DE", "FR", "GB", "US")


class Stays(NamedTuple):
    """Times in the market, in days; a person may have none, one or several."""

    person: Whole
    begin: Floats
    end: Floats


@dataclass(frozen=True, slots=True)
class People:
    """Persons by their number within the block; times in days from the start of the period."""

    propensity: Floats
    begin: Floats
    end: Floats
    score: Floats
    segment: Whole
    country: Whole
    stays: Stays

    def __len__(self) -> int:
        return len(self.begin)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Moments at which a conversion may happen, by person and time."""

    person: Whole
    time: Floats
    organic: Floats
    """What the chance is without any lift, before `bound`."""
    lifted: Floats
    """What one unit of lift adds to it."""
    bound: Floats
    coin: Floats
    cents: Whole
    refunded: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.person)

    def chance(self, lift: Floats, chosen: Whole | slice = slice(None)) -> Floats:
        """Return the chance that each (of those chosen) converts, given the lift at it."""
        chance: Floats = (self.organic[chosen] + self.lifted[chosen] * lift) / self.bound[chosen]
        return chance


def people(world: World, count: int, days: float, rng: np.random.Generator) -> People:
    """Draw `count` people: propensity of mean 1, what of it shows, when they are seen, when in the market."""
    trait = rng.standard_normal(count)
    shown = world.covariate * trait + np.sqrt(1 - world.covariate**2) * rng.standard_normal(count)
    coming, going = rng.random(count) < world.arriving, rng.random(count) < world.leaving
    begin = np.where(coming, rng.random(count) * days * 0.9, 0.0)
    end = np.where(going, begin + (0.1 + 0.9 * rng.random(count)) * (days - begin), days)
    return People(
        propensity=np.exp(world.spread * trait - world.spread**2 / 2),
        begin=begin,
        end=end,
        score=np.round(shown, 2),
        segment=np.digitize(shown, (0.0, 1.0)).astype(np.int64),
        country=rng.integers(len(COUNTRIES), size=count),
        stays=_stays(world, begin, end, days, rng),
    )


def moments(rate: Floats, people: People, factor: float, rng: np.random.Generator) -> tuple[Whole, Floats]:
    """Draw times with `rate` a day for each person, and `factor` times that for each stay in the market."""
    stays = people.stays
    at_any = rng.poisson(rate * (people.end - people.begin))
    within = rng.poisson(rate[stays.person] * max(factor - 1, 0) * (stays.end - stays.begin))
    person = np.concatenate([np.repeat(np.arange(len(people)), at_any), np.repeat(stays.person, within)])
    begin = np.concatenate([np.repeat(people.begin, at_any), np.repeat(stays.begin, within)])
    end = np.concatenate([np.repeat(people.end, at_any), np.repeat(stays.end, within)])
    return person, begin + rng.random(len(person)) * (end - begin)


def season(world: World, time: Floats, days: float) -> Floats:
    """Return demand against the mean day's, at most `season_top`."""
    sale = np.maximum(0.0, 1 - np.abs(time / days - 0.9) / 0.1)
    swing: Floats = (1 + world.weekly * np.sin(2 * np.pi * time / 7)) * (1 + world.peak * sale)
    return swing


def season_top(world: World) -> float:
    """Return a bound of `season`."""
    return (1 + world.weekly) * (1 + world.peak)


def candidates(world: World, people: People, days: float, rng: np.random.Generator) -> Candidates:
    """Draw the moments at which conversions may happen, with their coins and values."""
    top, daily = season_top(world), world.organic / 1000 / 30
    own = 1 + world.ceiling * (1 - world.new_demand)
    person, time = moments(daily * top * own * people.propensity, people, world.market_factor, rng)
    kinds = np.zeros(len(person), dtype=np.int64)
    if world.new_demand:
        flat = np.full(len(people), daily * top * world.new_demand * world.ceiling * _mean_factor(world))
        fresh, at = moments(flat, people, 1.0, rng)
        kinds = np.concatenate([kinds, np.ones(len(fresh), dtype=np.int64)])
        person, time = np.concatenate([person, fresh]), np.concatenate([time, at])
    keep = rng.random(len(person)) * top < season(world, time, days)
    person, time, kinds = person[keep], time[keep], kinds[keep]
    order = np.lexsort((time, person))
    person, time, kinds = person[order], time[order], kinds[order]
    worth = np.exp(world.value_spread * rng.standard_normal(len(person))) * people.propensity[person] ** 0.2
    return Candidates(
        person=person,
        time=time,
        organic=np.array([1.0, 0.0])[kinds],
        lifted=np.array([1 - world.new_demand, world.new_demand])[kinds],
        bound=np.array([own, world.new_demand * world.ceiling])[kinds],
        coin=rng.random(len(person)),
        cents=np.maximum(100, np.round(100 * world.value * worth)).astype(np.int64),
        refunded=rng.random(len(person)) < world.refunded,
    )


def _mean_factor(world: World) -> float:
    """Return how many times the intensity out of the market the mean one is."""
    return 1 + (world.market_factor - 1) * open_stays(world)


def open_stays(world: World) -> float:
    """Return how many stays in the market a person has open at a time, on average."""
    return world.market_visits / 30 * world.market_days


def _stays(world: World, begin: Floats, end: Floats, days: float, rng: np.random.Generator) -> Stays:
    """Draw stays from long enough before the period that its first day is like any other."""
    before = 4 * world.market_days
    number = rng.poisson(world.market_visits / 30 * (days + before), size=len(begin))
    person = np.repeat(np.arange(len(begin)), number)
    since = rng.random(len(person)) * (days + before) - before
    until = since + rng.exponential(world.market_days, size=len(person))
    since, until = np.maximum(since, begin[person]), np.minimum(until, end[person])
    seen = until > since
    return Stays(person[seen], since[seen], until[seen])
