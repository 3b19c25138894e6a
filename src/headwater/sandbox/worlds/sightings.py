"""Sightings: what the business gets to see of a block of people: cookies, bots, late reports, refunds.

Reads  touches, conversions and people as they truly are
Makes  the rows of touchpoints, conversions, refunds, persons, and whose each identifier is

Nothing here changes what happens; it only changes what is written down of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.sandbox.worlds.demand import COUNTRIES, SEGMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headwater.sandbox.worlds.demand import Floats, People, Whole
    from headwater.sandbox.worlds.truth import Block
    from headwater.sandbox.worlds.world import World

    Columns = dict[str, NDArray[Any]]

MOST_DEVICES, MOST_COOKIES = 9, 1000
SPREADER = np.uint64(0x9E3779B97F4A7C15)
"""An odd number: multiplying by it scatters identifiers, and no two meet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Columns by file, as numbers; `writing` gives them their types."""

    touches: Columns
    conversions: Columns
    persons: Columns


def seen(block: Block, people: People, numbers: Whole, bots: Whole, rng: np.random.Generator) -> Seen:
    """Return what is seen of the block; `numbers` are its persons' numbers in the market, `bots` those of bots."""
    world = block.world
    rows = block.touches
    visits = _bot_touches(block, len(bots), rng)
    happened = np.flatnonzero(block.course.happens)
    converted, at = block.candidates.person[happened], block.candidates.time[happened]
    person = np.concatenate([rows.person, visits["person"] + len(people)])
    time = np.concatenate([rows.time, visits["time"]])
    everyone = np.concatenate([numbers, bots])
    if world.once:  # who has bought is a customer, and nobody's target
        ends = people.end.copy()
        ends[converted] = at
        still = rows.time <= ends[rows.person]
        chosen = np.concatenate([still, np.ones(len(visits["time"]), dtype=np.bool_)])
    else:
        ends, chosen = people.end, np.ones(len(person), dtype=np.bool_)
    cookies = _Cookies(world, everyone, rng)
    touches: Columns = {
        "person": cookies.of(person, time)[chosen],
        "is_cookie": cookies.is_cookie[person][chosen],
        "time": time[chosen],
        "campaign": np.concatenate([rows.campaign, visits["campaign"]])[chosen],
        "is_visit": np.concatenate([rows.is_visit, np.ones(len(visits["time"]), dtype=np.bool_)])[chosen],
    }
    is_late = rng.random(len(at)) < world.late
    conversions: Columns = {
        "candidate": happened,
        "person": cookies.of(converted, at),
        "is_cookie": cookies.is_cookie[converted],
        "time": at,
        "reported": at + is_late * rng.exponential(world.late_days, size=len(at)),
        "cents": block.candidates.cents[happened],
        "is_refunded": block.candidates.refunded[happened],
        "returned": at + 2 + rng.exponential(6.0, size=len(at)),
    }
    persons = _persons(world, people, ends, len(bots), rng)
    identifiers = _identifiers(cookies, touches["person"], person[chosen], conversions["person"], converted)
    owner = identifiers["owner"]
    return Seen(
        touches,
        conversions,
        {name: column[owner] for name, column in persons.items()}
        | {
            "person": identifiers["person"],
            "is_cookie": cookies.is_cookie[owner],
            "true_person": everyone[owner],
        },
    )


class _Cookies:
    """Gives each sighting the identifier under which it is known."""

    def __init__(self, world: World, numbers: Whole, rng: np.random.Generator) -> None:
        """Draw the devices and the lives of cookies of everyone, bots among them."""
        count = len(numbers)
        self.world, self.numbers, self.rng = world, numbers, rng
        self.is_split = world.devices > 1 or world.cookie_days > 0
        self.devices = np.minimum(1 + rng.poisson(max(world.devices - 1, 0.0), size=count), MOST_DEVICES)
        self.is_known = rng.random(count) < world.known
        self.is_cookie = ~self.is_known if self.is_split else np.zeros(count, dtype=np.bool_)
        self.life = rng.gamma(2.0, max(world.cookie_days, 1.0) / 2, size=count) + 0.5
        self.phase = rng.random(count)

    def of(self, person: Whole, time: Floats) -> Whole:
        """Return the identifier of each sighting."""
        if not self.is_split:
            return self.numbers[person]
        device = (self.rng.random(len(person)) * self.devices[person]).astype(np.int64)
        worn = time / self.life[person] + self.phase[person] + device * 0.37
        cookie = np.floor(worn).astype(np.int64) if self.world.cookie_days else np.zeros_like(device)
        return self._code(person, device, cookie)

    def first(self, person: Whole) -> Whole:
        """Return the identifier of persons of whom nothing was seen but that they exist."""
        none = np.zeros(len(person), dtype=np.int64)
        return self._code(person, none, none) if self.is_split else self.numbers[person]

    def _code(self, person: Whole, device: Whole, cookie: Whole) -> Whole:
        split = np.where(self.is_known[person], 0, 1 + device * MOST_COOKIES + cookie % MOST_COOKIES)
        plain = self.numbers[person] * (MOST_DEVICES + 1) * MOST_COOKIES + split
        scattered = (plain.astype(np.uint64) * SPREADER) >> np.uint64(1)
        return scattered.astype(np.int64)


def _bot_touches(block: Block, bots: int, rng: np.random.Generator) -> Columns:
    """Draw the clicks of bots: each likes one campaign that somebody pays for."""
    paid = np.array([channel.cents > 0 for channel in block.world.channels], dtype=np.bool_)
    liked = np.flatnonzero(paid[block.roster.channel])
    count = rng.poisson(block.world.bot_touches, size=bots)
    person = np.repeat(np.arange(bots), count)
    favourite = liked[rng.integers(len(liked), size=bots)] if bots else np.zeros(0, dtype=np.int64)
    time = rng.random(len(person)) * block.days
    order = np.lexsort((time, person))
    return {"person": person, "time": time[order], "campaign": favourite[person]}


def _persons(world: World, people: People, ends: Floats, bots: int, rng: np.random.Generator) -> Columns:
    """Return what is known of everyone; bots look like anybody."""
    del world
    trait = np.round(rng.standard_normal(bots), 2)
    return {
        "begin": np.concatenate([people.begin, np.zeros(bots)]),
        "end": np.concatenate([ends, np.full(bots, people.end.max(initial=0.0))]),
        "score": np.concatenate([people.score, trait]),
        "segment": np.concatenate([people.segment, rng.integers(len(SEGMENTS), size=bots)]),
        "country": np.concatenate([people.country, rng.integers(len(COUNTRIES), size=bots)]),
        "is_bot": np.concatenate([np.zeros(len(people)), np.ones(bots)]).astype(np.bool_),
    }


def _identifiers(
    cookies: _Cookies, touched: Whole, toucher: Whole, converted: Whole, converter: Whole
) -> dict[str, Whole]:
    """Return every identifier once, with its owner; who was never seen has one all the same."""
    everyone = np.arange(len(cookies.numbers))
    if not cookies.is_split:
        return {"person": cookies.numbers, "owner": everyone}
    unseen = np.setdiff1d(everyone, np.concatenate([toucher, converter]))
    codes = np.concatenate([touched, converted, cookies.first(unseen)])
    owners = np.concatenate([toucher, converter, unseen])
    unique, place = np.unique(codes, return_index=True)
    owner = owners[place]
    order = np.lexsort((unique, owner))
    return {"person": unique[order], "owner": owner[order]}
