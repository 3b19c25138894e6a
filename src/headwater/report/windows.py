"""Windows: what a shorter window loses, of which channel, and which window is long enough.

Reads  the journeys of the query in the widest window, touchpoints, conversions
Makes  one row per window; meta holds `channels`, `survival` and `recommended`

The widest window takes every earlier touch. What a shorter one loses is the credit that the widest
gives to touches older than it; nothing is divided anew, so losses only grow as windows shrink.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.errors import UsageError
from headwater.contract.models import RuleModel
from headwater.contract.query import ALL_TIME, Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import bounds, selection
from headwater.report.measure.ages import PATHS, Ages, ages
from headwater.report.measure.credited import chosen_models
from headwater.report.measure.meta import meta, window_text
from headwater.report.measure.rows import one
from headwater.report.measure.survival import FIRST, LAST, curves
from headwater.report.measure.windows import built_window

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.filters import Selection
    from headwater.report.measure.survival import Curve

DAYS = (1, 3, 7, 14, 30, 60, 90)
"""Windows that are always shown, beside the one in use and every earlier touch."""
MODEL = "linear"
"""Whose credit is looked at where no model is named."""
HOLDS = 0.95
"""Share of conversions and of credit that the recommended window holds."""
MOST_CHANNELS = 50
"""Channels in meta where the query names no limit."""
COLUMNS = (
    "window", "conversions", "value", "unattributed", "unattributed_value", "unattributed_share",
    "unattributed_value_share", "credit_held", "own_held", "openings_held", "openings_expected",
    "most_lost", "most_lost_share",
)  # fmt: skip


def windows(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per window, the shortest first, by the credit of one rule model.

    Raises UsageError for a model that does not know the credit of a single touch from its place.
    """
    name, model = _model(context, query)
    lengths = _lengths(context, query)
    by = dimension(query.by, reader=context.reader)
    widest = replace(query, window=ALL_TIME)
    chosen = selection(context, widest)
    found = ages(context.reader, chosen, by=by, model=model, windows=lengths)
    whole = _whole(context, chosen)
    until = bounds(query, zone=context.settings.time_zone)[1]
    ever = selection(context, replace(widest, since=None))
    lags = curves(context.reader, ever, until=until)
    lost = sorted(
        found.credit, key=lambda player: (-found.lost(player, 0), -sum(found.credit[player]), player)
    )
    shown = lost[: query.limit or MOST_CHANNELS]
    rows = [
        _row(window, place, found=found, whole=whole, lag=lags[FIRST]) for place, window in enumerate(lengths)
    ]
    return ReportTable(
        report="windows",
        columns=COLUMNS,
        rows=rows,
        meta=meta(
            context,
            query,
            chosen,
            models=[name],
            by=by.name,
            model=name,
            used=window_text(built_window(context.settings)),
            recommended=recommended(lengths, found=found, lag=lags[FIRST]),
            unattributed={
                name: {"conversions": rows[-1]["unattributed"], "value": rows[-1]["unattributed_value"]}
            },
            channels=[_channel(player, by.name, lengths, found) for player in shown],
            left_out_channels=len(lost) - len(shown),
            survival=_survival(lengths, lags),
            survival_of={touch: _said(curve) for touch, curve in lags.items()},
            left_out_conversions=whole["untimed"],
        ),
    )


def _model(context: ReportContext, query: ReportQuery) -> tuple[str, RuleModel]:
    models = chosen_models(context, query.models[:1] or (MODEL,))
    name, model = next(iter(models.items()))
    if len(query.models) > 1 or not isinstance(model, RuleModel):
        rules = [one for one, kind in context.models.items() if isinstance(kind, RuleModel)]
        raise UsageError(
            f"`windows` looks at the credit of one rule model, not of {', '.join(query.models)}.",
            hint=f"name one of {', '.join(rules)}.",
        )
    return name, model


def _lengths(context: ReportContext, query: ReportQuery) -> list[timedelta]:
    named = [timedelta(days=days) for days in DAYS]
    given = [query.window] if query.window else []
    return sorted(
        {min(window, ALL_TIME) for window in (*named, *given, built_window(context.settings), ALL_TIME)}
    )


def _whole(context: ReportContext, chosen: Selection) -> dict[str, Any]:
    """Return all conversions and their value, and those of aggregated paths, which have no times."""
    timed = f"person_id is null or person_id not in ({PATHS})"
    return one(
        context.reader,
        f"""
        select cast(coalesce(sum(case when {timed} then conversion_count end), 0) as bigint) as conversions,
            cast(coalesce(sum(case when {timed} then net_value end), 0) as decimal(38,6)) as value,
            cast(coalesce(sum(case when {timed} then 0 else conversion_count end), 0) as bigint) as untimed
        from ({chosen.conversions}) as chosen
        """,
    )


