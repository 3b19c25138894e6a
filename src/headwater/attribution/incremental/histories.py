"""Histories: persons, their touches and their conversions as arrays, and exposure at any moment.

Reads  flat arrays, sorted by person
Makes  how strongly each channel's touches bear on given moments: what the fit sees of a person

Times are days from a common origin. A touch weighs 2^(-age / half-life): one half-life after it, a half.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headwater.attribution.spans import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.floating]
    Whole = npt.NDArray[np.integer]

PAST = (0.75, 3.0, 10.0)
"""Half-lives, in days, of what a touch may do after it; each channel gets its own mix of them."""
AROUND = (0.75, 3.0, 10.0)
"""Half-lives, in days, of what a touch tells of the person's want before and after it."""
HORIZON = 40.0
"""Days on either side beyond which a touch is not looked at: four of the longest half-lives."""
SETTLING_DAYS = 15.0
"""Added to the days a person was seen, so that a short stay does not make a high rate."""
MOST_TICKS = 48
"""Times of day; where all conversions lie on no more of them, they have been rounded,"""
LEAST_ON_A_TICK = 4
"""unless there are hardly more conversions than times of day."""
MICROS = 86_400_000_000
"""Microseconds of a day."""
GOLDEN, OTHER = 0.6180339887498949, 0.4142135623730951
"""Parts of whole numbers whose multiples fill the way from 0 to 1 evenly: of pieces, and of persons."""
PHASES = 2**31 - 1
"""Phases follow from what is left of a number after division by it: larger ones have no digits left for them."""
SHORTEST = 1e-9
"""Days; no piece is shorter."""
LENGTHS = 4
"""Lengths that a piece may have from one to its double: it changes seldom, so that moments stay."""
ROWS_AT_ONCE = 100_000
"""Moments that are worked on together: what memory and caches like."""


class Moments(NamedTuple):
    """Moments of persons: the person's place in the histories, and the time."""

    person: Whole
    time: Floats

    def __len__(self) -> int:
        return len(self.person)


class Near(NamedTuple):
    """Each moment with each touch of the same person within the horizon."""

    moment: Whole
    touch: Whole
    age: Floats
    """Days from the touch to the moment; below 0 where the touch comes later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """What is known of everybody: who was seen from when to when, their touches and their conversions."""

    begin: Floats
    end: Floats
    stratum: Whole
    """Group of the person that has an intensity of its own, from 0."""
    touch_person: Whole
    """Place of the person; rising."""
    touch_time: Floats
    """Rising within a person."""
    touch_unit: Whole
    """What is told apart in the end (a campaign of a channel), from 0."""
    unit_group: Whole
    """The group of units (mostly a channel) whose effect is fitted, by unit."""
    is_causal: npt.NDArray[np.bool_]
    """By group: whether its touches may do anything; others are evidence of want only."""
    conversions: Moments
    known: npt.NDArray[np.bool_] | None = None
    """Who is known by name (a login, an e-mail address), so that devices and lost cookies are one person's."""

    phase: Floats | None = None
    """By person, evenly spread from 0 to 1: where in the first piece of the person's days its reference moment lies."""

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.is_causal)

    def of(self, persons: npt.NDArray[np.bool_]) -> Histories:
        """Return the histories of these persons; the others stay in their places, with nothing seen of them."""
        touches, bought = persons[self.touch_person], persons[self.conversions.person]
        return replace(
            self,
            end=np.where(persons, self.end, self.begin),
            touch_person=self.touch_person[touches],
            touch_time=self.touch_time[touches],
            touch_unit=self.touch_unit[touches],
            conversions=Moments(self.conversions.person[bought], self.conversions.time[bought]),
        )

    def near(self, moments: Moments) -> Near:
        """Pair the moments with the touches of their person within the horizon."""
        stretch = 4 * HORIZON + float(max(np.max(self.end, initial=1.0), np.max(moments.time, initial=1.0)))
        clock = self.touch_person * stretch + self.touch_time
        at = moments.person * stretch + moments.time
        low = np.maximum(at - HORIZON, moments.person * stretch - stretch / 4)
        high = np.minimum(at + HORIZON, moments.person * stretch + 3 * stretch / 4)
        first, until = np.searchsorted(clock, low), np.searchsorted(clock, high, side="right")
        moment, touch = spans(first, until - first)
        return Near(moment, touch, moments.time[moment] - self.touch_time[touch])

    def rates(self) -> Floats:
        """Return touches a day by person and group, over all the time that the person was seen."""
        place = self.touch_person * self.groups + self.unit_group[self.touch_unit]
        count = np.bincount(place, minlength=len(self.begin) * self.groups)
        seen = self.end - self.begin + SETTLING_DAYS
        made: Floats = (count.reshape(-1, self.groups) / seen[:, None]).astype(np.float32)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What the fit sees at each moment: one row per moment."""

    past: Floats
    """Weights of the causal groups' touches before the moment: group by group, each half-life of PAST; then levels."""
    around: Floats
    """Weights of all groups' touches on both sides, each half-life of AROUND; then the rates by group; then bends."""
    bends: int = 0
    """How many columns of `around` are bends (see `bending`)."""
    levels: int = 0
    """How many columns of each group in `past` are levels (see `levelling`)."""

    def __len__(self) -> int:
        return len(self.past)


