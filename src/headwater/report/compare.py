"""Compare: models side by side, one row per value of the dimension.

Reads  the steps of the journeys that the query means
Makes  the dimension, then for each model M the columns `M` (conversions) and `M_value` (money)

Rows and what meta calls unattributed add up to the total, for every model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.credited import Credited, chosen_models, credited
from headwater.report.measure.guard import cautions, guard, guarded
from headwater.report.measure.meta import meta, totals, unattributed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from headwater.contract.query import ReportContext, ReportQuery


def compare(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per value of `query.by` with what each model credits to it."""
    models = chosen_models(context, query.models)
    by = dimension(query.by, reader=context.reader)
    chosen = selection(context, query)
    result = credited(context.reader, chosen, by=by, models=models)
    players = result.ranked()
    shown = players[: query.limit]
    return ReportTable(
        report="compare",
        columns=(by.name, *(column for model in models for column in (model, f"{model}_value"))),
        rows=[{by.name: player, **_credits(result, player, models)} for player in shown],
        meta=meta(
            context,
            query,
            chosen,
            models=models,
            unattributed=unattributed(result),
            by=by.name,
            left_out_rows=len(players) - len(shown),
            **guarded(models, guard(models, result, broken=cautions(context.reader, models, query.goal))),
            **totals(result),
        ),
    )


def _credits(result: Credited, player: str, models: Iterable[str]) -> dict[str, Any]:
    row: dict[str, float | Decimal] = {}
    for model in models:
        credit = result.of(player, model)
        row |= {model: credit.conversions, f"{model}_value": credit.value}
    return row


REPORT = Report(name="compare", summary="Models side by side, by channel or any dimension", answer=compare)
