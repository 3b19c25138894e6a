"""Geo power: which effect a geo test of so many regions and days would find, from a history without a test.

Reads  conversions by region and day
Makes  the smallest effect by number of regions and days, and a draw of regions

Each design is tried on the last days of the history, in which nothing was switched, with regions drawn by lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, t

from headwater.attribution.experiments.geo import FEWEST_DAYS, FEWEST_OTHERS, geo_effect
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.attribution.experiments.geo import Panel
    from headwater.attribution.experiments.power import Design

DRAWS = 3
"""Sets of regions on which each design is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoDesign:
    """One design: so many regions are switched for so many days."""

    days: int
    regions: tuple[str, ...]
    """A draw of regions to switch, by lot."""
    conversions: float
    """Conversions of such regions in so many days."""
    standard_error: float
    smallest_effect: float
    """Share of the regions' conversions that is found with the power asked for; above 1: none can be."""


def geo_designs(
    panel: Panel, *, days: Sequence[int], counts: Sequence[int] = (), design: Design, seed: int = 0
) -> list[GeoDesign]:
    """Return what designs of these numbers of days and regions would find; a quarter and a half by default.

    Days that leave too short a history and regions that leave too few others are left out. Raises UsageError
    where no design is possible.
    """
    total = len(panel.geos)
    wanted = counts or sorted({max(1, total // 4), max(1, total // 2)})
    rng = np.random.default_rng(seed)
    found = [
        _tried(panel, count, length, design, rng)
        for length in days
        if 0 < length <= len(panel.days) - FEWEST_DAYS
        for count in wanted
        if 0 < count <= total - FEWEST_OTHERS
    ]
    if not found:
        raise UsageError(
            f"{total} regions and {len(panel.days)} days are too few for such a test.",
            hint=f"it needs {FEWEST_OTHERS} regions that are not switched and {FEWEST_DAYS} days before it.",
        )
    return found


def _tried(panel: Panel, count: int, length: int, design: Design, rng: np.random.Generator) -> GeoDesign:
    since, until = panel.days[-length], panel.days[-1]
    tries = []
    for _ in range(DRAWS):
        drawn = sorted(rng.choice(panel.geos, count, replace=False).tolist())
        made = geo_effect(panel, drawn, since=since, until=until, confidence=design.confidence)
        reach = t.ppf(0.5 + design.confidence / 2, made.others - 1) + norm.ppf(design.power)
        tries.append((drawn, made, reach * made.standard_error / max(made.expected, 1e-9)))
    drawn, made, effect = sorted(tries, key=lambda one: one[2])[DRAWS // 2]
    return GeoDesign(
        days=length,
        regions=tuple(drawn),
        conversions=made.expected,
        standard_error=made.standard_error,
        smallest_effect=float(effect),
    )
