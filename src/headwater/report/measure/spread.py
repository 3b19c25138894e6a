"""Spread: how conversions are spread over a whole number, such as touchpoints or days.

Reads  the journeys of a Selection
Makes  rows of the number, conversions and share, with mean and median beside
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportQuery
    from headwater.report.filters import Selection


def spread(
    reader: Reader, chosen: Selection, *, of: str, named: str, query: ReportQuery
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return rows `{named, conversions, share}` by the SQL expression `of`, and what meta says of all.

    Journeys where `of` is null have no row; they are counted under `unattributed`.
    """
    counted = reader.query(
        f"""
        select {of} as number, cast(sum(conversion_count) as bigint) as conversions,
            cast(sum(net_value) as decimal(38,6)) as value
        from ({chosen.journeys}) as journeys group by number having sum(conversion_count) > 0 order by number
        """
    ).to_pylist()
    there = [(row["number"], row["conversions"]) for row in counted if row["number"] is not None]
    whole = sum(count for _, count in there)
    rows = [{named: number, "conversions": count, "share": count / whole} for number, count in there]
    lost = [
        {"conversions": row["conversions"], "value": row["value"]} for row in counted if row["number"] is None
    ]
    said = {
        "total_conversions": sum(row["conversions"] for row in counted),
        f"median_{named}": middle(there),
        f"mean_{named}": sum(number * count for number, count in there) / whole if whole else None,
        "unattributed": {"every model": lost[0]} if lost else {},
        "left_out_rows": len(rows) - len(rows[: query.limit]),
    }
    return rows[: query.limit], said


def middle(counted: list[tuple[int, int]]) -> float | None:
    """Return the median of numbers given with their counts, in ascending order; None for none.

    >>> middle([(1, 1), (2, 1)]), middle([(1, 3), (9, 1)]), middle([])
    (1.5, 1.0, None)
    """
    whole = sum(count for _, count in counted)
    if not whole:
        return None
    return (_at(counted, (whole - 1) // 2) + _at(counted, whole // 2)) / 2


def _at(counted: list[tuple[int, int]], place: int) -> int:
    passed = 0
    for number, count in counted:
        passed += count
        if place < passed:
            return number
    raise IndexError(place)
