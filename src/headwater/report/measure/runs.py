"""Runs: the journeys of a selection in memory, from the paths that are stored packed.

Reads  channel_codes, person_paths, and the journeys and null persons of a Selection
Makes  `contract.models.Runs`

Every journey is a run of its person's touchpoints, so that each touchpoint leaves the engine once, as a
byte, and no text does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headwater.contract.models import Runs

if TYPE_CHECKING:
    import numpy.typing as npt

    from headwater.contract.ports import Reader
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

    Ints = npt.NDArray[np.int64]

MOST_MICROS = 2**62
"""Sums of money beyond this are left to the engine's decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The paths of all persons, as they are stored."""

    persons: Ints
    """Rising."""
    starts: Ints
    """Where each person's touches begin in `codes`; one more at the end."""
    codes: npt.NDArray[np.integer]
    """From 1, as in `channel_codes`."""


def runs(reader: Reader, chosen: Selection, *, by: Dimension) -> Runs | None:
    """Return the journeys of `chosen`; None where they are not stored packed (other dimensions)."""
    if by.name != "channel":
        return None
    names = reader.query("select channel from channel_codes order by code").column(0).to_pylist()
    stored = unpacked(reader, len(names))
    converting = reader.query(
        f"""
        select person_id, last_no, step_count, conversion_count, null_count, net_micros
        from ({chosen.journeys}) as journeys where step_count > 0
        """
    )
    owner, last_no, length, conversions, nulls, micros = (
        column.to_numpy().astype(np.int64, copy=False) for column in converting.columns
    )
    if np.abs(micros.astype(np.float64)).sum() > MOST_MICROS:
        return None
    alone = reader.query(chosen.null_runs)
    null_owner, skipped = (alone.column(name).to_numpy() for name in ("person_id", "skipped"))
    first = stored.starts[np.searchsorted(stored.persons, owner)] + last_no - length
    place = np.searchsorted(stored.persons, null_owner)
    null_length = stored.starts[place + 1] - stored.starts[place] if len(place) else place
    if "touches" in alone.column_names:
        null_length = alone.column("touches").to_numpy()
    nobody = np.zeros(len(place), dtype=np.int64)
    return _present(
        names,
        stored.codes,
        first=np.concatenate([first, stored.starts[place] + skipped]),
        length=np.concatenate([length, null_length]),
        conversions=np.concatenate([conversions, nobody]),
        nulls=np.concatenate([nulls, nobody + 1]),
        micros=np.concatenate([micros, nobody]),
    )


def unpacked(reader: Reader, channels: int) -> Stored:
    """Return `person_paths` as flat codes."""
    rows = reader.query("select person_id, piece, pack from person_paths")
    person, piece, pack = (column.to_numpy() for column in rows.columns)
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


def _present(
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
