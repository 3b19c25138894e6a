"""Ages: how old the touches are that a model credits, so that one scan answers for every window.

Reads  the steps of a Selection
Makes  credit by player and by the shortest of some windows that holds the touch

Touches before the person's previous conversion are told apart: they belong to an earlier purchase.
Aggregated paths have no times and are left out; `timed` is the condition for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.query import ALL_TIME
from headwater.contract.steps import literal
from headwater.report.measure.credited import UNIT, units
from headwater.report.measure.rows import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from headwater.contract.models import RuleModel
    from headwater.contract.ports import Reader
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

PATHS = "select person_id from persons where identifier like 'path:%'"


@dataclass(slots=True, kw_only=True)
class Ages:
    """Credit and conversions by place: the first window, from the shortest, that holds the touch."""

    credit: dict[str, list[float]] = field(default_factory=dict)
    """By player: conversions that the model credits to touches of each place."""
    value: dict[str, list[Decimal]] = field(default_factory=dict)
    own: list[float]
    """Credit of touches since the person's previous conversion."""
    opened: list[int]
    """Conversions whose first touch has the place."""
    closed: list[int]
    """Conversions whose last touch has the place; so many have any touch in that window."""
    closed_value: list[Decimal]

    def within(self, place: int) -> float:
        """Return the share of all credit that stays in the window at `place`."""
        return _share(self.total(), place)

    def own_within(self, place: int) -> float:
        """Return the same of touches since the person's previous conversion."""
        return _share(self.own, place)

    def opened_within(self, place: int) -> float:
        """Return the share of conversions whose first touch lies in the window."""
        return _share(self.opened, place)

    def closed_within(self, place: int) -> float:
        """Return the share of conversions with a touch that have one in the window."""
        return _share(self.closed, place)

    def total(self) -> list[float]:
        """Return the credit of all players by place."""
        return [sum(parts) for parts in zip(*self.credit.values(), strict=True)] or [0.0] * len(self.own)

    def lost(self, player: str, place: int) -> float:
        """Return the credit of a player's touches that the window at `place` cuts off."""
        return sum(self.credit[player][place + 1 :])

    def lost_value(self, player: str, place: int) -> Decimal:
        """Return the money of the same."""
        return sum(self.value[player][place + 1 :], Decimal(0))


def _share(parts: Sequence[float], place: int) -> float:
    whole = sum(parts)
    return sum(parts[: place + 1]) / whole if whole else 1.0


def ages(
    reader: Reader,
    chosen: Selection,
    *,
    by: Dimension,
    model: RuleModel,
    windows: Sequence[timedelta],
) -> Ages:
    """Return the ages of what `model` credits; `chosen` has the widest of `windows`, which rise."""
    size = len(windows)
    found = Ages(own=[0.0] * size, opened=[0] * size, closed=[0] * size, closed_value=[Decimal(0)] * size)
    for row in rows(reader, ages_sql(chosen, by=by, model=model, windows=windows)):
        _add(found, row, size)
    return found


def _add(found: Ages, row: dict[str, Any], size: int) -> None:
    place, credit = int(row["place"]), int(row["units"]) / UNIT
    found.credit.setdefault(row["player"], [0.0] * size)[place] += credit
    found.value.setdefault(row["player"], [Decimal(0)] * size)[place] += Decimal(int(row["micros"])).scaleb(
        -6
    )
    found.own[place] += int(row["own_units"]) / UNIT
    found.opened[place] += int(row["opened"])
    found.closed[place] += int(row["closed"])
    found.closed_value[place] += Decimal(int(row["closed_micros"])).scaleb(-6)


def ages_sql(chosen: Selection, *, by: Dimension, model: RuleModel, windows: Sequence[timedelta]) -> str:
    """Return the SELECT of player, place, units, micros, own_units, opened, closed, closed_micros."""
    held = " ".join(
        f"when age <= {literal(window)} then {place}"
        for place, window in enumerate(windows)
        if window < ALL_TIME
    )
    place = f"case {held} else {len(windows) - 1} end" if held else "0"
    return f"""
        with moments as (
            select conversion_id, occurred_at as converted_at,
                lag(occurred_at) over (partition by person_id order by occurred_at, conversion_id) as previous_at
            from ({chosen.conversions}) as c where person_id not in ({PATHS})
        )
        select player, {place} as place,
            cast(sum(units_0 * cast(conversion_count as hugeint)) as decimal(38,0)) as units,
            cast(sum(micros_0) as decimal(38,0)) as micros,
            cast(coalesce(sum(case when is_own then units_0 * cast(conversion_count as hugeint) end), 0)
                as decimal(38,0)) as own_units,
            cast(coalesce(sum(case when step = 1 then conversion_count end), 0) as bigint) as opened,
            cast(coalesce(sum(case when step = step_count then conversion_count end), 0) as bigint) as closed,
            cast(coalesce(sum(case when step = step_count then net_micros end), 0) as decimal(38,0))
                as closed_micros
        from (
            select player, step, step_count, conversion_count, net_micros, {units({model.name: model})},
                date_diff('microsecond', placed.occurred_at, m.converted_at) as age,
                m.previous_at is null or placed.occurred_at > m.previous_at as is_own
            from ({by.of_steps(chosen.steps)}) as placed
            join moments as m on m.conversion_id = placed.conversion_id
        ) as parts
        group by player, place order by player, place
    """
