"""Advice: which model and window fit this business, and what each model is known to get wrong here.

Reads  what the reports `windows`, `roles` and `compare` read
Makes  topic, advice, because, numbers

`advised` is a pure function of a few numbers: each rule is one `if`, and says the number that it rests
on. No model here is the truth; the advice is which to read first, and beside which.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.biases import biases
from headwater.report.measure.business import Business, business
from headwater.report.measure.credited import chosen_models, credited
from headwater.report.measure.guard import cautions, guard, recommended_model
from headwater.report.measure.meta import meta, totals, unattributed
from headwater.report.render import plain
from headwater.report.roles import roles
from headwater.report.windows import windows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.contract.settings import Settings
    from headwater.report.measure.guard import Verdict

MOSTLY = 0.8
"""Share of journeys of one touch from which on models hardly differ."""
SHORT_DAYS, LONG_DAYS, LONG_TOUCHES = 3.0, 14.0, 5.0
"""Median lag and touches that make a short and a long decision."""
STAGED = 0.2
"""Share of converting persons who were an opportunity before, from which on a sale has stages."""
OFTEN = 0.2
"""Share of direct visits at the end, or of customers who come back, that is worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One piece of advice; `numbers` are those that it rests on."""

    topic: str
    advice: str
    because: str
    numbers: dict[str, Any] = field(default_factory=dict)


def advice(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the advice for what the query means, the model first, biases of all models last."""
    models = chosen_models(context, query.models or tuple(context.models))
    by = dimension(query.by, reader=context.reader)
    chosen = selection(context, query)
    result = credited(context.reader, chosen, by=by, models=models)
    verdicts = guard(models, result, broken=cautions(context.reader, models, query.goal))
    found = business(context.reader, chosen)
    given = [
        *advised(
            found,
            settings=context.settings,
            models=context.models,
            verdicts=verdicts,
            data_driven=recommended_model(models, verdicts) if verdicts else None,
            window=windows(context, replace(query, models=(), window=None)).meta,
        ),
        *(
            Advice(topic="protect", advice=f"do not cut {row[query.by]} by its last clicks", because=row["warning"],
                   numbers={"gap": row["gap"], "gap_value": row["gap_value"]})
            for row in roles(context, query).meta["warnings"]
        ),
        *(
            Advice(topic=f"bias of {name}", advice=said, because=shown, numbers=numbers)
            for name, said, shown, numbers in biases(models, result)
        ),
    ]  # fmt: skip
    shown = given[: query.limit]
    return ReportTable(
        report="advice",
        columns=("topic", "advice", "because", "numbers"),
        rows=[
            {"topic": one.topic, "advice": one.advice, "because": one.because, "numbers": _named(one.numbers)}
            for one in shown
        ],
        meta=meta(
            context,
            query,
            chosen,
            models=models,
            unattributed=unattributed(result),
            by=by.name,
            left_out_rows=len(given) - len(shown),
            **totals(result),
        ),
    )


