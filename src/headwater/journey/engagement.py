"""Engagement: how much a touchpoint weighs by what happened in its visit.

Reads  event_count and duration_seconds of a visit, the kind of any other touchpoint
Makes  the expression of the column `engagement` of `touchpoints`

A visit weighs 1 + strength x (log2(1 + minutes) + log2(events)) / 2, with at most 31 minutes and 32
events: 1 for a bounce, at most 6 at strength 1. Weights are whole thousandths, so that sums of them
never depend on the order of adding. A touchpoint that is no visit is weighed by its kind alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.steps import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

BOUNCE = 1000
"""Weight of a visit in which nothing more happened."""
MOST_SECONDS = 31 * 60
"""Longer visits weigh no more; log2(1 + 31 minutes) is 5."""
MOST_EVENTS = 32
"""Visits of more events weigh no more; log2(32) is 5."""


def visit_sql(*, seconds: str, events: str, strength: float = 1.0) -> str:
    """Return the expression (BIGINT) of a visit; `seconds` and `events` are expressions of its length and events."""
    minutes = f"least(cast(greatest({seconds}, 0) as double), {literal(float(MOST_SECONDS))}) / 60e0"
    count = f"least(cast(greatest({events}, 1) as double), {literal(float(MOST_EVENTS))})"
    grown = f"{literal(float(strength))} * (log2(1e0 + {minutes}) + log2({count})) / 2e0"
    return f"cast(round({BOUNCE}e0 * (1e0 + {grown})) as bigint)"


def kind_sql(kinds: Mapping[str, float], *, of: str = "kind") -> str:
    """Return the expression (BIGINT) of a touchpoint that is no visit; a kind without a weight is a bounce."""
    if not kinds:
        return str(BOUNCE)
    named = " ".join(
        f"when {literal(kind.strip().lower())} then {max(1, round(BOUNCE * weight))}"
        for kind, weight in sorted(kinds.items())
    )
    return f"case lower({of}) {named} else {BOUNCE} end"
