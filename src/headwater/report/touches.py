"""Touches: how many touchpoints come before a conversion.

Reads  the journeys that the query means
Makes  touches, conversions, share

Conversions with no touchpoint in the window have a row of their own, with 0 touches; so the shares
add up to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.query import Report, ReportTable
from headwater.report.filters import selection
from headwater.report.measure.meta import meta
from headwater.report.measure.spread import spread

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery


def touches(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the conversions by the number of touchpoints in their window."""
    chosen = selection(context, query)
    rows, said = spread(context.reader, chosen, of="step_count", named="touches", query=query)
    return ReportTable(
        report="touches",
        columns=("touches", "conversions", "share"),
        rows=rows,
        meta=meta(context, query, chosen, **said),
    )


REPORT = Report(name="touches", summary="How many touchpoints conversions take", answer=touches)
