"""Intervals: how far the credit of a rule model could be off by chance.

Reads  the steps of a Selection
Makes  the variance of credited conversions and value, by player and model

Persons are the blocks: all that one person brings comes or stays away together. The interval is the
normal approximation to drawing as many persons again, with replacement, from all persons known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from headwater.contract.models import RuleModel
from headwater.report.measure.credited import MICRO, UNIT, units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.contract.models import Model
    from headwater.contract.ports import Reader
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

Z = 1.959963984540054
"""Standard errors on either side of a 95 % interval."""
UNIT_OF_SQUARES = "1e6"
"""Parts that squares are counted in."""
NAMED = "95 %, normal approximation with persons as blocks"
"""How meta names the intervals."""
NOT_YET = "none: a model that is solved from all paths has no closed form"
"""How meta says that a model has no intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """Half the width of a 95 % interval, in conversions and in money."""

    conversions: float
    value: float


NO_MARGIN = Margin(conversions=0.0, value=0.0)
"""The margin of a player that was never credited with anything."""


def margins(
    reader: Reader, chosen: Selection, *, by: Dimension, models: Mapping[str, Model]
) -> dict[tuple[str, str], Margin]:
    """Return the margin by player and model, for the rule models among `models`."""
    rules = {name: model for name, model in models.items() if isinstance(model, RuleModel)}
    if not rules:
        return {}
    persons = reader.query("select count(distinct person_id) from persons").column(0)[0].as_py()
    rows = reader.query(margins_sql(chosen, by=by, rules=rules)).to_pylist()
    return {
        (row["player"], name): _margin(row, place, max(persons, row["persons"]))
        for row in rows
        for place, name in enumerate(rules)
    }


def margins_sql(chosen: Selection, *, by: Dimension, rules: Mapping[str, RuleModel]) -> str:
    """Return the SELECT of sums and sums of squares over persons, by player.

    A row of an aggregated path stands for many persons with equal credit: n persons with share s add
    n * s squared. Squares are summed as whole numbers, so that the order of adding never matters.
    """
    places = range(len(rules))
    sums = ", ".join(
        f"cast(sum(units_{place}) as double) / {UNIT}e0 as share_{place}, "
        f"cast(sum(micros_{place}) as double) / {MICRO}e0 as value_{place}"
        for place in places
    )
    squares = ", ".join(
        f"sum(share_{place} * many) as credit_{place}, "
        f"{_whole(f'share_{place} * share_{place} * many', UNIT_OF_SQUARES)} as credit2_{place}, "
        f"sum(value_{place}) as value_{place}, "
        f"{_whole(f'value_{place} * value_{place} / many', UNIT_OF_SQUARES)} as value2_{place}"
        for place in places
    )
    return f"""
        select player, count(*) as persons, {squares} from (
            select player, person_id, cast(max(conversion_count) as double) as many, {sums} from (
                select player, person_id, conversion_count, {units(rules)}
                from ({by.of_steps(chosen.steps)}) as placed
                where conversion_count > 0
            ) as parts group by player, person_id
        ) as persons group by player
    """


def _whole(square: str, parts: str) -> str:
    return f"cast(sum(cast(round({parts} * {square}) as hugeint)) as double) / {parts}"


def _margin(row: dict[str, Any], place: int, persons: int) -> Margin:
    return Margin(
        conversions=_half(row[f"credit_{place}"], row[f"credit2_{place}"], persons),
        value=_half(row[f"value_{place}"], row[f"value2_{place}"], persons),
    )


def _half(total: float, squares: float, persons: int) -> float:
    """Return the half width from a sum and a sum of squares over `persons` blocks."""
    return round(Z * sqrt(max(squares - total * total / persons, 0.0)), 6)
