"""Packed: how the table `person_paths` is read.

Reads  rows of person_paths
Makes  the paths of all persons as flat arrays, and the `Runs` that are cut from them
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headwater.contract.models import Runs

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The paths of all persons, as they are stored."""

    persons: Ints
    """Rising."""
    starts: Ints
    """Where each person's touches begin in `codes`; one more at the end."""
    codes: npt.NDArray[np.integer]
    """From 1, as in `channel_codes`."""


def unpacked(rows: pa.Table, channels: int) -> Stored:
    """Return rows of `person_paths` (person_id, piece, pack) as flat codes, given how many channels there are."""
    person, piece, pack = (rows.column(name).to_numpy() for name in ("person_id", "piece", "pack"))
    order = np.lexsort((piece, person))
    person = person[order]
    width = np.dtype("u1" if channels <= 255 else "<u2" if channels <= 65_535 else "<u4")
    digits = pack[order].astype("<i8").view(width).reshape(len(person), 8 // width.itemsize)
    is_there = digits > 0
    is_new = np.ones(len(person), dtype=bool)
    is_new[1:] = person[1:] != person[:-1]
    ends = np.cumsum(is_there.sum(axis=1))
    starts = np.concatenate([[0], ends])[np.append(np.flatnonzero(is_new), len(person))]
    return Stored(persons=person[is_new], starts=starts, codes=digits[is_there])


def present(
    names: list[str],
    codes: npt.NDArray[np.integer],
    *,
    first: Ints,
    length: Ints,
    conversions: Ints,
    nulls: Ints,
    micros: Ints,
) -> Runs:
    """Leave out the channels that take part in none of the journeys."""
    size = len(codes) + 1
    changes = np.bincount(first, minlength=size) - np.bincount(first + length, minlength=size)
    met = np.bincount(codes, np.cumsum(changes)[:-1] > 0, minlength=len(names) + 1)[1:] > 0
    recoded = np.cumsum(np.concatenate([[False], met])) - 1
    kind = codes.dtype if met.any() else np.int64
    return Runs(
        players=tuple(name for name, is_met in zip(names, met.tolist(), strict=True) if is_met),
        codes=np.maximum(recoded, 0).astype(kind)[codes],
        first=first,
        length=length,
        conversions=conversions,
        nulls=nulls,
        micros=micros,
    )
