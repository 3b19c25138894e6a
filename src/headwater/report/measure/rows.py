"""Rows: the answer of one SELECT as dictionaries, for small results only.

Reads  any table, through the Reader
Makes  a list of dictionaries by column name; DECIMAL is Decimal, times carry no zone and are UTC
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.contract.ports import Reader


def rows(reader: Reader, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Return the rows that `sql` selects."""
    found: list[dict[str, Any]] = reader.query(sql, params).to_pylist()
    return found


def one(reader: Reader, sql: str, params: Sequence[Any] = ()) -> dict[str, Any]:
    """Return the only row of an aggregate."""
    return rows(reader, sql, params)[0]
