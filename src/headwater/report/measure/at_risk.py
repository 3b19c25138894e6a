"""At risk: everybody's time, cut where a stratum changes, and for one value the time with and without it.

Reads  flat arrays of persons, touches and conversions
Makes  for a value, or for two in order, the groups to compare with their time and conversions

Nobody has time that could not end in a conversion: a person is unexposed to a value until the first touch
of it, exposed for the window after each touch of it, and counts for neither when the window is over.
A stratum is the segment known beforehand, the calendar week, and the touches of other values in the week
before. Times are whole milliseconds from a common origin; a touch at the moment of a conversion is before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headwater.report.measure.rate_ratio import Compared

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Whole = npt.NDArray[np.int64]

DAY = 86_400_000
"""Milliseconds."""
WEEK = 7 * DAY
HORIZONS = (WEEK, 4 * WEEK)
"""Touches so far back are the activity of a person, now and for some time."""
CLASS = (np.array([0, 1, 2, 3, 3, 4, 4, 4, 5]), np.array([0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4]))
"""By horizon, the class of activity by number of touches; the last holds from there on."""
CLASSES = 30
MOST_PERIODS = 30
"""Calendar weeks are taken together where there are more of them."""
NEVER = np.iinfo(np.int64).max


class Moments(NamedTuple):
    """Moments of persons: the person's place, and the time."""

    person: Whole
    time: Whole