def _named(numbers: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the numbers as pairs of name and text: rows of one table have to be alike at every door."""
    return [{"name": name, "value": str(plain(value))} for name, value in numbers.items()]


def advised(
    found: Business,
    *,
    settings: Settings,
    models: Collection[str],
    verdicts: Mapping[str, Verdict],
    data_driven: Mapping[str, str] | None,
    window: Mapping[str, Any],
) -> Iterator[Advice]:
    """Yield the advice for a business; `window` is the meta of the report `windows`.

    `data_driven` is what the volume guard recommends, which may be a rule model for want of volume.
    """
    if not found.touched:
        yield Advice(
            topic="model",
            advice="none yet",
            because="no conversion has a touch in the window: there is nothing to divide",
            numbers={"conversions": found.conversions},
        )
        return
    rule, why, numbers = fitting_rule(found)
    learned = data_driven["model"] if data_driven and data_driven["model"] in verdicts else None
    if learned:
        yield Advice(
            topic="model",
            advice=f"{learned}, beside {rule}",
            because=f"{data_driven['why'] if data_driven else ''}; as a rule {rule} fits: {why}",
            numbers=numbers | {"conversions": found.conversions, "channels": found.channels},
        )
    else:
        few = f"; {data_driven['why']}" if data_driven else ""
        yield Advice(topic="model", advice=rule, because=why + few, numbers=numbers)
    for name, verdict in verdicts.items():
        if verdict.verdict != "trusted":
            yield Advice(
                topic="volume",
                advice=f"read {name} with its intervals"
                if verdict.instead is None
                else f"do not go by {name}",
                because=verdict.why,
                numbers={"half_width": verdict.half_width, "conversions": found.conversions},
            )
    yield from _window(window)
    yield from _half_life(found, settings)
    yield from _circumstances(found, models)


def fitting_rule(found: Business) -> tuple[str, str, dict[str, Any]]:
    """Return the rule model that fits, why, and the numbers behind it."""
    lag, touches = found.median_lag_days or 0.0, found.median_touches or 0.0
    staged = found.opportunities / found.persons if found.persons else 0.0
    numbers = {"median_lag_days": lag, "median_touches": touches}
    if staged >= STAGED:
        return (
            "w_shaped",
            (
                f"sales have stages: {found.opportunities:,} of {found.persons:,} customers were an opportunity first,"
                f" {found.leads:,} a lead, and the touches that made them so are worth more"
            ),
            {"opportunities": found.opportunities, "leads": found.leads, "persons": found.persons},
        )
    if (found.one_touch_share or 0.0) >= MOSTLY:
        return (
            "last_non_direct",
            f"{found.one_touch_share:.0%} of the journeys have one touch: models hardly differ, and it is easiest to explain",
            {"one_touch_share": found.one_touch_share},
        )
    if lag < SHORT_DAYS and touches < LONG_TOUCHES:
        return (
            "time_decay",
            f"decisions are short: {_days(lag)} and {touches:g} touches in the median, so what came just before counts",
            numbers,
        )
    if lag >= LONG_DAYS or touches >= LONG_TOUCHES:
        return (
            "position",
            (
                f"decisions are long: {_days(lag)} and {touches:g} touches in the median, so that who began them"
                " would be forgotten by a model of the end"
            ),
            numbers,
        )
    return (
        "linear",
        f"{_days(lag)} and {touches:g} touches in the median: nothing speaks for one end",
        numbers,
    )


def _window(said: Mapping[str, Any]) -> Iterator[Advice]:
    best = said["recommended"]
    if best["window"] is None:
        return
    caution = f"; {best['caution']}" if best["caution"] else ""
    kept = "keep " if best["window"] == said["used"] else ""
    yield Advice(
        topic="window",
        advice=f"{kept}{best['window']}" + ("" if kept else f" instead of {said['used']}"),
        because=best["because"] + caution,
        numbers={"days": best["days"]},
    )


def _half_life(found: Business, settings: Settings) -> Iterator[Advice]:
    lag = found.median_lag_days or 0.0
    fits = max(round(lag, 1), 0.5)
    if not 0.5 <= settings.half_life_days / fits <= 2:
        yield Advice(
            topic="half_life",
            advice=f"half_life_days = {fits:g} instead of {settings.half_life_days:g}",
            because=f"the median lag is {_days(lag)}: time_decay with {settings.half_life_days:g} days"
            + (
                " hardly differs from linear"
                if settings.half_life_days > fits
                else " forgets what began journeys"
            ),
            numbers={"median_lag_days": lag},
        )


def _circumstances(found: Business, models: Collection[str]) -> Iterator[Advice]:
    if (found.direct_close_share or 0.0) >= OFTEN:
        yield Advice(
            topic="direct",
            advice="read last_non_direct rather than last, and check the tags",
            because=f"{found.direct_close_share:.0%} of the journeys end with a direct visit, which is nobody's work",
            numbers={"direct_close_share": found.direct_close_share},
        )
    if (found.repeat_share or 0.0) >= OFTEN:
        yield Advice(
            topic="repeat",
            advice="look at new customers apart (--segment), and keep the window short",
            because=f"{found.repeat_share:.0%} of the customers bought more than once: a long window credits the"
            " touches of earlier purchases again",
            numbers={"repeat_share": found.repeat_share, "persons": found.persons},
        )
    if "engaged" in models and (found.measured_share or 0.0) >= OFTEN:
        yield Advice(
            topic="engagement",
            advice="compare linear with engaged",
            because=f"{found.measured_share:.0%} of the touchpoints are visits in which more happened than their landing",
            numbers={"measured_share": found.measured_share},
        )
    if not found.spend_rows:
        yield Advice(
            topic="spend",
            advice="import spend (--as spend)",
            because="there is none: credit without cost says nothing about return",
            numbers={"spend_rows": 0},
        )
    if found.experiments:
        yield Advice(
            topic="experiments",
            advice="keep them coming, one per channel and season",
            because=f"{found.experiments:,} results of experiments are there: they say what no model of journeys can",
            numbers={"experiments": found.experiments},
        )
    else:
        yield Advice(
            topic="experiments",
            advice="run a hold-out on the channel that costs most (import --as experiments)",
            because="there is none, and what would have come anyway is what journeys alone show least",
            numbers={"experiments": 0},
        )


def _days(days: float) -> str:
    return f"{days:.1f} days" if days >= 1 else f"{days * 24:.0f} hours"


REPORT = Report(
    name="advice", summary="Which model and window fit, and each model's bias here", answer=advice
)
