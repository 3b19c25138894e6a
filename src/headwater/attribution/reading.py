"""Reading: the tables that people pass to a model in Python become flat arrays.

Reads  a table (pandas, polars, Arrow, a dictionary of columns, a list of dictionaries) of paths, with
       `path` ("a > b" or a list) and optionally `conversions` (else 1), `value` (else 0) and `nulls`
       (else 0); or of single touches, with `journey_id`, `step`, `channel` and optionally `converted`
       (else 1) and `value` (else 0), the same on each row of a journey
Makes  `Journeys`

The value is the total of the row's conversions, not the value of each. A path without any touch has
nobody to credit and is left out.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.attribution.money import MICRO
from headwater.attribution.pieces import Journeys
from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater.attribution.pieces import Floats, Ints

SEPARATOR = ">"
SAMPLE = 10_000
"""Paths that are looked at to see whether most of them repeat."""
MOST_DISTINCT = 0.2
"""Share of distinct paths up to which they are counted before they are split."""


def read_journeys(given: Any, *, extras: Sequence[str] = ()) -> Journeys:
    """Return the journeys of a table of paths or of touches, with those of the extra columns that it has.

    Raises UsageError where the columns are neither, or a count is negative or missing.
    """
    table = as_table(given)
    if "path" in table.column_names:
        return _from_paths(table)
    if {"journey_id", "step", "channel"} <= set(table.column_names):
        return _from_touches(table, [name for name in extras if name in table.column_names])
    raise UsageError(
        f"The journeys have the columns {', '.join(table.column_names) or '(none)'}.",
        hint="give path (and conversions, value, nulls) or journey_id, step, channel (and converted, value).",
    )


def as_table(given: Any) -> pa.Table:
    """Return anything tabular as an Arrow table."""
    if isinstance(given, pa.Table):
        return given
    if isinstance(given, list):
        return pa.Table.from_pylist(given)
    if isinstance(given, dict) or hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__"):
        return pa.table(given)
    raise UsageError(
        f"Journeys cannot be read from {type(given).__name__}.",
        hint="pass a pandas, polars or Arrow table, a dictionary of columns or a list of dictionaries.",
    )


def _from_paths(table: pa.Table) -> Journeys:
    path = _whole(table, "path")
    conversions, values, nulls = (
        _column(table, "conversions", 1),
        _column(table, "value", 0),
        _column(table, "nulls", 0),
    )
    _no_negative(conversions=conversions, nulls=nulls)
    total_value = _total(table, "value")
    if pa.types.is_list(path.type) or pa.types.is_large_list(path.type):
        tokens, lengths = path.flatten(), pc.fill_null(pc.list_value_length(path), 0)
    else:
        text = _text(path)
        if _repeats(text):
            distinct = text.dictionary_encode()
            text, same = distinct.dictionary, distinct.indices.to_numpy()
            conversions, values, nulls = (
                np.bincount(same, column, minlength=len(text)).astype(np.float64)
                for column in (conversions, values, nulls)
            )
        split = pc.split_pattern(text, SEPARATOR)
        tokens, lengths = split.flatten(), pc.list_value_length(split)
    return _journeys(tokens, lengths.to_numpy().astype(np.int64), conversions, nulls, values, total_value)


def _repeats(text: pa.Array) -> bool:
    """Say whether the paths repeat so much that counting the distinct ones first is less work.

    Looked at in a run of them: the answer changes nothing but the time.
    """
    few = text.slice(len(text) // 2, SAMPLE)
    return len(few.unique()) < MOST_DISTINCT * len(few)


def _text(given: pa.Array) -> pa.Array:
    """Return text without nulls; what is text already is not copied."""
    text = given if pa.types.is_string(given.type) else given.cast(pa.large_string())
    return pc.fill_null(text, "") if text.null_count else text


def _from_touches(table: pa.Table, extras: Sequence[str]) -> Journeys:
    owner = _whole(table, "journey_id").dictionary_encode().indices.to_numpy()
    order = np.lexsort((_whole(table, "step").to_numpy(zero_copy_only=False), owner))
    lengths = np.bincount(owner)
    first = order[np.cumsum(lengths) - lengths]
    conversions, values = _column(table, "converted", 1)[first], _column(table, "value", 0)[first]
    _no_negative(converted=conversions)
    nulls = np.where(conversions == 0, 1.0, 0.0)
    tokens = _whole(table, "channel").take(pa.array(order))
    total_value = _total(table.take(pa.array(first)), "value")
    known = {name: _column(table, name, 0)[order] for name in extras}
    return _journeys(tokens, lengths, conversions, nulls, values, total_value, known)


def _journeys(
    tokens: pa.Array,
    lengths: Ints,
    conversions: Floats,
    nulls: Floats,
    values: Floats,
    total_value: Decimal,
    extras: Mapping[str, Floats] = MappingProxyType({}),
) -> Journeys:
    found = _text(tokens).dictionary_encode()
    spellings = [name.strip() for name in found.dictionary.to_pylist()]
    channels = tuple(sorted(set(spellings) - {""}))
    place = {name: code for code, name in enumerate(channels)}
    known = np.array([place.get(name, -1) for name in spellings], dtype=np.int32)
    codes = known[found.indices.to_numpy()]
    if (known < 0).any():
        owner = np.repeat(np.arange(len(lengths)), lengths)[codes >= 0]
        extras = {name: column[codes >= 0] for name, column in extras.items()}
        codes, lengths = codes[codes >= 0], np.bincount(owner, minlength=len(lengths))
    lost = lengths == 0
    if lost.any():
        total_value -= _decimal(float(values[lost].sum()))
    kept = ~lost
    return Journeys(
        channels=channels,
        codes=codes,
        lengths=lengths[kept],
        conversions=conversions[kept],
        nulls=nulls[kept],
        values=values[kept],
        total_value=total_value,
        extras=extras,
    )


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _column(table: pa.Table, name: str, default: float) -> Floats:
    if name not in table.column_names:
        return np.full(table.num_rows, float(default))
    column = table.column(name)
    if column.null_count:
        raise UsageError(f"The column {name} has empty cells.", hint="write 0 where there is nothing.")
    numbers: Floats = column.cast(pa.float64()).to_numpy()
    return numbers


def _no_negative(**columns: Floats) -> None:
    for name, column in columns.items():
        if (column < 0).any() or not np.isfinite(column).all():
            raise UsageError(
                f"The column {name} has values below 0 or not finite.", hint="counts start at 0."
            )


def _total(table: pa.Table, name: str) -> Decimal:
    """Return the exact sum: of decimals as they are, of floats after rounding each to 6 decimals."""
    if name not in table.column_names or not table.num_rows:
        return Decimal(0)
    column = table.column(name)
    if pa.types.is_decimal(column.type) or pa.types.is_integer(column.type):
        return Decimal(pc.sum(column).as_py()).quantize(MICRO)
    return _decimal(float(np.sum(np.rint(column.cast(pa.float64()).to_numpy() * 1e6))) / 1e6)


def _decimal(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(MICRO)
