"""Holdout: one simulated experiment for each paid pull channel, as the business would run it.

Reads  blocks of a twin market: the same world, other people
Makes  an estimate of the channel's increment in the period, with its standard error

Of the persons whom the channel was about to meet, a random half is not met (a ghost-ads design: both
halves are persons of the same kind). The twin makes the estimate independent of the market's own files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwater.sandbox.worlds.contacts import Mask
    from headwater.sandbox.worlds.demand import Floats, Whole
    from headwater.sandbox.worlds.truth import Block
    from headwater.sandbox.worlds.world import World


@dataclass(slots=True)
class Holdout:
    """Sums by half: persons, conversions, squares of conversions."""

    met: Floats = field(default_factory=lambda: np.zeros(3))
    held: Floats = field(default_factory=lambda: np.zeros(3))

    def add(self, other: Holdout) -> None:
        """Take in what another block of people brought."""
        self.met += other.met
        self.held += other.held

    @property
    def incremental(self) -> float:
        """Conversions that the channel brings in the whole market in the period."""
        people = self.met[0] + self.held[0]
        return (
            float(people * (self.met[1] / self.met[0] - self.held[1] / self.held[0])) if self.is_run else 0.0
        )

    @property
    def standard_error(self) -> float:
        """Standard error of `incremental`, from the variance of conversions within each half."""
        people = self.met[0] + self.held[0]
        parts = [(s / n - (c / n) ** 2) / n for n, c, s in (self.met, self.held)] if self.is_run else [0.0]
        return float(people * np.sqrt(max(sum(parts), 0.0)))

    @property
    def is_run(self) -> bool:
        """Whether there was anybody in both halves."""
        return bool(self.met[0] and self.held[0])


def tested(world: World) -> list[str]:
    """Return the channels that get an experiment."""
    return [channel.name for channel in world.channels if channel.role == "pull" and channel.is_paid]


def holdouts(block: Block, rng: np.random.Generator) -> dict[str, Holdout]:
    """Run the experiments on one block of people."""
    found = {}
    size = int(block.touches.person.max(initial=-1)) + 1
    for name in tested(block.world):
        number = block.world.numbered(name)
        about_to_be_met = np.unique(block.touches.person[block.touches.channel == number])
        is_held = rng.random(len(about_to_be_met)) < 0.5
        without = block.without(block.near.channel == number)
        found[name] = Holdout(
            met=_sums(block, block.course.happens, about_to_be_met[~is_held], size),
            held=_sums(block, without.happens, about_to_be_met[is_held], size),
        )
    return found


def _sums(block: Block, happens: Mask, persons: Whole, size: int) -> Floats:
    person = block.candidates.person[happens]
    count = np.bincount(person, minlength=max(size, int(person.max(initial=-1)) + 1))[persons]
    return np.array([len(persons), count.sum(), (count**2).sum()], dtype=np.float64)
