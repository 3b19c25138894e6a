"""Explaining: the explanation of one conversion as a table for people.

Reads  what `explain` answers
Makes  text on stdout: some models side by side, or one with what stands behind each share

Not every model has a column: a terminal is narrow. What is left to nobody is the last row.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from headwater.cli import show
from headwater.contract.query import ReportTable
from headwater.report.render import MOST_SHOWN
from headwater.result import cell

USUAL = ("first", "last", "linear", "position", "markov", "shapley")
"""Models side by side, as on the page; those that leave something to nobody come to them."""
HEADLINE = ("conversion_id", "goal", "occurred_at", "net_value", "value", "currency", "person_id")
FACTS = ("added", "age", "removal_effect", "sum_of_effects", "coalition", "repeats")
"""What may stand behind a share, in the order of the columns."""
BASELINE, UNATTRIBUTED = "(would have come anyway)", "(unattributed)"
MOST_WITHOUT = 10
"""Sentences on what would be without a touch."""
EVIDENCE = 50
"""Most letters of where a number comes from; JSON has all of them."""


def explained(said: Mapping[str, Any], *, model: str | None) -> None:
    """Print the explanation: of one model in detail, or of some side by side."""
    conversion = said["conversion"]
    print(
        "  ".join(
            f"{key} {cell(conversion[key])}" for key in HEADLINE if conversion.get(key) not in (None, "")
        )
    )
    if model:
        return _in_detail(said, model)
    return _side_by_side(said)


def _side_by_side(said: Mapping[str, Any]) -> None:
    left = said["conversion"].get("unattributed") or {}
    known = list(left) or sorted({name for touch in said["touches"] for name in touch.get("credit") or {}})
    models = [name for name in known if name in USUAL or 0 < left.get(name, 0) < 1]
    rows = [
        _touch(touch)
        | {name: (touch.get("credit") or {}).get(name) for name in models}
        | {"left_out": touch.get("left_out")}
        for touch in said["touches"]
    ]
    rest = {name: left.get(name) for name in models}
    _table(
        said, rows, rest, columns=("occurred_at", "channel", "campaign", *models, "left_out"), models=models
    )
    others = [name for name in known if name not in models]
    print(f"--model NAME shows one in detail: {', '.join((*models, *others))}")


def _in_detail(said: Mapping[str, Any], model: str) -> None:
    conversion, touches = said["conversion"], said["touches"]
    rows = [
        _touch(touch)
        | {
            "credit": (touch.get("credit") or {}).get(model),
            "value": _money((touch.get("value") or {}).get(model)),
        }
        | _facts((touch.get("behind") or {}).get(model) or {})
        | {"why": _why(touch, model)}
        for touch in touches
    ]
    rest = {
        "credit": (conversion.get("unattributed") or {}).get(model),
        "value": _money((conversion.get("unattributed_value") or {}).get(model)),
    }
    there = [name for name in FACTS if any(row.get(name) is not None for row in rows)]
    columns = ("occurred_at", "channel", "campaign", "credit", "value", *there, "why")
    _table(said, rows, rest, columns=columns, models=[model])
    for line in _without(touches, model):
        print(line)


def _table(
    said: Mapping[str, Any],
    rows: list[dict[str, Any]],
    rest: Mapping[str, Any],
    *,
    columns: Sequence[str],
    models: Sequence[str],
) -> None:
    """Print the rows and what is left; columns in which nothing is said are left away."""
    shown = [*rows, {"channel": _nobody(said, models)} | dict(rest)] if any(rest.values()) else rows
    told = tuple(
        name for name in columns
        if name not in ("left_out", "why", "campaign") or any(row.get(name) for row in rows)
    )  # fmt: skip
    show.grids(ReportTable(report="touches", columns=told, rows=shown))
    if len(shown) > MOST_SHOWN and shown is not rows:
        left = ", ".join(f"{name} {cell(amount)}" for name, amount in rest.items() if amount)
        print(f"{_nobody(said, models)}: {left}")


def _nobody(said: Mapping[str, Any], models: Sequence[str]) -> str:
    """Return what to call the rest: a model that was fitted knows what would have come anyway."""
    behind = [(touch.get("behind") or {}).get(name) or {} for touch in said["touches"] for name in models]
    return BASELINE if any("whole" in facts for facts in behind) else UNATTRIBUTED


def _touch(touch: Mapping[str, Any]) -> dict[str, Any]:
    at = str(touch.get("occurred_at") or "")
    return {
        "occurred_at": f"{at[:19]}Z" if len(at) > len("2026-01-01T00:00:00Z") else at,
        "channel": touch.get("channel"),
        "campaign": touch.get("campaign"),
    }


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: facts.get(name) for name in FACTS}
    if facts.get("age_days") is not None:
        shown["age"] = f"{facts['age_days']:.1f} days"
    if facts.get("coalition"):
        shown["coalition"] = ", ".join(facts["coalition"])
    return shown


def _why(touch: Mapping[str, Any], model: str) -> str | None:
    """Return why the touch is left out or gets nothing, else where the number comes from, shortened."""
    told: str | None = touch.get("left_out") or (touch.get("notes") or {}).get(model)
    evidence = str(((touch.get("behind") or {}).get(model) or {}).get("evidence") or "").partition(";")[0]
    return told or (evidence if len(evidence) <= EVIDENCE else f"{evidence[:EVIDENCE]}...") or None


def _without(touches: Sequence[Mapping[str, Any]], model: str) -> Iterator[str]:
    """Yield what would be without each touch that counts, the one with the most credit first."""
    counting = [
        touch
        for touch in touches
        if (touch.get("without") or {}).get(model) and (touch.get("credit") or {}).get(model)
    ]
    counting.sort(key=lambda touch: -touch["credit"][model])
    lines: dict[tuple[Any, str], str] = {}
    for touch in counting:
        says = touch["without"][model]["says"]
        # where the whole channel is left out, its touches say the same
        lines.setdefault(
            (touch.get("channel"), says), f"  {_touch(touch)['occurred_at']} {touch.get('channel')}: {says}"
        )
    if lines:
        yield "what if without it:"
    yield from list(lines.values())[:MOST_WITHOUT]
    if len(lines) > MOST_WITHOUT:
        yield f"  ... and {len(lines) - MOST_WITHOUT} more: --json has all"


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
