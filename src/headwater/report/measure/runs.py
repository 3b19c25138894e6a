"""Runs: the journeys of a selection in memory, from the paths that are stored packed.

Reads  channel_codes, person_paths, and the journeys and null persons of a Selection
Makes  `contract.models.Runs`

Every journey is a run of its person's touchpoints, so that each touchpoint leaves the engine once, as a
byte, and no text does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.contract.packed import present, unpacked

if TYPE_CHECKING:
    from headwater.contract.models import Runs
    from headwater.contract.ports import Reader
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

MOST_MICROS = 2**62
"""Sums of money beyond this are left to the engine's decimals."""


def runs(reader: Reader, chosen: Selection, *, by: Dimension) -> Runs | None:
    """Return the journeys of `chosen`; None where they are not stored packed (other dimensions, flagged ones)."""
    if by.name != "channel" or chosen.with_flagged:
        return None
    names = reader.query("select channel from channel_codes order by code").column(0).to_pylist()
    stored = unpacked(reader.query("select person_id, piece, pack from person_paths"), len(names))
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
    return present(
        names,
        stored.codes,
        first=np.concatenate([first, stored.starts[place] + skipped]),
        length=np.concatenate([length, null_length]),
        conversions=np.concatenate([conversions, nobody]),
        nulls=np.concatenate([nulls, nobody + 1]),
        micros=np.concatenate([micros, nobody]),
    )
