"""Guard: whether there is enough volume to trust what a data-driven model says, and what to use instead.

Reads  the credits of the models, and their standard errors where they are known
Makes  a verdict for each model that learns from the data, and the model that is recommended

A model's main values are the largest ones that hold 80 % of its credit together. What counts is how wide
their 95 % intervals are, on either side and as a share of the credit, on average. So the guard asks for as much
as the question needs: few channels get by with less than many campaigns do. Where the data breaks what a fitted model
assumes, its numbers ask for care however narrow the intervals are. What a model gets wrong by its rule is not judged.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Any

from headwater.contract.models import FittedModel, PathModel, RuleModel
from headwater.report.measure.intervals import Spread, Z
from headwater.report.measure.rows import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.contract.models import Model
    from headwater.contract.ports import Reader
    from headwater.report.measure.credited import Credited

MAIN_SHARE = 0.8
"""Share of the credit that the main values hold: what a budget is decided by."""
TRUSTED = 0.25
"""Half-width up to which numbers are trusted. A credit of 61 conversions has it, so that five main channels
need about 300: the volume that Google Ads asked for before it offered a data-driven model."""
WITH_CARE = 0.5
"""Half-width beyond which numbers are not trusted. A credit of 15 conversions has it; with fewer than about ten
for each thing to be learned, what is learned is not stable (Peduzzi et al. 1996, on events per variable)."""
LEAST_CONVERSIONS = 50
"""With fewer conversions the interval itself is not to be trusted: in simulated markets it covers too seldom."""
FALLBACK = "linear"
"""What needs no volume to be what it says, and favours neither those who open nor those who close."""
MACRO = "select distinct goal from conversions where is_macro"
COARSER = "ask for a longer period, a coarser dimension or an earlier goal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the guard says of one model and one question."""

    verdict: str
    """trusted, with_care or not_trusted"""
    why: str
    half_width: float | None
    """Mean half-width of the main values' intervals, as a share of their credit; None where nothing is credited."""
    conversions: float
    """All that there were to credit."""
    main_values: int
    instead: str | None
    """The model to use instead, where this one is not to be trusted."""


def cautions(reader: Reader, models: Mapping[str, Model], goal: str | None = None) -> dict[str, str]:
    """Return by fitted model what the data breaks of what it assumes, each said once; of one goal or every macro goal."""
    asked = {goal} if goal else {row["goal"] for row in rows(reader, MACRO)}
    found = {}
    for name, model in models.items():
        if isinstance(model, FittedModel) and model.cautions_sql:
            said = [row["caution"] for row in rows(reader, model.cautions_sql) if row["goal"] in asked]
            if said:
                found[name] = "; ".join(dict.fromkeys(part for one in said for part in one.split("; ")))
    return found


def guard(
    models: Mapping[str, Model],
    result: Credited,
    spreads: Mapping[str, Spread | str] | None = None,
    *,
    broken: Mapping[str, str] | None = None,
) -> dict[str, Verdict]:
    """Return the verdict on each of `models` that learns from the data: all but the rule models.

    Without spreads the error of a credit is taken as its root, as if each conversion came alone. `broken` says by
    model what the data breaks of what it assumes.
    """
    found = {}
    for name, model in models.items():
        if isinstance(model, RuleModel):
            continue
        spread = (spreads or {}).get(name)
        if isinstance(spread, str):
            found[name] = _unknown(spread)
            continue
        credit = {player: result.of(player, name).conversions for player in result.by_player}
        errors = {
            player: spread.error_of({player: 1.0}) if spread else sqrt(max(amount, 0.0))
            for player, amount in credit.items()
        }
        verdict = verdict_on(credit, errors, conversions=result.total.conversions)
        found[name] = _careful(verdict, broken[name]) if broken and name in broken else verdict
    return found


def verdict_on(credit: Mapping[str, float], errors: Mapping[str, float], *, conversions: float) -> Verdict:
    """Return the verdict on credits by player with their standard errors; `conversions` were there to credit."""
    whole = sum(amount for amount in credit.values() if amount > 0)
    main, held = [], 0.0
    for player in sorted(credit, key=lambda player: (-credit[player], player)):
        if held >= MAIN_SHARE * whole or credit[player] <= 0:
            break
        main.append(player)
        held += credit[player]
    few = conversions < LEAST_CONVERSIONS
    too_few = f"{conversions:,.0f} conversions are fewer than the {LEAST_CONVERSIONS} that an interval needs"
    if not main:
        return Verdict(
            verdict="not_trusted",
            why=f"nothing is credited: {too_few}" if few else "nothing is credited",
            half_width=None,
            conversions=round(conversions, 6),
            main_values=0,
            instead=FALLBACK,
        )
    width = sum(Z * errors[player] for player in main) / held
    named = "trusted" if width <= TRUSTED else "with_care" if width <= WITH_CARE else "not_trusted"
    said = f"the main values ({len(main)}) are known to within {width:.0%} on average"
    if few:
        named = "not_trusted"
        said = too_few
    return Verdict(
        verdict=named,
        why=said if named == "trusted" else f"{said}: {_limit(named, few=few)}",
        half_width=round(width, 6),
        conversions=round(conversions, 6),
        main_values=len(main),
        instead=FALLBACK if named == "not_trusted" else None,
    )


def _careful(verdict: Verdict, caution: str) -> Verdict:
    named = "with_care" if verdict.verdict == "trusted" else verdict.verdict
    return replace(verdict, verdict=named, why=f"{verdict.why}; {caution}")


def recommended_model(models: Mapping[str, Model], verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    """Return the model to go by, of those that were judged, and why.

    A fitted model comes before one of paths, since it knows what would have come anyway; of one kind the
    first in the registry; one that is trusted before one that asks for care. Else it is a rule model.
    """
    for wanted in ("trusted", "with_care"):
        for fitted in (True, False):
            for name, model in models.items():
                is_fitted = not isinstance(model, RuleModel | PathModel)
                if name in verdicts and verdicts[name].verdict == wanted and is_fitted == fitted:
                    return {"model": name, "why": verdicts[name].why}
    return {"model": FALLBACK, "why": f"no data-driven model has the volume that it needs; {COARSER}"}


def guarded(models: Mapping[str, Model], verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """Return what meta says: `guard` by model, `recommended`, and `notes` for people to read."""
    if not verdicts:
        return {}
    return {
        "guard": {name: asdict(verdict) for name, verdict in verdicts.items()},
        "recommended": recommended_model(models, verdicts),
        "notes": [
            f"{name}: {verdict.why}"
            + (
                f". Use {verdict.instead} instead, or {COARSER}."
                if verdict.instead
                else "; read the intervals."
            )
            for name, verdict in verdicts.items()
            if verdict.verdict != "trusted"
        ],
    }


def _limit(named: str, *, few: bool) -> str:
    if few:
        return "too few"
    return f"up to {TRUSTED:.0%} is firm" if named == "with_care" else f"beyond {WITH_CARE:.0%} is noise"


def _unknown(reason: str) -> Verdict:
    return Verdict(
        verdict="not_trusted",
        why=f"its uncertainty is not known ({reason})",
        half_width=None,
        conversions=0.0,
        main_values=0,
        instead=FALLBACK,
    )
