"""Lift: what the touches so far do to the chance of a conversion, at each candidate.

Reads  touches, candidates
Makes  pairs of a candidate and a touch before it, lifts by channel, chances

A touch's effect halves every half-life. A channel's effects add up and saturate; synergies come on top;
all together stop at the world's ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwater.sandbox.worlds.contacts import Mask, Roster, Touches
    from headwater.sandbox.worlds.demand import Candidates, Floats, Whole
    from headwater.sandbox.worlds.world import World

FADED = 12
"""Half-lives after which a touch's lift counts as gone (below 1 in 4,000)."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Each candidate with each touch before it."""

    candidate: Whole
    touch: Whole
    age: Floats
    """Days from the touch to the candidate."""

    def chosen(self, rows: Mask) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.candidate[rows], self.touch[rows], self.age[rows])


def pairs(rows: Touches, moments: Candidates, days: float) -> Pairs:
    """Pair candidates with the touches of their person before them; both are by person and time."""
    stretch = 2 * days + 100
    clock = rows.person * stretch + rows.time
    first = np.searchsorted(clock, moments.person * stretch)
    until = np.searchsorted(clock, moments.person * stretch + moments.time)
    count = until - first
    candidate = np.repeat(np.arange(len(moments)), count)
    starts = np.cumsum(count) - count
    touch = np.arange(len(candidate)) - np.repeat(starts - first, count)
    return Pairs(candidate, touch, moments.time[candidate] - rows.time[touch])


@dataclass(frozen=True, slots=True)
class Working:
    """The pairs whose touch still does something, and how much of it does."""

    pairs: Pairs
    channel: Whole
    weight: Floats

    @classmethod
    def of(cls, every: Pairs, rows: Touches, roster: Roster) -> Working:
        """Keep the pairs that matter to the chance, with their weights."""
        campaign = rows.campaign[every.touch]
        lives = every.age / roster.half_life[campaign]
        matter = (lives < FADED) & (roster.effect[campaign] > 0)
        kept, campaign = every.chosen(matter), campaign[matter]
        weight = roster.effect[campaign] * np.exp2(-lives[matter])
        return cls(kept, rows.channel[kept.touch], weight)


def lift(world: World, stock: Floats) -> Floats:
    """Return the lift at each candidate from what each channel's touches add up to (candidate x channel)."""
    by_channel = np.empty_like(stock)
    for number, channel in enumerate(world.channels):
        most = channel.saturation
        by_channel[:, number] = (
            stock[:, number] if most is None else most * -np.expm1(-stock[:, number] / most)
        )
    together = by_channel.sum(axis=1)
    for synergy in world.synergies:
        one, other = world.numbered(synergy.one), world.numbered(synergy.other)
        together += synergy.effect * np.sqrt(by_channel[:, one] * by_channel[:, other])
    limited: Floats = np.minimum(together, world.ceiling)
    return limited


def stock(working: Working, there: Mask, count: int, channels: int) -> Floats:
    """Return what the touches that are there add up to, by candidate and channel."""
    place = working.pairs.candidate * channels + working.channel
    weights = working.weight * there[working.pairs.touch]
    summed: Floats = np.bincount(place, weights=weights, minlength=count * channels).astype(np.float64)
    return summed.reshape(count, channels)