def _row(window: timedelta, place: int, *, found: Ages, whole: dict[str, Any], lag: Curve) -> dict[str, Any]:
    touched = sum(found.closed[: place + 1])
    value = sum(found.closed_value[: place + 1], Decimal(0))
    most = max(found.credit, key=lambda player: (found.lost(player, place), player), default=None)
    lost = found.lost(most, place) if most is not None else 0.0
    return {
        "window": window_text(window),
        "conversions": touched,
        "value": value,
        "unattributed": whole["conversions"] - touched,
        "unattributed_value": whole["value"] - value,
        "unattributed_share": _part(whole["conversions"] - touched, whole["conversions"]),
        "unattributed_value_share": _part(float(whole["value"] - value), float(whole["value"])),
        "credit_held": found.within(place),
        "own_held": found.own_within(place),
        "openings_held": found.opened_within(place),
        "openings_expected": lag.expected_within(_hours(window)),
        "most_lost": most if lost else None,
        "most_lost_share": _part(lost, sum(found.credit[most])) if most is not None and lost else None,
    }


def _channel(player: str, by: str, lengths: list[timedelta], found: Ages) -> dict[str, Any]:
    """Return a player's credit in the widest window, and what each shorter one loses of it."""
    row: dict[str, Any] = {
        by: player,
        "credit": sum(found.credit[player]),
        "value": sum(found.value[player], Decimal(0)),
    }
    for place, window in enumerate(lengths[:-1]):
        row[f"lost_{window_text(window)}"] = found.lost(player, place)
    return row


def recommended(lengths: list[timedelta], *, found: Ages, lag: Curve) -> dict[str, Any]:
    """Return the shortest window that holds HOLDS of the conversions and of their own credit, with the reason.

    Touches before the person's previous conversion belong to an earlier purchase and are left aside.
    """
    if not sum(found.closed):
        return {"window": None, "days": None, "because": "no conversion has a touch before it"}
    place = next(
        place
        for place in range(len(lengths))
        if min(found.closed_within(place), found.own_within(place)) >= HOLDS or place == len(lengths) - 1
    )
    window = lengths[place]
    because = (
        f"the shortest window that holds {HOLDS:.0%} of what the widest holds: {found.closed_within(place):.1%} of"
        f" the conversions with a touch and {found.own_within(place):.1%} of the credit of touches since the"
        " previous conversion"
    )
    if place:
        shorter = lengths[place - 1]
        because += (
            f"; {window_text(shorter)} would hold {found.closed_within(place - 1):.1%}"
            f" and {found.own_within(place - 1):.1%}"
        )
    return {
        "window": window_text(window),
        "days": None if window >= ALL_TIME else window / timedelta(days=1),
        "because": because,
        "caution": _caution(window, lag),
    }


def _caution(window: timedelta, lag: Curve) -> str | None:
    """Return what the data cannot say about the window: lags longer than they were watched."""
    if not lag.horizon:
        return "too few conversions or too short a time to say how many are still to come"
    days = lag.horizon / 24
    if _hours(window) * 2 > lag.horizon:
        return f"persons were watched for {days:.0f} days: longer lags cannot be seen yet"
    seen, expected = lag.observed_within(_hours(window)), lag.expected_within(_hours(window))
    if seen is not None and expected is not None and seen - expected > 1 - HOLDS:
        return (
            f"of all first touches that lead to a conversion within {days:.0f} days it holds {expected:.1%}, not the"
            f" {seen:.1%} seen so far: late conversions are still to come"
        )
    return None


def _survival(lengths: list[timedelta], lags: dict[str, Curve]) -> list[dict[str, Any]]:
    """Return, by window, the share of conversions that came and that are expected within it."""
    return [
        {
            "window": window_text(window),
            "first_touch_seen": lags[FIRST].observed_within(_hours(window)),
            "first_touch_expected": lags[FIRST].expected_within(_hours(window)),
            "last_touch_seen": lags[LAST].observed_within(_hours(window)),
            "last_touch_expected": lags[LAST].expected_within(_hours(window)),
        }
        for window in lengths
    ]


def _said(curve: Curve) -> dict[str, Any]:
    return {
        "conversions": curve.conversions,
        "open_waits": curve.open,
        "horizon_days": curve.horizon / 24 if curve.horizon else None,
    }


def _hours(window: timedelta) -> float:
    return window / timedelta(hours=1)


def _part(part: float, whole: float) -> float | None:
    return part / whole if whole else None


REPORT = Report(
    name="windows", summary="What shorter windows lose, and which one is long enough", answer=windows
)
