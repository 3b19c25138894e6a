"""Packing: millions of journey steps become few rows of integers, by one GROUP BY and no window.

Reads  a SELECT with the columns that `contract.models.PathModel` names
Makes  pieces of journeys: their channel codes as the digits of one BIGINT

Codes are numbers of `bits` bits; a piece holds as many touches as fit into 62 bits. A touch is added
to its piece at its place, so that no sorting is needed. The last `order` touches of a piece are also
added to the next one, as its memory.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.attribution.pieces import Pieces
from headwater.contract.errors import UsageError
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.attribution.pieces import Floats, Ints
    from headwater.contract.ports import Reader

PACKED_BITS = 62
UNNAMED = "(none)"
"""What a step without a player is called."""


def bits_for(players: int, order: int) -> int:
    """Return how many bits a code takes; raises UsageError where `order` codes do not fit."""
    bits = max(1, (players - 1).bit_length())
    if PACKED_BITS // bits < order + 1:
        raise UsageError(
            f"{players} players are too many for a graph of order {order}.",
            hint="choose a lower order, or a coarser dimension.",
        )
    return bits


def players(reader: Reader, steps_sql: str) -> tuple[str, ...]:
    """Return the players of the journeys, sorted."""
    found = reader.query(
        f"select distinct coalesce(player, '{UNNAMED}') as player from ({steps_sql}) as steps"
    )
    return tuple(sorted(found.column("player").to_pylist()))


def coded_sql(steps_sql: str, names: Sequence[str]) -> str:
    """Return the steps with the player's code in place of its name."""
    rows = ", ".join(f"({literal(name)}, {code})" for code, name in enumerate(names))
    return f"""
        select
            steps.journey_id,
            steps.step,
            steps.step_count,
            steps.conversion_count,
            steps.null_count,
            steps.net_value,
            codes.code
        from ({steps_sql}) as steps
        inner join (select * from (values {rows}) as listed(player, code)) as codes
            on codes.player = coalesce(steps.player, '{UNNAMED}')
    """


def packed_sql(coded: str, *, order: int, bits: str, touches: str, by: str = "") -> str:
    """Return the SQL that packs coded steps: one row per piece of a journey.

    Codes become digits before the rows are doubled: DuckDB 2.0.0 breaks off where a column that a join
    has just looked up goes through a cross join.

    `bits` and `touches` (per piece) are numbers or columns of `coded`; `by` names columns of `coded`
    that tell apart journeys of one journey_id and are kept.
    """
    kept = f"{by}, " if by else ""
    return f"""
        select
            {kept}journey_id,
            piece,
            cast(sum(case when carried = 0 then digit else 0 end) as bigint) as pack,
            cast(sum(case when carried = 1 then memory_digit else 0 end) as bigint) as memory,
            max(step_count - piece * {touches}) as touches,
            max({touches}) as room,
            max(conversion_count) as conversion_count,
            max(null_count) as null_count,
            max(net_value) as net_value
        from (
            select *, own_piece + carried as piece
            from (
                select
                    *,
                    cast(floor(cast(step - 1 as double) / cast({touches} as double)) as bigint) as own_piece,
                    code * cast(power(2e0, {bits} * place) as bigint) as digit,
                    case when place + {order} >= {touches} and step - place - 1 + {touches} < step_count
                        then code * cast(power(2e0, {bits} * (place + {order} - {touches})) as bigint)
                        end as memory_digit
                from (select *, (step - 1) % {touches} as place from ({coded}) as coded) as placed
            ) as counted
            cross join (select * from (values (0), (1)) as turns(carried)) as twice
            where carried = 0 or memory_digit is not null
        ) as digits
        group by {kept}journey_id, piece
    """


def alike_sql(packed: str, *, by: str = "") -> str:
    """Return the SQL that adds up equal pieces, so that few rows leave the engine."""
    kept = f"{by}, " if by else ""
    return f"""
        select
            {kept}is_first,
            is_last,
            touches,
            memory,
            pack,
            cast(sum(conversion_count) as bigint) as conversion_count,
            cast(sum(null_count) as bigint) as null_count,
            cast(sum(case when is_last then net_value else 0 end) as decimal(38, 6)) as net_value
        from (
            select
                {kept}piece = 0 as is_first,
                touches <= room as is_last,
                case when touches < room then touches else room end as touches,
                memory,
                pack,
                conversion_count,
                null_count,
                net_value
            from ({packed}) as packed
        ) as pieces
        group by {kept}is_first, is_last, touches, memory, pack
    """


def read_pieces(reader: Reader, steps_sql: str, order: int) -> Pieces:
    """Count the journeys of `steps_sql` in the engine and return their pieces."""
    names = players(reader, steps_sql)
    bits = bits_for(len(names), order)
    if not names:
        return unpacked(None, names=(), order=order, bits=bits)
    packed = packed_sql(
        coded_sql(steps_sql, names), order=order, bits=str(bits), touches=str(PACKED_BITS // bits)
    )
    return unpacked(reader.query(alike_sql(packed)), names=names, order=order, bits=bits)


def unpacked(rows: pa.Table | None, *, names: tuple[str, ...], order: int, bits: int) -> Pieces:
    """Return the rows of `alike_sql` as pieces, longest first and in an order that repeats."""
    if rows is None:
        rows = pa.table({name: pa.array([], type=kind) for name, kind in _COLUMNS.items()})
    columns = {
        name: rows.column(name).to_numpy() for name in ("touches", "is_first", "is_last", "memory", "pack")
    }
    falling = np.lexsort(
        (columns["pack"], columns["memory"], columns["is_first"], columns["is_last"], -columns["touches"])
    )
    pack, carried, is_first = (columns[name][falling] for name in ("pack", "memory", "is_first"))
    complete = columns["is_last"][falling].astype(bool)
    mask = (1 << bits) - 1
    backs = [np.where(is_first, -1, carried >> bits * (order - 1 - back) & mask) for back in range(order)]
    conversions, nulls, values = (
        _floats(rows, name, falling) for name in ("conversion_count", "null_count", "net_value")
    )

    def touch(place: int, count: int) -> Ints:
        code: Ints = pack[:count] >> bits * place & mask
        return code

    return Pieces(
        channels=names,
        lengths=columns["touches"][falling],
        touch=touch,
        complete=complete,
        memory=np.stack(backs, axis=1).astype(np.int64),
        conversions=conversions,
        nulls=nulls,
        values=values,
        total_conversions=float(conversions[complete].sum()),
        total_value=_total(rows.column("net_value")),
    )


_COLUMNS = {
    "is_first": pa.bool_(),
    "is_last": pa.bool_(),
    "touches": pa.int64(),
    "memory": pa.int64(),
    "pack": pa.int64(),
    "conversion_count": pa.int64(),
    "null_count": pa.int64(),
    "net_value": pa.decimal128(38, 6),
}


def _floats(rows: pa.Table, name: str, order: Ints) -> Floats:
    floats: Floats = rows.column(name).cast(pa.float64()).to_numpy()[order]
    return floats


def _total(values: pa.ChunkedArray) -> Decimal:
    total: Decimal | None = pc.sum(values).as_py()
    return total if total is not None else Decimal(0)
