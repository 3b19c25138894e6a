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
from headwater.contract.packed import present, unpacked
from headwater.contract.steps import literal

if TYPE_CHECKING:
    import numpy.typing as npt

    from headwater.contract.ports import Reader
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

MOST_MICROS = 2**62
"""Sums of money beyond this are left to the engine's decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Journeys in memory, and the persons that they are of."""

    runs: Runs
    persons: npt.NDArray[np.int64]
    """person_id, rising."""
    starts: npt.NDArray[np.int64]
    """Where each person's touches begin in the codes of `runs`; one more at the end."""
    owner: npt.NDArray[np.int64]
    """Place in `persons` of each journey."""


def runs(reader: Reader, chosen: Selection, *, by: Dimension) -> Runs | None:
    """Return the journeys of `chosen`; None where they are not stored packed (other dimensions, flagged ones)."""
    stored = kept(reader, chosen, by=by)
    return stored.runs if stored else None


def kept(reader: Reader, chosen: Selection, *, by: Dimension) -> Kept | None:
    """Return what `runs` returns, with the persons."""
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
    converted = np.searchsorted(stored.persons, owner)
    first = stored.starts[converted] + last_no - length
    place = np.searchsorted(stored.persons, null_owner)
    null_length = stored.starts[place + 1] - stored.starts[place] if len(place) else place
    if "touches" in alone.column_names:
        null_length = alone.column("touches").to_numpy()
    nobody = np.zeros(len(place), dtype=np.int64)
    found = present(
        names,
        stored.codes,
        first=np.concatenate([first, stored.starts[place] + skipped]),
        length=np.concatenate([length, null_length]),
        conversions=np.concatenate([conversions, nobody]),
        nulls=np.concatenate([nulls, nobody + 1]),
        micros=np.concatenate([micros, nobody]),
    )
    return Kept(
        runs=found,
        persons=stored.persons,
        starts=stored.starts,
        owner=np.concatenate([converted, place]).astype(np.int64, copy=False),
    )


def journeys_kept(reader: Reader, chosen: Selection, *, by: Dimension) -> Kept:
    """Return the journeys of `chosen` with their persons, from what is stored packed where that holds them."""
    return kept(reader, chosen, by=by) or read_kept(reader, chosen, by=by)


def read_kept(reader: Reader, chosen: Selection, *, by: Dimension) -> Kept:
    """Return the journeys of `chosen` by any dimension, one row a touch: more work than what is stored packed."""
    steps = f"""
        select person_id, conversion_id as journey_id, step, player,
            conversion_count, null_count, net_micros
        from ({by.of_steps(chosen.steps)}) as converting
        union all
        select person_id, '' as journey_id,
            row_number() over (partition by person_id order by occurred_at, touchpoint_id) as step, player,
            cast(0 as bigint) as conversion_count, cast(1 as bigint) as null_count, cast(0 as bigint) as net_micros
        from ({by.of_touchpoints("t.person_id, t.occurred_at, t.touchpoint_id")} where {chosen.null_persons}) as alone
    """
    found = reader.query(f"select distinct player from ({steps}) as steps order by player")
    names: tuple[str, ...] = tuple(sorted(found.column(0).to_pylist()))
    listed = ", ".join(f"({literal(name)}, {code})" for code, name in enumerate(names)) or "('', 0)"
    rows = reader.query(
        f"""
        select steps.person_id, cast(codes.code as integer) as code, steps.step = 1 as is_first,
            steps.conversion_count, steps.null_count, steps.net_micros
        from ({steps}) as steps
        join (select * from (values {listed}) as listed(player, code)) as codes on codes.player = steps.player
        order by steps.person_id, steps.journey_id, steps.step
        """
    )
    person, code, is_first, *amounts = (column.to_numpy() for column in rows.columns)
    first = np.flatnonzero(is_first).astype(np.int64)
    persons, starts, owner = np.unique(person, return_index=True, return_inverse=True)
    conversions, nulls, micros = (column[first].astype(np.int64, copy=False) for column in amounts)
    return Kept(
        runs=Runs(
            players=names,
            codes=code,
            first=first,
            length=np.diff(np.append(first, len(code))),
            conversions=conversions,
            nulls=nulls,
            micros=micros,
        ),
        persons=persons,
        starts=np.append(starts, len(code)).astype(np.int64),
        owner=owner[first].astype(np.int64, copy=False),
    )
