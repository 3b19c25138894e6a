"""Lift: how much oftener those convert who met something, at first sight and like for like.

Reads  touchpoints, the conversions of the query, persons and what was imported of them
Makes  one row per value of the dimension: naive and adjusted ratio; meta.pairs: the same of two values in order

Naive compares persons: who ever met it against who never did. That flatters whatever meets people who are seen
for long, who are active, or who are about to buy. Adjusted compares days: those in the window after a touch
against those before any, of persons in the same segment, the same calendar week and with as many touches of
other values of late (Mantel-Haenszel, see `measure/rate_ratio.py`). It is an association and no experiment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.at_risk import Timeline
from headwater.report.measure.lives import known
from headwater.report.measure.meta import meta
from headwater.report.measure.rate_ratio import LEAST

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.measure.lives import Known
    from headwater.report.measure.rate_ratio import Compared, Mask, Whole

MOST_ROWS = 50
"""Values where the query names no limit."""
MOST_PAIRED = 20
"""Values that are looked at in order, and pairs that are shown."""
FOUND = (
    "naive", "timed", "adjusted", "low", "high", "taken_away",
    "converted_exposed", "converted_unexposed", "days_exposed", "days_unexposed", "finding",
)  # fmt: skip
NOTE = (
    "Lift is what goes together after adjustment, not what was caused: a touch that meets people at the moment "
    "they want to buy still shows a lift. `headwater report attribution --model incremental` says what would "
    "not have come without it, and an experiment settles it."
)


def lift(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per value of `query.by`, those met by most persons first."""
    by = dimension(query.by, reader=context.reader)
    chosen = selection(context, query)
    met = known(context, query, chosen, by=by, most=max(query.limit or MOST_ROWS, MOST_PAIRED))
    rows, pairs = ([], []) if met is None else _found(met, by=by.name)
    shown = rows[: query.limit or MOST_ROWS]
    return ReportTable(
        report="lift",
        columns=(by.name, "met", "not_met", "converted_met", "converted_not_met", *FOUND),
        rows=shown,
        meta=meta(
            context,
            query,
            chosen,
            by=by.name,
            pairs=pairs,
            persons=0 if met is None else len(met.lives.begin),
            adjusted_for=_adjusted_for(met),
            intervals="95 % for each row, Greenland and Robins, persons as blocks",
            least=LEAST,
            left_out_values=0 if met is None else met.others + len(rows) - len(shown),
            left_out_conversions=0 if met is None else met.left_out,
            notes=[NOTE],
        ),
    )


def _found(met: Known, *, by: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    timeline = Timeline(met.lives)
    converted = np.zeros(len(met.lives.begin), dtype=np.bool_)
    converted[met.lives.conversions.person] = True
    rows = []
    for place, value in enumerate(met.values):
        mine = timeline.persons_of(place)
        came, others = _counts(converted, mine)
        sides = {
            "met": came[0],
            "not_met": others[0],
            "converted_met": came[1],
            "converted_not_met": others[1],
        }
        rows.append({by: value} | sides | finding(timeline.of(place), naive=_naive(came, others)))
    return rows, _pairs(met, timeline, converted)


def _pairs(met: Known, timeline: Timeline, converted: Mask) -> list[dict[str, Any]]:
    """Return the most frequent pairs: who met the first before the second against who met the second without."""
    number = min(len(met.values), MOST_PAIRED)
    counts = timeline.persons_in_order(number)
    order = sorted(
        (
            (int(counts[one, two]), one, two)
            for one in range(number)
            for two in range(number)
            if counts[one, two]
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    rows = []
    for _, earlier, later in order[:MOST_PAIRED]:
        mine, without = timeline.persons_by_order(earlier, later)
        came, others = _counted(converted, mine), _counted(converted, without)
        sides = {
            "met_before": came[0], "met_without": others[0],
            "converted_before": came[1], "converted_without": others[1],
        }  # fmt: skip
        said = finding(timeline.in_order(earlier, later), naive=_naive(came, others))
        rows.append({"earlier": met.values[earlier], "later": met.values[later]} | sides | said)
    return rows


def finding(compared: Compared, *, naive: float | None) -> dict[str, Any]:
    """Return the columns FOUND: ratios with what the adjustment took away of the naive one, or too few."""
    ratio = compared.adjusted()
    return {
        "naive": naive,
        "timed": compared.crude() if ratio else None,
        "adjusted": ratio.ratio if ratio else None,
        "low": ratio.low if ratio else None,
        "high": ratio.high if ratio else None,
        "taken_away": naive - ratio.ratio if ratio and naive is not None else None,
        "converted_exposed": int(compared.is_exposed.sum()),
        "converted_unexposed": int((~compared.is_exposed).sum()),
        "days_exposed": float(compared.exposed_time.sum()),
        "days_unexposed": float(compared.unexposed_time.sum()),
        "finding": said(naive, None if ratio is None else (ratio.ratio, ratio.low, ratio.high)),
    }


def said(naive: float | None, adjusted: tuple[float, float, float] | None) -> str:
    """Return the finding in words.

    >>> said(10.04, (2.1, 1.58, 2.71)), said(10.04, None)
    ('naive 10x, adjusted 2.1x (1.6 to 2.7)', 'too few')
    """
    if adjusted is None:
        return "too few"
    ratio, low, high = (_short(number) for number in adjusted)
    first = f"naive {_short(naive)}x, " if naive is not None else ""
    return f"{first}adjusted {ratio}x ({low} to {high})"


def _short(number: float) -> str:
    digits = 2 if round(number, 2) < 1 else 1 if number < 9.95 else 0
    return f"{number:,.{digits}f}"


def _counts(converted: Mask, mine: Whole) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return persons and how many of them converted, of those met and of all others."""
    came = _counted(converted, mine)
    return came, (len(converted) - came[0], int(converted.sum()) - came[1])


def _counted(converted: Mask, persons: Whole) -> tuple[int, int]:
    return len(persons), int(converted[persons].sum())


def _naive(came: tuple[int, int], others: tuple[int, int]) -> float | None:
    """Return the ratio of the shares that converted; None where a side has too few."""
    if min(came[1], others[1]) < LEAST:
        return None
    return (came[1] / came[0]) / (others[1] / others[0])


def _adjusted_for(met: Known | None) -> list[str]:
    if met is None:
        return []
    days = met.lives.period_days
    return [
        *([f"attribute {met.segment}"] if met.segment else []),
        "calendar week" if days == 7 else f"calendar, {days} days at a time",
        "touches of other values in the 7 and in the 28 days before, in classes",
    ]


REPORT = Report(
    name="lift",
    summary="How much oftener those convert who met it: naive and like for like",
    answer=lift,
)
