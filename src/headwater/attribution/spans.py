"""Spans: the places that several runs of neighbouring places cover.

Reads  where each run begins and how long it is
Makes  all places, run after run, and the run of each
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from headwater.attribution.pieces import Ints


def spans(first: npt.NDArray[np.integer], count: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
    """Return the run (its place in the arguments) of each covered place, and the place.

    >>> [part.tolist() for part in spans(np.array([7, 2]), np.array([2, 3]))]
    [[0, 0, 1, 1, 1], [7, 8, 2, 3, 4]]
    """
    run = np.repeat(np.arange(len(count)), count)
    place: Ints = np.arange(len(run)) - np.repeat(np.cumsum(count) - count - first, count)
    return run, place
