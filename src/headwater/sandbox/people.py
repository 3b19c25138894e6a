"""People: who comes to the simulated shop, when and which way; pure data from a seed.

Makes  visits, in time order, each with the true person behind it

One person has one to eight visits over days, on one to three devices. The same seed and end give the same
visits; person number n is the same whoever else is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from headwater.sandbox.market import ARRIVALS, PRODUCTS, Arrival, Product

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

MOST_VISITS = 8
HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 11, 12, 11, 10, 10, 11, 12, 14, 16, 16, 13, 8, 3)
"""How busy each hour of the day is, UTC."""

NAMES = (
    "ada",
    "bo",
    "cy",
    "dana",
    "eli",
    "fern",
    "gus",
    "hana",
    "ivo",
    "june",
    "kai",
    "lena",
    "milo",
    "nora",
    "otis",
    "pia",
    "quin",
    "rosa",
    "sven",
    "tess",
    "uma",
    "vik",
    "wren",
    "xena",
    "yuki",
    "zoe",
)
MAILBOXES = ("post.example", "mailbox.example", "letters.example")
AGENTS = (
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " Version/18.6 Mobile/15E148 Safari/604.1"
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0"
        " Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0"
        " Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.6 Safari/605.1.15"
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser that the shop can recognise."""

    anonymous_id: str
    agent: str
    clock_error: timedelta
    """How far its clock is ahead of the true time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The one behind the visits: the truth."""

    number: int
    user_id: str
    email: str
    devices: tuple[Device, ...]
    is_business: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit of one person, and what it leads to."""

    at: datetime
    person: Person
    device: Device
    arrival: Arrival
    deed: str
    """browse, cart, checkout, order, newsletter or demo: how far the visit gets."""
    basket: tuple[Product, ...]
    refunded: float
    """Share of the order that is given back some days later; 0 for most."""
    seed: str
    """Seed of everything that is random within the visit."""


def person(number: int, *, seed: int) -> Person:
    """Return person `number` of the world that `seed` describes."""
    rng = Random(f"person {seed} {number}")  # noqa: S311 (a simulation, not a secret)
    name = f"{rng.choice(NAMES)}.{rng.choice(NAMES)}{number}"
    devices = tuple(_device(rng) for _ in range(rng.choices((1, 2, 3), (62, 31, 7))[0]))
    return Person(
        number=number,
        user_id=f"cus_{seed}_{number:06d}",
        email=f"{name}@{rng.choice(MAILBOXES)}",
        devices=devices,
        is_business=rng.random() < 0.06,
    )


def visits(who: Person, *, start: datetime, seed: int) -> list[Visit]:
    """Return all visits of one person, oldest first, the first one on the day of `start`."""
    rng = Random(f"visits {seed} {who.number}")  # noqa: S311 (as above)
    count = min(MOST_VISITS, 1 + sum(1 for _ in range(MOST_VISITS) if rng.random() < 0.22))
    ways = [_arrival(rng, who, is_first=place == 0) for place in range(count)]
    deeds = _deeds(rng, who, ways)
    at = _busy_hour(rng, start)
    planned = []
    for place, (way, deed) in enumerate(zip(ways, deeds, strict=True)):
        device = who.devices[0] if place == 0 else rng.choice(who.devices)
        planned.append(
            Visit(
                at=at,
                person=who,
                device=device,
                arrival=way,
                deed=deed,
                basket=tuple(rng.choices(PRODUCTS, k=rng.choices((1, 2, 3), (6, 3, 1))[0])),
                refunded=rng.choice((1.0, 1.0, 0.5)) if rng.random() < 0.07 else 0.0,
                seed=f"{seed} {who.number} {place}",
            )
        )
        at = _busy_hour(rng, at + timedelta(hours=6) + timedelta(days=rng.expovariate(1 / 2.6)))
    return planned


def history(*, seed: int, persons: int, since: datetime, until: datetime) -> list[Visit]:
    """Return the visits of `persons` persons who first came between `since` and `until`, in time order.

    Visits after `until` are in the list as well: the journeys that are still open.
    """
    rng = Random(f"history {seed}")  # noqa: S311 (as above)
    span = until - since
    # Growth: somewhat more persons begin late than early.
    starts = [since + span * (rng.random() ** 0.85) for _ in range(persons)]
    planned = [
        visit
        for number, start in enumerate(starts)
        for visit in visits(person(number, seed=seed), start=start, seed=seed)
    ]
    return sorted(planned, key=lambda visit: (visit.at, visit.seed))


def newcomers(*, seed: int, number: int, at: datetime) -> Iterator[list[Visit]]:
    """Yield the journeys of ever new persons, from person `number` on, each to begin about `at`."""
    while True:
        yield visits(person(number, seed=seed), start=at, seed=seed)
        number += 1


def _device(rng: Random) -> Device:
    off = rng.choice((-420, 95, 3600)) if rng.random() < 0.04 else 0
    return Device(
        anonymous_id=f"{rng.getrandbits(128):032x}",
        agent=rng.choice(AGENTS),
        clock_error=timedelta(seconds=off),
    )


def _arrival(rng: Random, who: Person, *, is_first: bool) -> Arrival:
    weights = [way.first if is_first else way.again for way in ARRIVALS]
    if who.is_business:
        weights = [
            weight * (12 if way.platform == "linkedin" else 1)
            for weight, way in zip(weights, ARRIVALS, strict=True)
        ]
    return rng.choices(ARRIVALS, weights)[0]


def _deeds(rng: Random, who: Person, ways: list[Arrival]) -> list[str]:
    """Decide what each visit leads to; the more visits and the better the ways, the likelier an order."""
    chance = 0.022 * (1 + 0.55 * (len(ways) - 1))
    for way in ways:
        chance *= way.pull
    deeds = [rng.choices(("browse", "cart", "checkout"), (80, 15, 5))[0] for _ in ways]
    if rng.random() < min(chance, 0.8):
        deeds[-1] = "order"
    elif who.is_business and rng.random() < 0.35:
        deeds[-1] = "demo"
    mailed = next((place for place, way in enumerate(ways) if way.channel == "email"), None)
    if mailed is not None and deeds[mailed - 1] != "order":
        deeds[mailed - 1] = "newsletter"  # nobody gets letters who has not asked for them
    elif rng.random() < 0.03 and deeds[0] == "browse":
        deeds[0] = "newsletter"
    return deeds


def _busy_hour(rng: Random, at: datetime) -> datetime:
    """Move `at` forward, by less than a day, to an hour at which people shop."""
    hour = rng.choices(range(24), HOURS)[0]
    minute = timedelta(minutes=rng.randrange(60), seconds=rng.randrange(60))
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=(hour - at.hour) % 24) + minute
