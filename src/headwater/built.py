"""Built: what a build did, and what the tables hold after it.

Reads  events, touchpoints, conversions, persons
Makes  a BuildSummary
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater.engine.duckdb import DuckDB

COUNTS = """
    select
        (select count(*) from events) as events,
        (select count(*) from touchpoints) as touchpoints,
        (select count(*) from conversions) as conversions,
        (select count(distinct person_id) from persons) as persons
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSummary:
    """What a build did: its mode and what the tables hold now."""

    mode: str
    """full, incremental or nothing new"""
    seconds: float
    events: int
    touchpoints: int
    conversions: int
    persons: int

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return asdict(self)


def summary(engine: DuckDB, *, mode: str, started: float) -> BuildSummary:
    """Return what a build that began at `started` (of `time.monotonic`) did."""
    events, touchpoints, conversions, persons = engine.rows(COUNTS)[0]
    return BuildSummary(
        mode=mode,
        seconds=round(time.monotonic() - started, 3),
        events=events,
        touchpoints=touchpoints,
        conversions=conversions,
        persons=persons,
    )
