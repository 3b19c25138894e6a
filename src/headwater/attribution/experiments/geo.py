"""Geo: what a channel brings, from regions of which some had it switched off (or on) for a while.

Reads  conversions by region and day, the regions that were switched and when
Makes  the effect in those regions with an interval, and what it says of the channel

The switched regions are compared with a synthetic one: a mixture of the others that went with them before
(Abadie, Diamond and Hainmueller 2010). How far such mixtures go astray by themselves is seen by switching, on
paper, regions that were not switched (placebos), each measured by how well it went along before.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from math import comb
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls
from scipy.stats import t

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Whole = npt.NDArray[np.int64]

PLACEBOS = 200
"""Sets of regions that are switched on paper, at most."""
FEWEST_OTHERS = 5
"""Regions that were not switched, at least."""
FEWEST_DAYS = 14
"""Days before the switch, at least."""
BLOCKS = 3
"""Parts of the days before, each missed once to see how well a mixture does on days that it does not know."""
STRICT = 100.0
"""How heavily the mixture's shares are held to the sum of 1, against the fit of a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Conversions by region (rows) and day (columns, none missing)."""

    geos: tuple[str, ...]
    days: tuple[date, ...]
    conversions: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoResult:
    """The outcome of a geo test."""

    switched: tuple[str, ...]
    others: int
    """Regions that the synthetic one is mixed from."""
    days_before: int
    days: int
    actual: float
    """Conversions of the switched regions in the test."""
    expected: float
    """Conversions that the synthetic region had."""
    standard_error: float
    """Of `actual` less `expected`, from placebos."""
    elsewhere: float
    """Conversions of the other regions in the test."""
    placebos: int
    confidence: float

    @property
    def effect(self) -> float:
        """Conversions more (or less) in the switched regions than expected."""
        return self.actual - self.expected

    @property
    def reach(self) -> float:
        """Half the width of the interval of `effect`."""
        return float(t.ppf(0.5 + self.confidence / 2, self.others - 1)) * self.standard_error

    @property
    def p_value(self) -> float:
        """Chance of an effect at least as large if the switch did nothing."""
        if not self.standard_error:
            return float(not self.effect)
        return float(2 * t.sf(abs(self.effect) / self.standard_error, self.others - 1))


def geo_effect(
    panel: Panel,
    switched: Collection[str],
    *,
    since: date,
    until: date,
    confidence: float = 0.95,
    seed: int = 0,
) -> GeoResult:
    """Return how the switched regions went, from `since` to `until` (included), against their synthetic twin.

    Raises UsageError where a region is not known, or there are too few others or too few days before.
    """
    unknown = sorted(set(switched) - set(panel.geos))
    if unknown or not switched:
        raise UsageError(
            f"There is no region {unknown[0]!r} in the file." if unknown else "No region was switched.",
            hint=f"it has: {', '.join(panel.geos[:20])}.",
        )
    rows = np.array([place for place, geo in enumerate(panel.geos) if geo in set(switched)])
    before = np.array([day < since for day in panel.days])
    during = np.array([since <= day <= until for day in panel.days])
    lively = panel.conversions[:, before].sum(axis=1) > 0
    others = np.array([place for place in range(len(panel.geos)) if place not in set(rows) and lively[place]])
    _check(len(others), int(before.sum()), int(during.sum()), is_lively=bool(lively[rows].any()))
    level, astray, miss = _astray(panel.conversions, rows, others, before, during)
    ratios = np.array(
        [
            off / usual if usual else 0.0
            for _, off, usual in (
                _astray(panel.conversions, some, np.setdiff1d(others, some), before, during)
                for some in _placebos(others, len(rows), seed)
            )
        ]
    )
    return GeoResult(
        switched=tuple(panel.geos[place] for place in rows),
        others=len(others),
        days_before=int(before.sum()),
        days=int(during.sum()),
        actual=float(panel.conversions[rows][:, during].sum()),
        expected=float(panel.conversions[rows][:, during].sum() - level * astray),
        standard_error=float(level * miss * np.sqrt(np.mean(ratios**2))),
        elsewhere=float(panel.conversions[np.setdiff1d(np.arange(len(panel.geos)), rows)][:, during].sum()),
        placebos=len(ratios),
        confidence=confidence,
    )


def _astray(
    conversions: Floats,
    rows: Whole,
    others: Whole,
    before: npt.NDArray[np.bool_],
    during: npt.NDArray[np.bool_],
) -> tuple[float, float, float]:
    """Return the daily level of the rows, how far they leave their mixture in the test, and by how much on other days.

    The last two are in days of that level; the third is the root mean square of a day.
    """
    own = conversions[rows].sum(axis=0)
    level = float(own[before].mean())
    if not level:
        return 0.0, 0.0, 0.0
    theirs = conversions[others] / conversions[others][:, before].mean(axis=1, keepdims=True)
    shares = mixture(own[before] / level, theirs[:, before])
    gap = own / level - shares @ theirs
    return level, float(gap[during].sum()), _miss(own[before] / level, theirs[:, before])


def _miss(own: Floats, theirs: Floats) -> float:
    """Return the root mean square by which mixtures miss the days that they were not made from, block by block.

    The days that a mixture was made from would flatter it, the more so the more regions there are.
    """
    squares = 0.0
    for block in np.array_split(np.arange(len(own)), BLOCKS):
        seen = np.setdiff1d(np.arange(len(own)), block)
        shares = mixture(own[seen], theirs[:, seen])
        squares += float(((own[block] - shares @ theirs[:, block]) ** 2).sum())
    return float(np.sqrt(squares / len(own)))


def mixture(own: Floats, theirs: Floats) -> Floats:
    """Return the shares (none below 0, sum 1) in which the other regions best go with this one.

    >>> mixture(np.array([1.0, 2.0]), np.array([[0.0, 2.0], [2.0, 2.0]])).round(3)
    array([0.5, 0.5])
    """
    held = STRICT * np.sqrt(len(own))
    shares, _ = nnls(np.vstack([theirs.T, np.full(len(theirs), held)]), np.append(own, held))
    total = float(shares.sum())
    made: Floats = shares / total if total else np.full(len(theirs), 1 / len(theirs))
    return made


def _placebos(others: Whole, size: int, seed: int) -> Iterator[Whole]:
    """Yield sets of regions that were not switched, as many as were, or half of them where they are fewer."""
    size = min(size, len(others) // 2)
    if comb(len(others), size) <= PLACEBOS:
        yield from (others[list(some)] for some in islice(combinations(range(len(others)), size), PLACEBOS))
        return
    rng = np.random.default_rng(seed)
    for _ in range(PLACEBOS):
        yield np.sort(rng.choice(others, size, replace=False))


def _check(others: int, before: int, during: int, *, is_lively: bool) -> None:
    if others < FEWEST_OTHERS:
        raise UsageError(
            f"{others} regions with conversions were not switched: too few to compare with.",
            hint=f"at least {FEWEST_OTHERS} are needed, 20 are better; use smaller regions.",
        )
    if before < FEWEST_DAYS or not during:
        raise UsageError(
            f"The file has {before} days before the test and {during} in it.",
            hint=f"it needs {FEWEST_DAYS} days before at least, as many as possible; look at since and until.",
        )
    if not is_lively:
        raise UsageError(
            "The switched regions had no conversion before the test.", hint="choose larger ones."
        )
