"""Truth: what each channel and campaign brings, by simulating the same people without it.

Reads  touches, candidates and coins of a block of people
Makes  chances and conversions with everything on, and the differences when something is off

Two answers stand side by side. `realised`: the conversions of this very market that would not have been,
coin for coin. `expected`: the sum of the differences of chances, free of the luck of the coins, which
is what a model is to be held against. Its error is that of the draw of persons, touches and candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headwater.sandbox.worlds.contacts import Roster, alive
from headwater.sandbox.worlds.lift import Pairs, Working, lift, pairs, stock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.sandbox.worlds.contacts import Mask, Touches
    from headwater.sandbox.worlds.demand import Candidates, Floats, Whole
    from headwater.sandbox.worlds.world import World

SUMS = ("conversions", "squares", "value", "value_squares", "realised", "realised_value")
"""Columns of the sums of differences by switch, over persons; money in cents."""


@dataclass(frozen=True, slots=True)
class Course:
    """How it goes under one set of switches, at each candidate."""

    chance: Floats
    """Expected conversions; where each person converts once, the chance that this is the one."""
    happens: Mask


@dataclass(frozen=True, slots=True)
class Block:
    """A block of people, ready to be run with and without channels."""

    world: World
    roster: Roster
    days: float
    touches: Touches
    near: Touches
    """The touches of persons who may convert at all; nobody else can make a difference."""
    candidates: Candidates
    every: Pairs
    """Of `near` and the candidates."""
    working: Working
    stock: Floats
    chance: Floats
    """Of each candidate with everything on, whatever came before it."""
    course: Course
    """With everything on."""

    @classmethod
    def of(cls, world: World, rows: Touches, moments: Candidates, days: float) -> Block:
        """Run the block with everything on."""
        roster = Roster.of(world)
        may_convert = np.zeros(
            max(rows.person.max(initial=0), moments.person.max(initial=0)) + 1, dtype=np.bool_
        )
        may_convert[moments.person] = True
        near = rows.chosen(may_convert[rows.person])
        every = pairs(near, moments, days)
        working = Working.of(every, near, roster)
        on = stock(working, np.ones(len(near), dtype=np.bool_), len(moments), len(world.channels))
        chance = moments.chance(lift(world, on))
        course = _course(world, moments, chance)
        return cls(world, roster, days, rows, near, moments, every, working, on, chance, course)

    def without(self, off: Mask) -> Course:
        """Run it without the touches of `off` among those near; only candidates that lose a touch are worked out anew."""
        there = alive(self.near, off, self.roster, self.days)
        lost = ~there[self.working.pairs.touch]
        hit = np.zeros(len(self.candidates), dtype=np.bool_)
        hit[self.working.pairs.candidate[lost]] = True
        rows = np.flatnonzero(hit)
        moved = np.zeros(len(hit), dtype=np.int64)
        moved[rows] = np.arange(len(rows))
        gone = Working(
            Pairs(
                moved[self.working.pairs.candidate[lost]],
                self.working.pairs.touch[lost],
                self.working.pairs.age[lost],
            ),
            self.working.channel[lost],
            self.working.weight[lost],
        )
        channels = len(self.world.channels)
        all_gone = stock(gone, np.ones(len(self.near), dtype=np.bool_), len(rows), channels)
        left = np.maximum(self.stock[rows] - all_gone, 0.0)
        chance = self.chance.copy()
        chance[rows] = self.candidates.chance(lift(self.world, left), rows)
        return _course(self.world, self.candidates, chance)

    def switches(self) -> Iterator[tuple[str, str, Mask]]:
        """Yield (channel, campaign, touches to switch off): all paid, each channel, each of its campaigns.

        Direct is nobody's to switch off: what it does is organic, and what brings it about takes it along.
        """
        paid = np.array([channel.is_paid for channel in self.world.channels], dtype=np.bool_)
        yield "", "", paid[self.near.channel]
        for number, channel in enumerate(self.world.channels):
            if not channel.is_paid:
                continue
            yield channel.name, "", self.near.channel == number
            for place in np.flatnonzero(self.roster.channel == number):
                if self.roster.names[place]:
                    yield channel.name, self.roster.names[place], self.near.campaign == place

    def differences(self) -> dict[tuple[str, str], Floats]:
        """Return the sums of `SUMS` by switch: with everything on, less without."""
        return {
            (channel, campaign): self._difference(self.without(off))
            for channel, campaign, off in self.switches()
        }

    def _difference(self, other: Course) -> Floats:
        cents = np.where(self.candidates.refunded, 0, self.candidates.cents).astype(np.float64)
        more = self.course.chance - other.chance
        changed = (self.course.happens.astype(np.int64) - other.happens.astype(np.int64)).astype(np.float64)
        person = self.candidates.person
        by_person = np.bincount(person, weights=more)
        worth = np.bincount(person, weights=more * cents)
        return np.array(
            [
                by_person.sum(), (by_person**2).sum(), worth.sum(), (worth**2).sum(),
                changed.sum(), (changed * cents).sum(),
            ]
        )  # fmt: skip


def _course(world: World, moments: Candidates, chance: Floats) -> Course:
    """Return how it goes at these chances; where each converts once, what comes after the first is void."""
    happens = moments.coin < chance
    if not world.once or not len(moments):
        return Course(chance, happens)
    starts = first_rows(moments.person)
    stays = np.log1p(-np.minimum(chance, 1 - 1e-12))
    before = np.cumsum(stays) - stays
    unbought = np.exp(before - np.repeat(before[starts], np.diff([*starts, len(chance)])))
    earlier: Whole = np.cumsum(happens) - happens
    is_first: Mask = earlier == np.repeat(earlier[starts], np.diff([*starts, len(chance)]))
    return Course(chance * unbought, happens & is_first)


def first_rows(person: Whole) -> Whole:
    """Return the row with which each person begins; `person` is sorted."""
    return np.flatnonzero(np.diff(person, prepend=-1))


def standard_error(total: Floats, squares: Floats, persons: int) -> Floats:
    """Return the standard error of a sum over `persons` draws from the sum and that of the squares."""
    error: Floats = np.sqrt(np.maximum(squares - total**2 / max(persons, 1), 0.0))
    return error
