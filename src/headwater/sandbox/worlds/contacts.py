"""Contacts: the touches of a block of people, and which of them would be with a channel switched off.

Reads  a world, its people, a random stream
Makes  touches by person and time, each with what brought it about

Touches are drawn once. Switched off, a channel's own touches vanish, and with them those that they had
caused and the retargeting that no other visit opens; all others stay to the second.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.sandbox.worlds.demand import moments, open_stays, season, season_top

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headwater.sandbox.worlds.demand import Floats, People, Whole
    from headwater.sandbox.worlds.world import World

    Mask = NDArray[np.bool_]

ROOT, CHILD, GRANDCHILD, GATED, AFTERMATH = range(5)
"""How a touch came about: by itself, by one that did, by such a one, by a visit, by one of those."""


@dataclass(frozen=True, slots=True)
class Touches:
    """Touches by person and time; `campaign` counts through all channels."""

    person: Whole
    time: Floats
    channel: Whole
    campaign: Whole
    kind: Whole
    parent: Whole
    """Row of the touch that caused it, or -1."""
    is_visit: Mask

    def __len__(self) -> int:
        return len(self.person)

    def chosen(self, rows: Mask | Whole) -> Touches:
        """Return some rows, in the order given; a parent must be among them if its child is."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        moved = np.full(len(self) + 1, -1, dtype=np.int64)
        moved[places] = np.arange(len(places))
        given = {field.name: getattr(self, field.name)[places] for field in fields(self)}
        return Touches(**given | {"parent": moved[given["parent"]]})


@dataclass(frozen=True, slots=True)
class Roster:
    """The campaigns of a world in one row: channel, half-life and effect of each."""

    names: tuple[str, ...]
    channel: Whole
    effect: Floats
    half_life: Floats
    gate: Floats
    """By channel: days after a visit in which it may meet the person; 0: no gate."""

    @classmethod
    def of(cls, world: World) -> Roster:
        """Return the campaigns of the world, numbered channel by channel."""
        rows = [(n, one, campaign) for n, one in enumerate(world.channels) for campaign in one.campaigns]
        return cls(
            names=tuple(campaign.name for _, _, campaign in rows),
            channel=np.array([number for number, _, _ in rows], dtype=np.int64),
            effect=np.array([one.effect * campaign.strength for _, one, campaign in rows], dtype=np.float64),
            half_life=np.array([one.half_life for _, one, _ in rows], dtype=np.float64),
            gate=np.array([one.after_visit or 0.0 for one in world.channels], dtype=np.float64),
        )


def touches(world: World, people: People, days: float, rng: np.random.Generator) -> Touches:
    """Draw the touches that happen with every channel on, ordered by person and time."""
    drawn = [_met(world, number, people, days, rng) for number in range(len(world.channels))]
    rows = Touches(*(np.concatenate(parts) for parts in zip(*drawn, strict=True))) if drawn else _none()
    for made in (CHILD, GRANDCHILD, AFTERMATH):
        rows = _caused(world, rows, made, people, days, rng)
    rows = rows.chosen(np.lexsort((rows.time, rows.person)))
    return rows.chosen(alive(rows, np.zeros(len(rows), dtype=np.bool_), Roster.of(world), days))


def alive(rows: Touches, off: Mask, roster: Roster, days: float) -> Mask:
    """Return which touches happen when those of `off` do not; `rows` are ordered by person and time."""
    there = ~off
    for kind in (CHILD, GRANDCHILD):
        made = np.flatnonzero(rows.kind == kind)
        there[made] &= there[rows.parent[made]]
    gated = np.flatnonzero(rows.kind == GATED)
    if len(gated):
        clock = rows.person * (2 * days + 100) + rows.time
        opens = rows.is_visit & (rows.kind < GATED) & there
        last = np.maximum.accumulate(np.where(opens, clock, -np.inf))
        there[gated] &= clock[gated] - last[gated] <= roster.gate[rows.channel[gated]]
        made = np.flatnonzero(rows.kind == AFTERMATH)
        there[made] &= there[rows.parent[made]]
    return there


def _met(
    world: World, number: int, people: People, days: float, rng: np.random.Generator
) -> tuple[NDArray[np.generic], ...]:
    """Draw the touches of one channel that nothing but chance and targeting brings about."""
    channel = world.channels[number]
    power, spread = channel.propensity, world.spread
    usual = np.exp(spread**2 * power * (power - 1) / 2) * (1 + (channel.intent - 1) * open_stays(world))
    top = season_top(world) if world.spend_follows else 1.0
    rate = channel.touches / 30 / usual * top * people.propensity**power
    person, time = moments(rate, people, channel.intent, rng)
    if world.spend_follows:
        keep = rng.random(len(person)) * top < season(world, time, days)
        person, time = person[keep], time[keep]
    campaign, in_flight = _campaign(world, number, time, days, rng)
    kind = GATED if channel.after_visit is not None else ROOT
    rows = (
        person,
        time,
        np.full(len(person), number),
        campaign,
        np.full(len(person), kind),
        np.full(len(person), -1),
        rng.random(len(person)) < channel.click,
    )
    return tuple(column[in_flight] for column in rows)


def _campaign(
    world: World, number: int, time: Floats, days: float, rng: np.random.Generator
) -> tuple[Whole, Mask]:
    """Draw the campaign of each touch, and say whether its flight is on at the time."""
    offered = world.channels[number].campaigns
    ends = np.cumsum([campaign.share for campaign in offered])
    place = np.minimum(
        np.searchsorted(ends / ends[-1], rng.random(len(time)), side="right"), len(offered) - 1
    )
    since = np.array([campaign.since for campaign in offered])[place] * days
    until = np.array([campaign.until for campaign in offered])[place] * days
    first = sum(len(channel.campaigns) for channel in world.channels[:number])
    return place + first, (time >= since) & (time <= until)


def _caused(
    world: World, rows: Touches, made: int, people: People, days: float, rng: np.random.Generator
) -> Touches:
    """Add the touches that those of the kind before `made` bring about."""
    parts = [rows]
    for cause in world.causes:
        source, target = world.numbered(cause.cause), world.numbered(cause.outcome)
        parents = np.flatnonzero((rows.kind == made - 1) & (rows.channel == source))
        parents = parents[rng.random(len(parents)) < cause.chance]
        time = rows.time[parents] + rng.exponential(cause.days, size=len(parents))
        campaign, in_flight = _campaign(world, target, time, days, rng)
        visit = rng.random(len(parents)) < world.channels[target].click
        seen = in_flight & (time < people.end[rows.person[parents]])
        alike = np.ones(len(parents), dtype=np.int64)
        columns = (rows.person[parents], time, alike * target, campaign, alike * made, parents, visit)
        parts.append(_some(columns, seen))
    return Touches(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in Touches.__slots__}
    )


def _some(columns: tuple[NDArray[Any], ...], rows: Mask) -> Touches:
    person, time, channel, campaign, kind, parent, is_visit = (column[rows] for column in columns)
    return Touches(person, time, channel, campaign, kind, parent, is_visit)


def _none() -> Touches:
    whole = np.zeros(0, dtype=np.int64)
    return Touches(whole, whole.astype(np.float64), whole, whole, whole, whole, whole.astype(np.bool_))
