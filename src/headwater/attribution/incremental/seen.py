"""Seen: from when to when each person was seen, and which conversions tell how often those seen convert.

Reads  times of touches and conversions by person, what was imported of persons
Makes  begin and end of each person's time, and which conversions teach

Who was imported with the time of observation was seen for that time. Anybody else is met by an event, and seen from
then on, until identifiers are lost (see `lapsing`). Where nobody converts a second time (a contract is signed once),
nobody is at risk after the first. Somebody who is met by converting says nothing of how often those already met
convert (delayed entry): to count the conversion one would have to count everybody who was never met as well, and
nobody knows how many they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headwater.attribution.incremental.lapsing import seen_until

if TYPE_CHECKING:
    import numpy.typing as npt

    from headwater.attribution.incremental.histories import Floats, Moments, Whole

IDLE = 0.05
"""Share of the imported persons without any event from which on the list was not made from events."""


LEAST_REPEATS = 20.0
"""Second conversions that chance alone would bring; with fewer nothing is said of whether there can be any."""
HARDLY = 0.1
"""Share of those below which a conversion is taken to be the person's last."""


class Told(NamedTuple):
    """What was imported of persons: the person's place, and the days of observation (nan where not told)."""

    person: Whole
    since: Floats
    until: Floats


class Seen(NamedTuple):
    """The time in which each person was seen, and which conversions teach."""

    begin: Floats
    end: Floats
    teaches: npt.NDArray[np.bool_]
    """By conversion."""


def seen(persons: int, touches: Moments, conversions: Moments, told: Told, last: float) -> Seen:
    """Return the time of each of `persons`, in days; the data ends at `last`.

    Somebody imported without a time counts from the first day, if the list also names people who never did anything
    (one in twenty at least). A list made of those who did something says no more than their events do.
    """
    touched_from, first, latest = (np.full(persons, fill) for fill in (np.inf, np.inf, -np.inf))
    np.minimum.at(touched_from, touches.person, touches.time)
    for moments in (touches, conversions):
        np.minimum.at(first, moments.person, moments.time)
        np.maximum.at(latest, moments.person, moments.time)
    since = np.full(persons, np.nan)
    since[told.person] = told.since
    until = np.full(persons, np.nan)
    until[told.person] = told.until
    if len(told.person) and np.mean(np.isinf(first[told.person])) >= IDLE:
        since[told.person] = np.where(np.isnan(told.since), min(0.0, last), told.since)
    begin = np.fmin(since, first)
    begin = np.where(np.isfinite(begin), begin, last)
    end = np.maximum(np.where(np.isnan(until), last, until), latest)
    by_converting = np.isnan(since) & (touched_from > first)
    person, time = conversions
    teaches = ~(by_converting[person] & (time <= first[person]))
    if converts_once(person, persons=int((end > begin).sum())):
        converted = np.full(persons, np.inf)
        np.minimum.at(converted, person, time)
        end = np.minimum(end, converted)
        teaches &= time <= converted[person]
    untold = np.isfinite(first)
    untold[told.person] = False
    end[untold] = np.minimum(end, _lapsing(touches, first, latest, untold, last))[untold]
    return Seen(begin, np.maximum(end, begin), teaches)


def _lapsing(
    touches: Moments, first: Floats, latest: Floats, who: npt.NDArray[np.bool_], last: float
) -> Floats:
    """Return until when each of those counts as seen of whom nothing was imported."""
    half = (last - float(first[who].min())) / 2 if who.any() else 0.0
    age = touches.time - first[touches.person]
    learned = who[touches.person] & (first[touches.person] <= last - half) & (age > 0) & (age <= half)
    made = np.full(len(first), last)
    made[who] = seen_until(first[who], latest[who], int(who[touches.person].sum()), age[learned], last)
    return made


def converts_once(person: Whole, *, persons: int) -> bool:
    """Tell whether far fewer convert again than would if a conversion left everything as it was.

    `person` is whose each conversion is. If all of the `persons` were alike, n conversions would have n^2 / 2 persons
    pairs of one person; differences between persons only make more of them.
    """
    count = np.bincount(person) if len(person) else np.zeros(1, dtype=np.int64)
    expected = len(person) ** 2 / (2 * max(persons, 1))
    pairs = float((count * (count - 1) / 2).sum())
    return expected >= LEAST_REPEATS and pairs < HARDLY * expected