def exposure(histories: Histories, moments: Moments, rates: Floats, *, ahead: float = 1.0) -> Exposure:
    """Return the exposure at the moments.

    `ahead` multiplies the weight of touches after the moment, where these are rarer than those before for
    a reason that has nothing to do with effects (see `proxies`); at 0 only the past is looked at.
    """
    near = histories.near(moments)
    size, groups = len(moments), histories.groups
    place = near.moment * groups + histories.unit_group[histories.touch_unit[near.touch]]
    age = np.abs(near.age)
    is_past = near.age >= 0
    side = np.where(is_past, 1.0, ahead)
    columns = []
    for half_life in dict.fromkeys((*PAST, *AROUND)):
        weight = np.exp2(-age / half_life)
        before = np.bincount(place, weights=weight * is_past, minlength=size * groups)
        both = np.bincount(place, weights=weight * side, minlength=size * groups)
        columns.append((half_life, before, both))
    shape = (size, groups)
    past = [before.reshape(shape)[:, histories.is_causal] for h, before, _ in columns if h in PAST]
    around = [both.reshape(shape) for h, _, both in columns if h in AROUND]
    return Exposure(
        past=np.stack(past, axis=2).reshape(size, -1).astype(np.float32),
        around=np.concatenate(
            [np.stack(around, axis=2).reshape(size, -1), rates[moments.person]], axis=1
        ).astype(np.float32),
    )


def reference_moments(histories: Histories, count: int) -> Iterator[tuple[Moments, float]]:
    """Yield moments that stand for all the time in which persons were seen, in parts, with days that each stands for.

    Each person's days are cut into pieces of equal length; each gives one moment, whose place in the piece follows
    the golden ratio from the person's phase on, so that no rhythm of the data can meet one of the moments; what lies
    beyond the days seen is left out. So moments are each person's own: whoever else is there, and however many
    conversions, they stay where they are, but that pieces are a fifth shorter or longer now and then. Where the
    times of conversions have been rounded (to days, to hours), so are the moments: a conversion at midnight has
    touches at whole numbers of days behind it, where weights are larger than on the mean of a day.
    """
    seen = np.maximum(histories.end - histories.begin, 0.0)
    whole = float(seen.sum())
    if not whole:
        return
    length = float(2.0 ** (np.floor(LENGTHS * np.log2(max(whole / count, SHORTEST))) / LENGTHS))
    phase = phases(np.arange(len(seen))) if histories.phase is None else histories.phase
    pieces = np.ceil(seen / length).astype(np.int64)
    person = np.repeat(np.arange(len(seen)), pieces)
    piece = np.arange(len(person)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    time = (piece + (phase[person] + piece * GOLDEN) % 1) * length
    is_seen = time < seen[person]
    if not is_seen.any():
        is_seen, time = seen[person] > 0, np.minimum(time, seen[person] / 2)
    person, time = person[is_seen], (time + histories.begin[person])[is_seen]
    on = ticks(histories.conversions.time)
    for start in range(0, len(person), ROWS_AT_ONCE):
        who, when = person[start : start + ROWS_AT_ONCE], time[start : start + ROWS_AT_ONCE]
        if on is not None:
            when = np.maximum(_rounded(when, on), histories.begin[who])
        yield Moments(who, when), whole / len(person)


def phases(numbers: Whole) -> Floats:
    """Return a phase for each person's number."""
    made: Floats = (numbers % PHASES * OTHER) % 1
    return made


def ticks(times: Floats) -> Floats | None:
    """Return the times of day at which all of the times lie, as shares of a day; None where there are too many."""
    micros = np.unique(np.round(times % 1 * MICROS).astype(np.int64) % MICROS)
    is_rounded = len(micros) <= MOST_TICKS and len(times) >= LEAST_ON_A_TICK * max(len(micros), 1)
    return micros / MICROS if is_rounded and len(times) else None


def _rounded(times: Floats, on: Floats) -> Floats:
    """Return the last tick at or before each of the times."""
    day = np.floor(times)
    place = np.searchsorted(on, times - day + 0.5 / MICROS, side="right") - 1
    made: Floats = np.where(place >= 0, day + on[np.maximum(place, 0)], day - 1 + on[-1])
    return made
