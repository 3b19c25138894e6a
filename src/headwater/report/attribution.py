"""Attribution: credit, its uncertainty and what was paid for it, one row per value and model.

Reads  the steps of the journeys that the query means, spend
Makes  the dimension, model, conversions and value with a 95 % interval, spend, roas, cpa, and the rank

Spend adds up to all that was paid, for each model: what no touchpoint explains has rows of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.models import PathModel
from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.credited import Credit, chosen_models, credited
from headwater.report.measure.guard import cautions, guard, guarded
from headwater.report.measure.intervals import Spread, spreads
from headwater.report.measure.meta import meta, totals, unattributed
from headwater.report.measure.ranks import ranks
from headwater.report.measure.runs import journeys_kept
from headwater.report.measure.spend import spent

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery

MICRO = Decimal("0.000001")
COLUMNS = (
    "model", "conversions", "conversions_low", "conversions_high",
    "value", "value_low", "value_high", "spend", "roas", "cpa",
    "rank", "rank_low", "rank_high", "above_next",
)  # fmt: skip


def attribution(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per model and value of `query.by`; roas is value by spend, cpa spend by conversion."""
    reader, settings = context.reader, context.settings
    models = chosen_models(context, query.models)
    by = dimension(query.by, reader=reader)
    chosen = selection(context, query)
    solves = any(isinstance(model, PathModel) for model in models.values())
    kept = journeys_kept(reader, chosen, by=by) if solves else None
    stored = kept.runs if kept and by.name == "channel" and not chosen.with_flagged else None
    result = credited(reader, chosen, by=by, models=models, stored=stored, bounded=True)
    paid = spent(
        reader, query, currency=chosen.currency, home=settings.currency, players=result.by_player.keys()
    )
    off = spreads(reader, chosen, by=by, models=models, kept=kept, read=result.fitted)
    only_paid = sorted(set(paid.by_player) - set(result.by_player))
    players = [*result.ranked(), *only_paid]
    rows = []
    for model in models:
        spread = off[model]
        known = spread if isinstance(spread, Spread) else None
        stands = ranks({player: result.of(player, model).conversions for player in result.by_player}, known)
        rows += [
            {by.name: player, "model": model}
            | _row(result.of(player, model), player, spend=paid.by_player.get(player), spread=known)
            | stands.get(player, {})
            for player in players[: query.limit]
        ]
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
            intervals={name: one.method if isinstance(one, Spread) else one for name, one in off.items()},
            total_spend=paid.total,
            unconverted_spend=paid.unconverted,
            left_out_rows=len(players) - len(players[: query.limit]),
            **guarded(models, guard(models, result, off, broken=cautions(reader, models, query.goal))),
            **totals(result),
        ),
    )


def _row(credit: Credit, player: str, *, spend: Decimal | None, spread: Spread | None) -> dict[str, Any]:
    low, high = spread.conversions(player, credit.conversions) if spread else (None, None)
    ends = spread.value(player, float(credit.value)) if spread else ()
    value_low, value_high = (Decimal(repr(end)).quantize(MICRO) for end in ends) if ends else (None, None)
    return {
        "conversions": credit.conversions,
        "conversions_low": low,
        "conversions_high": high,
        "value": credit.value,
        "value_low": value_low,
        "value_high": value_high,
        "spend": spend,
        "roas": float(credit.value / spend) if spend else None,
        "cpa": _per_conversion(spend, credit.conversions),
    }


def _per_conversion(spend: Decimal | None, conversions: float) -> Decimal | None:
    if spend is None or conversions <= 0:
        return None
    return (spend / Decimal(repr(conversions))).quantize(MICRO)


REPORT = Report(
    name="attribution", summary="Credit with intervals, spend, return and cost", answer=attribution
)
