"""Lag: how many days pass between the first touchpoint and the conversion.

Reads  the journeys that the query means
Makes  days, conversions, share

A day is 24 hours that have passed in full, not a change of the date. Conversions with no touchpoint
in the window have no lag: meta counts them as unattributed, and shares leave them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.query import Report, ReportTable
from headwater.report.filters import selection
from headwater.report.measure.meta import meta
from headwater.report.measure.spread import spread

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery

DAYS = "date_diff('microsecond', first_at, occurred_at) // 86400000000"


def lag(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the conversions by whole days since the first touchpoint in their window."""
    chosen = selection(context, query)
    rows, said = spread(context.reader, chosen, of=DAYS, named="days", query=query)
    return ReportTable(
        report="lag",
        columns=("days", "conversions", "share"),
        rows=rows,
        meta=meta(context, query, chosen, **said),
    )


REPORT = Report(name="lag", summary="Days from the first touchpoint to the conversion", answer=lag)
