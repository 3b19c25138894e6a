"""Explain: why a conversion was credited as it was, touchpoint by touchpoint.

Reads  conversions, touchpoints, journey_steps, credits, and what the models say that their shares rest on
Makes  one dictionary of plain JSON values: the conversion, and every touchpoint of its person

Touchpoints that earned nothing are listed as well, with the reason. For each model the shares and what it
leaves to nobody add up to 1, and the values to the net value, exactly.
"""

from __future__ import annotations

from decimal import Decimal
from math import fsum
from typing import TYPE_CHECKING, Any

from headwater.contract.errors import NotFoundError, UnknownModelError
from headwater.contract.models import RuleModel
from headwater.contract.steps import literal
from headwater.report.measure.rows import rows
from headwater.report.measure.windows import built_window
from headwater.report.render import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from headwater.contract.models import Behind
    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportContext
    from headwater.contract.settings import Settings

AFTER = "after_conversion"
OUTSIDE = "outside_window"
NOT_BUILT = "not_built"
"""The touchpoint belongs in the journey, but the tables were built before it came."""
FLAGGED = "flagged: "
"""Before the flag of a touchpoint that is no good one."""
UNCREDITED = "uncredited_kind"
"""The settings name the touchpoint's kind in uncredited_kinds: it is shown and earns nothing."""
DIRECT = "direct: this model passes over direct visits while there is any other touchpoint"
NOISE = 1e-9
"""A rest below this comes from the digits of floating point."""

TOUCH = (
    "touchpoint_id", "occurred_at", "kind", "channel", "source", "medium", "campaign", "content", "term",
    "ad_id", "click_id_name", "click_id", "landing_page", "referrer", "cost", "flag",
)  # fmt: skip


def explanation(context: ReportContext, conversion_id: str, model: str | None = None) -> dict[str, Any]:
    """Return the conversion and its person's touchpoints with credit, value and reasons.

    `{"conversion": {..., "unattributed": {model: share}, "unattributed_value": {model: decimal}}, "touches":
    [{"touchpoint_id", "occurred_at", "channel", ..., "step", "credit": {model: share}, "value": {model: decimal},
    "left_out": reason or None, "notes": {model: why}, "behind": {model: facts}, "without": {model: facts}}]}`.
    `behind` and `without` are there for models that learn from data (see `contract.models.Behind`).
    Raises NotFoundError for a conversion that is not there and UnknownModelError.
    """
    if model is not None and model not in context.models:
        raise UnknownModelError.named(model, known=context.models)
    conversion = _conversion(context.reader, conversion_id)
    credit = _credit(context.reader, conversion_id, model)
    asked = (model,) if model else tuple(context.models)
    behind = _behind(context, conversion_id, asked) if credit else {}
    touches = [
        _touch(
            touch,
            conversion,
            credit=credit.get(touch["touchpoint_id"], []),
            behind={name: found[touch["touchpoint_id"]] for name, found in behind.items() if touch["step"]},
            settings=context.settings,
        )
        for touch in _touches(context.reader, conversion)
    ]
    said = _unattributed(conversion, credit.values(), asked) | {
        "touches_in_journey": sum(touch["step"] is not None for touch in touches),
        "window": plain(built_window(context.settings)),
        "settings_version": context.settings.version(),
    }
    found: dict[str, Any] = plain({"conversion": _shown(conversion) | said, "touches": touches})
    return found


def _conversion(reader: Reader, conversion_id: str) -> dict[str, Any]:
    found = rows(reader, "select * from conversions where conversion_id = ?", [conversion_id])
    if not found:
        raise NotFoundError(
            f"There is no conversion {conversion_id!r}.",
            hint='list some with `headwater sql "select conversion_id, goal from conversions limit 10"`; '
            "after an import, run `headwater build`.",
        )
    return found[0]


def _shown(conversion: dict[str, Any]) -> dict[str, Any]:
    """Return the conversion with the person as text: browsers lose digits of numbers so long."""
    return conversion | {"person_id": str(conversion["person_id"])}


def _touches(reader: Reader, conversion: dict[str, Any]) -> list[dict[str, Any]]:
    columns = ", ".join(f't."{name}"' for name in TOUCH)
    return rows(
        reader,
        f"""
        select {columns}, s.step
        from touchpoints as t
        left join (select touchpoint_id, step from journey_steps where conversion_id = ?) as s
            on s.touchpoint_id = t.touchpoint_id
        where t.person_id = ? order by t.occurred_at, t.touchpoint_id
        """,
        [conversion["conversion_id"], conversion["person_id"]],
    )


def _credit(reader: Reader, conversion_id: str, model: str | None) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of `credits` by touchpoint."""
    only = f"and model = {literal(model)}" if model else ""
    credits_given = rows(
        reader,
        f"""
        select touchpoint_id, model, weight, value from credits
        where conversion_id = ? {only} order by model
        """,
        [conversion_id],
    )
    by_touchpoint: dict[str, list[dict[str, Any]]] = {}
    for row in credits_given:
        by_touchpoint.setdefault(row["touchpoint_id"], []).append(row)
    return by_touchpoint


def _unattributed(
    conversion: dict[str, Any], credit: Iterable[list[dict[str, Any]]], models: Iterable[str]
) -> dict[str, Any]:
    """Return what each model leaves to nobody: all of it where there is no touchpoint."""
    given = [row for rows_ in credit for row in rows_]
    shares: dict[str, float] = {}
    values: dict[str, Decimal] = {}
    for model in models:
        mine = [row for row in given if row["model"] == model]
        left = 1 - fsum(row["weight"] for row in mine)
        shares[model] = 0.0 if abs(left) < NOISE else left
        values[model] = conversion["net_value"] - sum((row["value"] for row in mine), Decimal(0))
    return {"unattributed": shares, "unattributed_value": values}


def _behind(
    context: ReportContext, conversion_id: str, models: Iterable[str]
) -> dict[str, Mapping[str, Behind]]:
    """Return by model and touchpoint what the shares rest on, for the models that can say so."""
    known = {name: context.models[name] for name in models}
    return {
        name: model.behind(context.reader, conversion_id)
        for name, model in known.items()
        if not isinstance(model, RuleModel) and model.behind
    }


def _touch(
    touch: dict[str, Any],
    conversion: dict[str, Any],
    *,
    credit: list[dict[str, Any]],
    behind: Mapping[str, Behind],
    settings: Settings,
) -> dict[str, Any]:
    return touch | {
        "credit": {row["model"]: row["weight"] for row in credit},
        "value": {row["model"]: row["value"] for row in credit},
        "left_out": None
        if touch["step"] is not None
        else _reason(touch, conversion["occurred_at"], settings),
        "notes": {
            row["model"]: DIRECT
            for row in credit
            if row["model"] == "last_non_direct" and touch["channel"] == "direct" and not row["weight"]
        }
        | {name: one.note for name, one in behind.items() if one.note},
        "behind": {name: one.facts for name, one in behind.items()},
        "without": {name: one.without for name, one in behind.items() if one.without},
    }


def _reason(touch: dict[str, Any], converted_at: datetime, settings: Settings) -> str:
    at: datetime = touch["occurred_at"]
    window: timedelta = built_window(settings)
    if at > converted_at:
        return AFTER
    if touch["flag"]:
        return f"{FLAGGED}{touch['flag']}"
    if (touch["kind"] or "").lower() in {kind.lower() for kind in settings.uncredited_kinds}:
        return UNCREDITED
    return OUTSIDE if converted_at - at > window else NOT_BUILT
