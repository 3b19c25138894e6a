"""Effects: the removal effect of each channel, goal by goal, as the ledger needs it.

Reads  journey_steps, journeys, touchpoints (only counts of equal pieces leave the engine)
Makes  removal_effects

Persons who did not fulfil a goal are counted as all persons less those who did, so that one pass over
the touchpoints serves every goal.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from headwater.attribution.markov import solved
from headwater.attribution.packing import PACKED_BITS, UNNAMED, alike_sql, packed_sql, unpacked
from headwater.attribution.path_steps import PATH_ROW, null_steps_sql
from headwater.attribution.walking import walked_pieces
from headwater.contract.steps import Solve
from headwater.contract.tables import JOURNEY_STEPS, JOURNEYS, REMOVAL_EFFECTS, TOUCHPOINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS = f"""
    select channel, row_number() over (order by channel) - 1 as code
    from (
        select coalesce(channel, '{UNNAMED}') as channel from touchpoints
        union
        select coalesce(channel, '{UNNAMED}') as channel from journey_steps
    ) as found
"""
# How many bits a channel takes, and how many touches fit a piece: known only when the query runs.
SIZE = f"""
    select bits, cast(floor({PACKED_BITS}e0 / cast(bits as double)) as bigint) as room
    from (
        select cast(greatest(1e0, ceil(log2(cast(greatest(count(*), 2) as double)))) as bigint) as bits
        from (
            select channel from touchpoints group by channel
            union
            select channel from journey_steps group by channel
        ) as channels
    ) as counted
"""


def removal_effects(order: int = 1) -> Solve:
    """Make `removal_effects` for every goal with a Markov graph of the order (1 to 3)."""
    return Solve(
        makes=REMOVAL_EFFECTS,
        reads=(JOURNEY_STEPS, JOURNEYS, TOUCHPOINTS),
        solve=partial(solved_effects, order=order),
        params={"order": order},
        queries={
            "journey_steps": converting_sql(order),
            "touchpoints": nulls_sql(order),
            "journeys": CHANNELS,
        },
    )


def _coded(steps_sql: str) -> str:
    return f"""
        select steps.*, codes.code, size.bits, size.room
        from ({steps_sql}) as steps
        inner join ({CHANNELS}) as codes on codes.channel = coalesce(steps.player, '{UNNAMED}')
        cross join ({SIZE}) as size
    """


def converting_sql(order: int) -> str:
    """Return the SQL of the pieces of all journeys, by goal."""
    steps = """
        select
            placed.conversion_id as journey_id,
            placed.step,
            placed.step_count,
            placed.channel as player,
            journeys.goal,
            journeys.conversion_count,
            journeys.null_count,
            journeys.net_value
        from journey_steps as placed
        inner join (select * from journeys where flag is null) as journeys
            on journeys.conversion_id = placed.conversion_id
    """
    return alike_sql(
        packed_sql(_coded(steps), order=order, bits="bits", touches="room", by="goal"), by="goal"
    )


def nulls_sql(order: int) -> str:
    """Return the SQL of the pieces of all persons (no goal) and, less than 0, of those who converted."""
    steps = f"""
        select
            person_id as journey_id,
            step,
            step_count,
            player,
            cast(0 as bigint) as conversion_count,
            cast(1 as bigint) as null_count,
            cast(0 as decimal(18, 6)) as net_value
        from ({null_steps_sql(player="channel", fulfilled=PATH_ROW)}) as numbered
    """
    packed = packed_sql(_coded(steps), order=order, bits="bits", touches="room")
    converted = """
        select all_pieces.*, done.goal
        from all_pieces
        inner join (select distinct goal, person_id from journeys where flag is null) as done
            on done.person_id = all_pieces.journey_id
    """
    return f"""
        with all_pieces as ({packed})
        select cast(null as varchar) as goal, everyone.*
        from ({alike_sql("select * from all_pieces")}) as everyone
        union all
        select
            goal, is_first, is_last, touches, memory, pack,
            conversion_count, -null_count as null_count, net_value
        from ({alike_sql(converted, by="goal")}) as fulfilled
    """


def solved_effects(tables: Mapping[str, pa.Table], *, order: int) -> pa.Table:
    """Solve one graph per goal and return its removal effects as rows."""
    names = tuple(tables["journeys"].sort_by("code").column("channel").to_pylist())
    bits = max(1, (len(names) - 1).bit_length())
    found = []
    for goal in sorted(pc.unique(tables["journey_steps"].column("goal")).to_pylist()):
        pieces = unpacked(_pieces(tables, goal), names=names, order=order, bits=bits)
        solution = solved(walked_pieces(pieces, order), order)
        effects = zip(names, solution.removal_effects.tolist(), strict=True)
        found += [
            {"goal": goal, "model": "markov", "channel": name, "effect": effect} for name, effect in effects
        ]
    return pa.Table.from_pylist(found, schema=_SCHEMA)


def _pieces(tables: Mapping[str, pa.Table], goal: str) -> pa.Table:
    """Return the journeys to the goal, all persons, and, as negative counts, those who fulfilled it."""
    own = tables["journey_steps"].filter(pc.field("goal") == goal)
    others = tables["touchpoints"].filter(pc.field("goal").is_null() | (pc.field("goal") == goal))
    return pa.concat_tables([own, others.select(own.column_names).cast(own.schema)])


_SCHEMA = pa.schema(
    [("goal", pa.string()), ("model", pa.string()), ("channel", pa.string()), ("effect", pa.float64())]
)
