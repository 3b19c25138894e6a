"""Reports: one file per report, each a pure function from tables and a query to a table.

Whoever asks (command line, API, Python, dashboard) asks through `answer`; a report appears in all of
them by standing in REPORTS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.errors import UnknownReportError, UsageError
from headwater.report import (
    advice,
    attribution,
    audit,
    budget,
    compare,
    lag,
    lift,
    loss,
    overview,
    paths,
    quality,
    restatement,
    roles,
    spellings,
    touches,
    windows,
)

if TYPE_CHECKING:
    from headwater.contract.query import Report, ReportContext, ReportQuery, ReportTable

REPORTS: dict[str, Report] = {
    module.REPORT.name: module.REPORT
    for module in (
        overview,
        attribution,
        compare,
        paths,
        lag,
        touches,
        roles,
        lift,
        windows,
        advice,
        quality,
        loss,
        audit,
        spellings,
        budget,
        restatement,
    )
}
"""Every report by name."""


def answer(name: str, context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the answer of the report called `name`.

    Raises UnknownReportError, UnknownModelError, UnknownDimensionError, UnknownNameError (a goal, an
    attribute or a currency that does not exist) and UsageError.
    """
    if name not in REPORTS:
        raise UnknownReportError.named(name, known=REPORTS)
    if query.move and not REPORTS[name].moves_money:
        raise UsageError(f"{name} moves no money.", hint="headwater report budget --move FROM:TO:AMOUNT")
    if REPORTS[name].compares_times != (query.between is not None):
        comparing = ", ".join(one.name for one in REPORTS.values() if one.compares_times)
        raise UsageError(
            f"{name} needs two times."
            if query.between is None
            else f"{name} is of one time, not between two.",
            hint=f"headwater report {comparing} --between 2026-05-01 2026-06-01",
        )
    return REPORTS[name].answer(context, query)
