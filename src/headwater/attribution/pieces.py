"""Pieces: journeys as they are counted, whole (`Journeys`) or cut where they are long (`Pieces`).

Reads  flat channel codes (the Python door) or packed integers (SQL, see `packing`)
Makes  what `walking` goes through

A piece that is not the first of its journey carries a memory of the touches before it, so that
cutting changes no count. Pieces are sorted by length, longest first: those that still have a touch
at a place are the first so many.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Journeys or parts of journeys, longest first, with what each stands for."""

    channels: tuple[str, ...]
    """Names; a channel's code is its place here."""
    lengths: Ints
    """Touches of each piece, falling."""
    touch: Callable[[int, int], Ints]
    """`touch(place, count)`: the channel code at this place, from 0, of the first `count` pieces."""
    complete: Bools
    """The piece ends where its journey ends."""
    memory: Ints
    """Codes of the touches before the piece (latest first, -1 for none), one column per order."""
    conversions: Floats
    nulls: Floats
    values: Floats
    """Money of the piece's journey; counts where the piece is complete."""
    total_conversions: float
    total_value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Journeys:
    """Journeys as flat arrays: the codes of all touches, journey after journey."""

    channels: tuple[str, ...]
    codes: Ints
    lengths: Ints
    conversions: Floats
    nulls: Floats
    values: Floats
    total_value: Decimal
    extras: Mapping[str, Floats] = field(default_factory=dict)
    """What else is known of each touch, by column."""

    def starts(self) -> Ints:
        """Return where each journey begins in `codes`."""
        return np.cumsum(self.lengths) - self.lengths

    def owners(self) -> Ints:
        """Return the journey of each touch."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)
