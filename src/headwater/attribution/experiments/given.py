"""Given: the files of a test, read into arrays; a row that cannot be read is left out and told.

Reads  CSV with geo, day, conversions; or with person, group, conversions and perhaps before
Makes  a panel of regions, or the persons of both groups, and the rows left out with the reason
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.experiments.geo import Panel
from headwater.contract.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import numpy.typing as npt

HELD_WORDS = ("held", "holdout", "held_out", "control", "no", "false", "0", "off")
"""Words for the group that was kept from the channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A row that was not used: its number (the header is row 0) and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The persons of a hold-out test."""

    outcome: npt.NDArray[np.float64]
    is_held: npt.NDArray[np.bool_]
    before: npt.NDArray[np.float64] | None


def rows_of(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns, in lower case, and the rows of a CSV file. Raises NotFoundError and UsageError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            made = [[cell.strip() for cell in row] for row in csv.reader(file)]
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read ({error.strerror}).", hint="name a CSV file.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is no CSV in UTF-8: {error}.", hint="save it as CSV, UTF-8.") from error
    if not made:
        raise UsageError(f"{path} is empty.", hint="the first line names the columns.")
    columns = [name.lower() for name in made[0]]
    return columns, [dict(zip(columns, row, strict=False)) for row in made[1:]]


def panel_of(columns: Collection[str], rows: list[dict[str, str]]) -> tuple[Panel, list[LeftOut]]:
    """Return conversions by region and day; a day on which a region has no row counts as 0.

    Rows of the same region and day add up. Raises UsageError where a column is missing or no row is good.
    """
    _need(columns, ("geo", "day", "conversions"))
    counted: dict[tuple[str, date], float] = {}
    left: list[LeftOut] = []
    for number, row in enumerate(rows, start=1):
        geo, day, count = row.get("geo", ""), _day(row.get("day", "")), _count(row.get("conversions", ""))
        if not geo or day is None or count is None:
            wrong = (
                "geo is empty"
                if not geo
                else "day is no 2026-03-15"
                if day is None
                else "conversions is no count"
            )
            left.append(LeftOut(row=number, reason=wrong))
            continue
        counted[geo, day] = counted.get((geo, day), 0.0) + count
    if not counted:
        raise UsageError("No row of the file can be used.", hint="rows look like: berlin,2026-03-15,42")
    geos = tuple(sorted({geo for geo, _ in counted}))
    first, last = min(day for _, day in counted), max(day for _, day in counted)
    days = tuple(first + timedelta(days=place) for place in range((last - first).days + 1))
    values = np.array([[counted.get((geo, day), 0.0) for day in days] for geo in geos])
    return Panel(geos=geos, days=days, conversions=values), left


def people_of(
    columns: Collection[str], rows: list[dict[str, str]], *, held: str | None = None
) -> tuple[People, list[LeftOut]]:
    """Return the persons of both groups. Who is named twice is left out the second time.

    `held` is the word for the group held out; without it the usual words are known. Raises UsageError.
    """
    _need(columns, ("person", "group", "conversions"))
    held_words = (held.lower(),) if held else HELD_WORDS
    has_before = "before" in columns
    seen: set[str] = set()
    kept: list[tuple[float, bool, float]] = []
    left: list[LeftOut] = []
    for number, row in enumerate(rows, start=1):
        person, group = row.get("person", ""), row.get("group", "").lower()
        count, before = _count(row.get("conversions", "")), _count(row.get("before", "") or "0")
        wrong = (
            "person is empty" if not person
            else "the person was named before" if person in seen
            else "group is empty" if not group
            else "conversions is no count" if count is None
            else "before is no count" if before is None
            else ""
        )  # fmt: skip
        if wrong or count is None or before is None:
            left.append(LeftOut(row=number, reason=wrong))
            continue
        seen.add(person)
        kept.append((count, group in held_words, before))
    made = np.array(kept, dtype=np.float64).reshape(-1, 3)
    people = People(
        outcome=made[:, 0], is_held=made[:, 1].astype(np.bool_), before=made[:, 2] if has_before else None
    )
    return people, left


def _need(columns: Collection[str], needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in columns]
    if missing:
        raise UsageError(
            f"The file has no column {missing[0]}. It has: {', '.join(columns)}.",
            hint=f"it needs {', '.join(needed)}.",
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if len(text) in (10, 19, 20) else None
    except ValueError:
        return None


def _count(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) and value >= 0 else None
