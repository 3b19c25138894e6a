"""Transitions: how often journeys step from one channel to the next, kept so that nothing is counted again.

Reads  channel_codes, person_paths, journeys, persons
Makes  transitions

Every row is a sum over persons: an incremental build takes off what the touched persons brought and adds
what they bring now. So that no goal has to know who did not fulfil it, all persons are counted as if
nobody converted, and each goal takes off the persons who did.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.attribution.walking import Walk, walked_runs
from headwater.contract.models import Runs
from headwater.contract.packed import unpacked
from headwater.contract.steps import Solve
from headwater.contract.tables import CHANNEL_CODES, JOURNEYS, PERSON_PATHS, PERSONS, TRANSITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater.attribution.pieces import Bools, Ints
    from headwater.contract.packed import Stored

JOURNEY_ROWS = """
    select
        person_id,
        goal,
        is_macro,
        coalesce(last_no, 0) as last_no,
        step_count,
        conversion_count,
        null_count,
        cast(cast(net_value as decimal(38, 6)) * 1000000 as bigint) as net_micros
    from journeys
    where flag is null
"""
MICRO = 10**6
SCHEMA = pa.schema(
    [
        ("part", pa.string()), ("goal", pa.string()), ("origin", pa.string()), ("channel", pa.string()),
        ("step_count", pa.int64()), ("conversion_count", pa.int64()), ("null_count", pa.int64()),
        ("net_value", pa.decimal128(38, 6)),
    ]
)  # fmt: skip


def transitions() -> Solve:
    """Make `transitions` from the packed paths."""
    return Solve(
        makes=TRANSITIONS,
        reads=(CHANNEL_CODES, PERSON_PATHS, JOURNEYS, PERSONS),
        queries={
            "journeys": JOURNEY_ROWS,
            "persons": "select distinct person_id from persons where identifier like 'path:%'",
        },
        solve=counted,
    )


def counted(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Count the steps of all persons, of the journeys to macro goals, and of those to each goal."""
    names = tuple(tables["channel_codes"].sort_by("code").column("channel").to_pylist())
    stored = unpacked(tables["person_paths"], len(names))
    journeys = tables["journeys"]
    # who stands for many brings the count of those without conversion along
    is_many = pc.or_(pc.not_equal(journeys["conversion_count"], 1), pc.not_equal(journeys["null_count"], 0))
    many = pc.unique(journeys["person_id"].filter(is_many).drop_null())
    is_one = ~np.isin(
        stored.persons, np.concatenate([many.to_numpy(), tables["persons"]["person_id"].to_numpy()])
    )
    rows = [*_rows("persons", "", _runs(names, stored, journeys.slice(0, 0), is_one, null_count=1))]
    parts = [("macro", "", journeys.filter(journeys["is_macro"]))]
    for goal in sorted(pc.unique(journeys["goal"].drop_null()).to_pylist()):
        parts.append(("goal", goal, journeys.filter(pc.equal(journeys["goal"], goal))))
    for part, goal, chosen in parts:
        done = is_one & np.isin(stored.persons, chosen["person_id"].drop_null().to_numpy())
        rows += _rows(part, goal, _runs(names, stored, chosen, done, null_count=-1))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _runs(
    names: tuple[str, ...], stored: Stored, journeys: pa.Table, whole: Bools, *, null_count: int
) -> Runs:
    """Return the journeys, and the whole paths of some persons with a count of nulls each."""
    journeys = journeys.filter(pc.greater(journeys["step_count"], 0))
    owner, last_no, length, conversions, nulls, micros = (
        journeys[name].to_numpy().astype(np.int64)
        for name in ("person_id", "last_no", "step_count", "conversion_count", "null_count", "net_micros")
    )
    persons = np.flatnonzero(whole)
    nobody = np.zeros(len(persons), dtype=np.int64)
    begins: Ints = stored.starts[np.searchsorted(stored.persons, owner)] + last_no - length
    return Runs(
        players=names,
        codes=stored.codes.astype(np.int32) - 1,
        first=np.concatenate([begins, stored.starts[persons]]),
        length=np.concatenate([length, np.diff(stored.starts)[persons]]),
        conversions=np.concatenate([conversions, nobody]),
        nulls=np.concatenate([nulls, nobody + null_count]),
        micros=np.concatenate([micros, nobody]),
    )


def _rows(part: str, goal: str, runs: Runs) -> Iterator[dict[str, Any]]:
    walk = walked_runs(runs, 1)
    own = {"part": part, "goal": goal}
    named = ("", *walk.channels)
    nothing = {"step_count": 0, "conversion_count": 0, "null_count": 0, "net_value": Decimal(0)}
    for step, weight in zip(walk.steps.tolist(), walk.weights.tolist(), strict=True):
        state, code = divmod(step, len(walk.channels))
        there = {"origin": named[state], "channel": walk.channels[code]}
        yield own | nothing | there | {"step_count": int(weight)}
    last = runs.codes[runs.first + runs.length - 1]
    # whole units and the rest apart: neither sum leaves 64 bits
    units, micros = np.divmod(runs.micros, MICRO)
    sums = np.zeros((4, len(named)), dtype=np.int64)
    for row, amount in zip(sums, (runs.conversions, runs.nulls, units, micros), strict=True):
        np.add.at(row, last + 1, amount)
    for state, (conversions, nulls, whole, rest) in enumerate(sums.T.tolist()):
        if conversions or nulls or whole or rest:
            there = {"origin": named[state], "channel": ""}
            counts = {"conversion_count": conversions, "null_count": nulls}
            yield own | nothing | there | counts | {"net_value": Decimal(whole * MICRO + rest).scaleb(-6)}


def walk_of(rows: pa.Table) -> Walk:
    """Return the steps of order 1 that the rows (origin, channel and the sums) say."""
    origin, channel = (rows[name].to_numpy(zero_copy_only=False) for name in ("origin", "channel"))
    is_end = channel == ""
    # sums of parts can leave an end at a channel whose steps have cancelled out
    names = tuple(sorted({*channel.tolist(), *origin.tolist()} - {""}))
    place = {"": 0} | {name: code for code, name in enumerate(names, start=1)}
    state = np.array([place[name] for name in origin.tolist()], dtype=np.int64)
    code = np.array([place[name] - 1 for name in channel.tolist()], dtype=np.int64)
    counts = {
        name: rows[name].cast(pa.float64()).to_numpy()
        for name in ("step_count", "conversion_count", "null_count", "net_value")
    }
    return Walk(
        channels=names,
        steps=(state * len(names) + code)[~is_end],
        weights=counts["step_count"][~is_end],
        ended=state[is_end],
        conversions=counts["conversion_count"][is_end],
        nulls=counts["null_count"][is_end],
        values=counts["net_value"][is_end],
        total_conversions=float(counts["conversion_count"].sum()),
        total_value=pc.sum(rows["net_value"]).as_py() or Decimal(0),
    )