class Stretches(NamedTuple):
    """Stretches of a person's time in which segment, calendar period and activity stay as they are."""

    person: Whole
    start: Whole
    end: Whole
    group: Whole
    """Segment and calendar period, as one number."""
    activity: Whole
    """Touches of any value in each of the HORIZONS before: one column for each."""

    def at(self, places: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Stretches:
        """Return some of them."""
        return Stretches(*(column[places] for column in self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """What is known of everybody: observed from when to when, touches, conversions."""

    begin: Whole
    end: Whole
    """After `begin`."""
    segment: Whole
    """Group of the person that is known beforehand, from 0."""
    touches: Moments
    """Sorted by person, then time; those before `begin` too."""
    value: Whole
    """Of each touch: its place among the values of the dimension; below 0 for those not asked about."""
    conversions: Moments
    """Each between the person's `begin` and `end`; sorted by person, then time."""
    window: int
    """How long after a touch a person is exposed."""
    week: int = 0
    """A moment at which a calendar week begins."""

    @property
    def period(self) -> int:
        """Length of a calendar period: a week, or as many as leave MOST_PERIODS."""
        weeks = -(-int(np.max(self.end, initial=0)) // WEEK) + 1
        return WEEK * -(-weeks // MOST_PERIODS)

    @property
    def period_days(self) -> int:
        """The same in days."""
        return self.period // DAY

    def group(self, person: Whole, time: Whole) -> Whole:
        """Return segment and calendar period of moments, as one number."""
        periods = (int(np.max(self.end, initial=0)) + WEEK) // self.period + 2
        made: Whole = self.segment[person] * periods + (time - self.week + WEEK) // self.period
        return made


class Timeline:
    """Everybody's time, and sums over all of it; answers for one value after the other."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        last = max(int(np.max(times, initial=0)) for times in (lives.end, lives.touches.time))
        self._apart = last + 2 * HORIZONS[-1]
        self.stretches = _cut(lives, self._apart)
        self._starts = self._clock(self.stretches.person, self.stretches.start)
        self._size = (int(np.max(self.stretches.group, initial=0)) + 1) * CLASSES
        self._strata = _stratum(self.stretches.group, self.stretches.activity)
        self._time = self._sum(self._strata, self.stretches.end - self.stretches.start)
        self._known: dict[int, tuple[Whole, Whole, Whole]] = {}
        person, time = lives.conversions
        place = np.searchsorted(self._starts, self._clock(person, time), side="right") - 1
        self._converted = self.stretches.at(place)._replace(start=time)

    def of(self, value: int) -> Compared:
        """Return those exposed to the value and those not yet, by stratum."""
        own = self._touches_of(value)
        clock = self._clock(*own)
        firsts = np.flatnonzero(np.diff(own.person, prepend=-1))
        met = own.person[firsts]
        begin = np.searchsorted(self._starts, clock[firsts])
        count = np.maximum(np.searchsorted(self.stretches.person, met, side="right") - begin, 0)
        place = np.repeat(begin - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        later = self.stretches.at(place)
        others, until = self._apart_from(later, clock)
        exposed = np.maximum(np.minimum(later.end, until) - later.start, 0)
        gone = self._sum(self._strata[place], later.end - later.start)
        since = np.full(len(self.lives.begin), NEVER)
        since[met] = own.time[firsts]
        is_later = self._converted.start >= since[self._converted.person]
        after, before = self._converted.at(is_later), self._converted.at(~is_later)
        others_then, until_then = self._apart_from(after, clock)
        within = after.start <= until_then
        strata = _stratum(after.group, others_then)[within], _stratum(before.group, before.activity)
        return Compared(
            exposed_time=self._sum(_stratum(later.group, others), exposed),
            unexposed_time=np.maximum(self._time - gone, 0.0),
            person=np.concatenate([after.person[within], before.person]),
            stratum=np.concatenate(strata),
            is_exposed=np.arange(len(strata[0]) + len(strata[1])) < len(strata[0]),
        )

    def in_order(self, earlier: int, later: int) -> Compared:
        """Return those who met `earlier` before their first touch of `later` and those who did not.

        Both are followed for the window after that touch; later touches change nothing. Their activity is
        the number of touches of other values in the week before it.
        """
        lives = self.lives
        index, time, recent = self._followed(later)
        before = np.full(len(lives.begin), NEVER)
        first = self._firsts(earlier)
        before[first.person] = first.time
        is_exposed = before[index] < time
        own, _ = self._recent(self._clock(*self._touches_of(earlier)), index, time)
        stratum = _stratum(lives.group(index, time), recent - own)
        until = np.minimum(time + lives.window, lives.end[index])
        of = np.full(len(lives.begin), -1)
        of[index] = np.arange(len(index))
        place = of[lives.conversions.person]
        known = place >= 0
        place, moment = place[known], lives.conversions.time[known]
        place = place[(moment >= time[place]) & (moment <= until[place])]
        return Compared(
            exposed_time=self._sum(stratum[is_exposed], (until - time)[is_exposed]),
            unexposed_time=self._sum(stratum[~is_exposed], (until - time)[~is_exposed]),
            person=index[place],
            stratum=stratum[place],
            is_exposed=is_exposed[place],
        )

    def persons_of(self, value: int) -> Whole:
        """Return the persons who met the value."""
        return self._firsts(value).person

    def persons_by_order(self, earlier: int, later: int) -> tuple[Whole, Whole]:
        """Return the persons who met `earlier` before their first touch of `later`, and those who met `later` without."""
        first, second = self._firsts(earlier), self._firsts(later)
        before = np.full(len(self.lives.begin), NEVER)
        before[first.person] = first.time
        is_exposed = before[second.person] < second.time
        return second.person[is_exposed], second.person[~is_exposed]

    def persons_in_order(self, values: int) -> Whole:
        """Return how many persons met each of the first `values` before another: a table, earlier by later."""
        firsts = [self._firsts(value) for value in range(values)]
        times = np.full((values, len(self.lives.begin)), NEVER)
        for value, first in enumerate(firsts):
            times[value, first.person] = first.time
        counts = [(times[:, first.person] < first.time).sum(axis=1) for first in firsts]
        made: Whole = np.stack(counts, axis=1) if counts else np.zeros((0, 0), dtype=np.int64)
        return made

    def _followed(self, value: int) -> tuple[Whole, Whole, Whole]:
        """Return the persons observed at their first touch of the value, its time, and their activity then."""
        if value not in self._known:
            person, time = self._firsts(value)
            seen = (time >= self.lives.begin[person]) & (time < self.lives.end[person])
            person, time = person[seen], time[seen]
            recent, _ = self._recent(self._clock(*self.lives.touches), person, time)
            own, _ = self._recent(self._clock(*self._touches_of(value)), person, time)
            self._known[value] = person, time, recent - own
        return self._known[value]

    @cached_property
    def _order(self) -> Whole:
        return np.argsort(self.lives.value, kind="stable")

    @cached_property
    def _sorted_values(self) -> Whole:
        return self.lives.value[self._order]

    def _touches_of(self, value: int) -> Moments:
        first, until = np.searchsorted(self._sorted_values, [value, value + 1])
        place = self._order[first:until]
        return Moments(self.lives.touches.person[place], self.lives.touches.time[place])

    def _firsts(self, value: int) -> Moments:
        own = self._touches_of(value)
        firsts = np.flatnonzero(np.diff(own.person, prepend=-1))
        return Moments(own.person[firsts], own.time[firsts])

    def _clock(self, person: Whole, time: Whole) -> Whole:
        """Return times on a clock on which persons come one after the other."""
        made: Whole = person * self._apart + time
        return made

    def _recent(self, clock: Whole, person: Whole, time: Whole) -> tuple[Whole, Whole]:
        """Return how many of the sorted touches are of the person and in each of the HORIZONS up to the time.

        Then how many there are of everybody up to there: the place after the last one. Persons rise, and times
        within a person.
        """
        at = self._clock(person, time)
        upto = _passed(clock, at)
        counts = [upto - _passed(clock + horizon, at) for horizon in HORIZONS]
        return np.stack(counts, axis=1), upto

    def _apart_from(self, some: Stretches, clock: Whole) -> tuple[Whole, Whole]:
        """Return the activity without a value's own touches, and until when the last of these exposes.

        All of the stretches start at the person's first touch of the value or later.
        """
        own, upto = self._recent(clock, some.person, some.start)
        until = clock[upto - 1] - some.person * self._apart + self.lives.window
        return some.activity - own, until

    def _sum(self, strata: Whole, time: Whole) -> Floats:
        """Return days by stratum."""
        made: Floats = np.bincount(strata, weights=time / DAY, minlength=self._size).astype(np.float64)
        return made


def _passed(marks: Whole, at: Whole) -> Whole:
    """Return how many marks are at or before each moment; both rise. Fast where marks are far fewer."""
    made: Whole = np.cumsum(np.bincount(np.searchsorted(at, marks), minlength=len(at) + 1))[: len(at)]
    return made


def _stratum(group: Whole, activity: Whole) -> Whole:
    made: Whole = group
    for place, classes in enumerate(CLASS):
        counted = np.clip(activity[:, place], 0, len(classes) - 1)
        made = made * (int(classes[-1]) + 1) + classes[counted]
    return made


def _cut(lives: Lives, apart: int) -> Stretches:
    """Cut each person's time at calendar periods, at touches, and a week after touches."""
    period, everybody = lives.period, np.arange(len(lives.begin))
    first = (lives.begin - lives.week) // period + 1
    count = np.maximum((lives.end - lives.week) // period - first + 1, 0)
    turned = np.repeat(everybody, count)
    turn = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(turned))
    person, time = lives.touches
    begun = lives.begin[person]
    over = [np.maximum(time + horizon, begun) for horizon in HORIZONS]
    owner = np.concatenate([everybody, turned, person, *[person] * len(over)])
    at = np.concatenate([lives.begin, turn * period + lives.week, np.maximum(time, begun), *over])
    order = np.argsort(owner * apart + at, kind="stable")
    whole = len(everybody) + len(turned)
    activity = np.empty((len(owner), len(over)), dtype=np.int32)
    for place in range(len(over)):
        change = np.zeros(len(owner), dtype=np.int32)
        change[whole : whole + len(time)] = 1
        begins = whole + (place + 1) * len(time)
        change[begins : begins + len(time)] = -1
        activity[:, place] = np.cumsum(change[order])
    owner, at = owner[order], at[order]
    following = np.append(at[1:], 0)
    is_last = np.append(owner[1:] != owner[:-1], True)
    end = np.minimum(np.where(is_last, lives.end[owner], following), lives.end[owner])
    kept = end > at
    owner, at = owner[kept], at[kept]
    return Stretches(owner, at, end[kept], lives.group(owner, at), activity[kept])
