"""Simulation: run a world block by block, with truth, experiments and what the platforms bill.

Reads  a world, the number of persons, a seed, the days of the period
Makes  outcomes of blocks, in order, and the totals of a market

Each block has random streams of its own, named by world, seed and block, so a market is the same whatever
the number of threads, and the first blocks of a larger market are those of a smaller one.
"""

from __future__ import annotations

import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from headwater.contract.errors import UsageError
from headwater.sandbox.worlds.contacts import touches
from headwater.sandbox.worlds.demand import candidates, people
from headwater.sandbox.worlds.holdout import Holdout, holdouts, tested
from headwater.sandbox.worlds.sightings import seen
from headwater.sandbox.worlds.truth import SUMS, Block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from headwater.sandbox.worlds.demand import Floats, People
    from headwater.sandbox.worlds.sightings import Seen
    from headwater.sandbox.worlds.world import World

BLOCK = 50_000
"""Persons that are worked on together: what the caches like."""
CLAIM_DAYS = 7
"""A platform claims each conversion that it touched within so many days, as platforms do."""
MARKET, TWIN = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate."""

    world: World
    persons: int = 100_000
    seed: int = 1
    days: int = 60
    experiments: int = 1
    """Size of the experiments in markets like this one; 0: there are none."""

    def __post_init__(self) -> None:
        """Refuse a market of nobody or of no time."""
        if self.persons < 1 or self.days < 1:
            raise UsageError(
                f"A market of {self.persons} persons over {self.days} days has nothing in it.",
                hint="take 1 or more of both.",
            )

    @property
    def blocks(self) -> int:
        """Number of blocks of people."""
        return -(-self.persons // BLOCK)

    def size(self, block: int) -> int:
        """Return the number of persons in a block."""
        return min(BLOCK, self.persons - block * BLOCK)

    def stream(self, block: int, market: int) -> np.random.Generator:
        """Return the block's random stream, of the market or of its twin."""
        return np.random.default_rng([self.seed, zlib.crc32(self.world.name.encode()), block, market])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one block of people brings."""

    number: int
    seen: Seen
    differences: dict[tuple[str, str], Floats]
    totals: Floats
    """The columns of `SUMS`, of what happens with everything on."""
    bills: Floats
    """By day, campaign: touches, clicks, conversions claimed, their value in cents."""
    touched: Floats
    """Touches of persons, by campaign."""
    holdouts: dict[str, Holdout]


@dataclass(slots=True)
class Sums:
    """The totals of a market, block by block."""

    plan: Plan
    differences: dict[tuple[str, str], Floats] = field(default_factory=dict)
    totals: Floats = field(default_factory=lambda: np.zeros(len(SUMS)))
    bills: Floats = field(init=False)
    touched: Floats = field(init=False)
    holdouts: dict[str, Holdout] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        campaigns = sum(len(channel.campaigns) for channel in self.plan.world.channels)
        self.bills = np.zeros((self.plan.days, campaigns, 4))
        self.touched = np.zeros(campaigns)
        self.holdouts = {name: Holdout() for name in tested(self.plan.world)}

    def add(self, outcome: Outcome) -> None:
        """Take in a block."""
        for key, sums in outcome.differences.items():
            self.differences[key] = self.differences.get(key, np.zeros(len(SUMS))) + sums
        self.totals += outcome.totals
        self.bills += outcome.bills
        self.touched += outcome.touched
        for name, one in outcome.holdouts.items():
            self.holdouts[name].add(one)


def outcomes(plan: Plan, *, threads: int = 2) -> Iterator[Outcome]:
    """Yield the blocks of a market in order; a few are worked on ahead."""
    waiting: deque[Future[Outcome]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for number in range(plan.blocks):
            waiting.append(pool.submit(outcome, plan, number))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def outcome(plan: Plan, number: int) -> Outcome:
    """Simulate one block of the market, and of its twin where there are experiments."""
    rng = plan.stream(number, MARKET)
    crowd, block = _block(plan, number, rng)
    bots = round(plan.world.bots * len(crowd))
    first = number * (BLOCK + round(plan.world.bots * BLOCK)) + 1
    numbers = first + np.arange(len(crowd) + bots)
    visible = seen(block, crowd, numbers[: len(crowd)], numbers[len(crowd) :], rng)
    trials = {name: Holdout() for name in tested(plan.world)}
    for twin in range(plan.experiments):
        other = plan.stream(number, TWIN + twin)
        for name, one in holdouts(_block(plan, number, other)[1], other).items():
            trials[name].add(one)
    return Outcome(
        number=number,
        seen=visible,
        differences=block.differences(),
        totals=_totals(block),
        bills=_bills(plan, block, visible),
        touched=np.bincount(block.touches.campaign, minlength=len(block.roster.names)).astype(np.float64),
        holdouts=trials,
    )


def _block(plan: Plan, number: int, rng: np.random.Generator) -> tuple[People, Block]:
    days = float(plan.days)
    crowd = people(plan.world, plan.size(number), days, rng)
    moments = candidates(plan.world, crowd, days, rng)
    return crowd, Block.of(plan.world, touches(plan.world, crowd, days, rng), moments, days)


def _totals(block: Block) -> Floats:
    cents = np.where(block.candidates.refunded, 0, block.candidates.cents).astype(np.float64)
    chance = block.course.chance
    by_person = np.bincount(block.candidates.person, weights=chance)
    worth = np.bincount(block.candidates.person, weights=chance * cents)
    happens = block.course.happens
    return np.array(
        [
            by_person.sum(), (by_person**2).sum(), worth.sum(), (worth**2).sum(),
            happens.sum(), cents[happens].sum(),
        ]
    )  # fmt: skip


def _bills(plan: Plan, block: Block, visible: Seen) -> Floats:
    """Return what the platforms count: touches, clicks, and the conversions that each claims."""
    campaigns = len(block.roster.names)
    size = plan.days * campaigns
    day = np.minimum(visible.touches["time"].astype(np.int64), plan.days - 1)
    place = day * campaigns + visible.touches["campaign"]
    claimed = block.every.chosen(
        block.course.happens[block.every.candidate] & (block.every.age <= CLAIM_DAYS)
    )
    once = np.unique(claimed.candidate * campaigns + block.near.campaign[claimed.touch])
    candidate, campaign = once // campaigns, once % campaigns
    at = block.candidates.time[candidate].astype(np.int64) * campaigns + campaign
    columns = (
        np.bincount(place, minlength=size),
        np.bincount(place, weights=visible.touches["is_visit"], minlength=size),
        np.bincount(at, minlength=size),
        np.bincount(at, weights=block.candidates.cents[candidate], minlength=size),
    )
    return np.stack(columns, axis=1).reshape(plan.days, campaigns, 4).astype(np.float64)
