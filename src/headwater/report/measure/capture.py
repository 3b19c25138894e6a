"""Capture: how many there are, from two lists that each know some of them.

Reads  the counts of two lists and of their overlap
Makes  the share that one list missed, and the size of the whole, with intervals of 95 %

Whoever is on the second list was there for certain, so the share of the second list that the first one
lacks is what the first one missed. What neither list knows can only be guessed at: Chapman's estimate
holds if being on one list says nothing about being on the other. Where the same fault empties both (a
person who blocks everything, an order that fails), the whole is larger than it says.
"""

from __future__ import annotations

import math
from typing import NamedTuple

Z = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations."""


class Share(NamedTuple):
    """A share with its interval, each 0 to 1; None where there is nothing to divide by."""

    share: float | None
    low: float | None
    high: float | None


class Whole(NamedTuple):
    """How many there are in all, with an interval."""

    total: float
    low: float
    high: float


def share_missed(*, known: int, missed: int) -> Share:
    """Return the share of `known` that was missed, with Wilson's interval.

    >>> [round(part, 3) for part in share_missed(known=100, missed=20)]
    [0.2, 0.133, 0.289]
    """
    if known == 0:
        return Share(None, None, None)
    share = missed / known
    middle = (share + Z**2 / (2 * known)) / (1 + Z**2 / known)
    half = Z / (1 + Z**2 / known) * math.sqrt(share * (1 - share) / known + Z**2 / (4 * known**2))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half))


def whole(*, first: int, second: int, both: int) -> Whole | None:
    """Return Chapman's estimate of how many there are; None where the lists share nothing.

    The interval is log-normal about those that neither list knows, so it never falls below what was seen.

    >>> [round(part, 1) for part in whole(first=80, second=100, both=70)]
    [114.2, 111.2, 121.5]
    """
    if both == 0:
        return None
    total = (first + 1) * (second + 1) / (both + 1) - 1
    seen = first + second - both
    unseen = total - seen
    if unseen <= 0:
        return Whole(total, float(seen), float(seen))
    spread = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    factor = math.exp(Z * math.sqrt(math.log(1 + spread / unseen**2)))
    return Whole(total, seen + unseen / factor, seen + unseen * factor)
