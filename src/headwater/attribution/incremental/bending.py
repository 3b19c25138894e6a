"""Bending: want as any rising function of what touches tell of it, instead of a straight line.

Reads  exposure, what a first fit says touches tell
Makes  exposure with more columns, in which the next fit finds the bends

Two signs of want say more than twice as much as one, up to where everybody is known to want. Were want a straight
line in the signs, the product of want and effect would be used for its bends, and pull channels credited with them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Exposure, Floats

CUTS = (0.3, 0.6, 0.8, 0.9, 0.97)
"""Shares of the conversions, in order of what touches tell at them, at which want may bend."""


def edges(at: Exposure, want: Floats) -> Floats:
    """Return where want may bend: quantiles of what touches tell, `around . want`, at the conversions."""
    told = _told(at, want)
    cuts = np.quantile(told, CUTS) if len(told) else np.zeros(0)
    made: Floats = np.concatenate([[0.0], np.unique(cuts[cuts > 0]), [np.inf]])
    return made


def bent(seen: Exposure, want: Floats, at: Floats) -> Exposure:
    """Return the exposure with one column for each piece between the edges: how far into it what touches tell reaches."""
    told = _told(seen, want)[:, None]
    pieces = (np.clip(told, at[:-1], at[1:]) - at[:-1]).astype(np.float32)
    plain = seen.around[:, : len(want)]
    return replace(seen, around=np.concatenate([plain, pieces], axis=1), bends=pieces.shape[1])


def _told(seen: Exposure, want: Floats) -> Floats:
    made: Floats = seen.around[:, : len(want)] @ want.astype(np.float32)
    return made
