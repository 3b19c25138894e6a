"""Attribution: credit, its uncertainty and what was paid for it, one row per value and model.

Reads  the steps of the journeys that the query means, spend
Makes  the dimension, model, conversions and value with a 95 % interval, spend, roas, cpa

Spend adds up to all that was paid, for each model: what no touchpoint explains has rows of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.models import RuleModel
from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.credited import Credit, chosen_models, credited
from headwater.report.measure.intervals import NAMED, NO_MARGIN, NOT_YET, Margin, margins
from headwater.report.measure.meta import meta, totals, unattributed
from headwater.report.measure.spend import spent

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery

MICRO = Decimal("0.000001")
COLUMNS = (
    "model", "conversions", "conversions_low", "conversions_high",
    "value", "value_low", "value_high", "spend", "roas", "cpa",
)  # fmt: skip


def attribution(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per model and value of `query.by`; roas is value by spend, cpa spend by conversion."""
    reader, settings = context.reader, context.settings
    models = chosen_models(context, query.models)
    by = dimension(query.by, reader=reader)
    chosen = selection(context, query)
    result = credited(reader, chosen, by=by, models=models)
    paid = spent(
        reader, query, currency=chosen.currency, home=settings.currency, players=result.by_player.keys()
    )
    off = margins(reader, chosen, by=by, models=models)
    only_paid = sorted(set(paid.by_player) - set(result.by_player))
    players = [*result.ranked(), *only_paid]
    # a player that only has spend has no credit, and that is certain
    certain = {name: NO_MARGIN for name, model in models.items() if isinstance(model, RuleModel)}
    rows = [
        {by.name: player, "model": model}
        | _row(
            result.of(player, model),
            spend=paid.by_player.get(player),
            margin=off.get((player, model), certain.get(model)),
        )
        for model in models
        for player in players[: query.limit]
    ]
    said = {name: NAMED if isinstance(model, RuleModel) else NOT_YET for name, model in models.items()}
    return ReportTable(
        report="attribution",
        columns=(by.name, *COLUMNS),
        rows=rows,
        meta=meta(
            context,
            query,
            chosen,
            models=models,
            unattributed=unattributed(result),
            by=by.name,
            intervals=said,
            total_spend=paid.total,
            unconverted_spend=paid.unconverted,
            left_out_rows=len(players) - len(players[: query.limit]),
            **totals(result),
        ),
    )


def _row(credit: Credit, *, spend: Decimal | None, margin: Margin | None) -> dict[str, Any]:
    money = Decimal(repr(margin.value)) if margin else None
    return {
        "conversions": credit.conversions,
        "conversions_low": max(credit.conversions - margin.conversions, 0.0) if margin else None,
        "conversions_high": credit.conversions + margin.conversions if margin else None,
        "value": credit.value,
        "value_low": _lower(credit.value, money),
        "value_high": (credit.value + money).quantize(MICRO) if money is not None else None,
        "spend": spend,
        "roas": float(credit.value / spend) if spend else None,
        "cpa": _per_conversion(spend, credit.conversions),
    }


def _lower(value: Decimal, margin: Decimal | None) -> Decimal | None:
    """Return the lower end; as conversions, money that came in does not turn negative by chance."""
    if margin is None:
        return None
    return max((value - margin).quantize(MICRO), min(value, Decimal(0)))


def _per_conversion(spend: Decimal | None, conversions: float) -> Decimal | None:
    if spend is None or conversions <= 0:
        return None
    return (spend / Decimal(repr(conversions))).quantize(MICRO)


REPORT = Report(
    name="attribution", summary="Credit with intervals, spend, return and cost", answer=attribution
)
