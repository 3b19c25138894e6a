"""Position: the two ends get a fixed share each, the touches between them what is left (U-shaped)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.attribution.rules import Rule, telescoping
from headwater.contract.errors import UsageError
from headwater.contract.steps import literal

if TYPE_CHECKING:
    from headwater.contract.models import RuleModel
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:
    """Return the model as reports use it."""
    return Position(ends=settings.position_ends).rule()


class Position(Rule):
    """`ends` of the credit to the first and to the last touch each; one touch gets all, two get half.

    >>> Position(ends=0.25).fit([{"path": "a > b > c > d"}]).credits_
    {'a': 0.25, 'b': 0.25, 'c': 0.25, 'd': 0.25}
    """

    def __init__(self, *, ends: float = 0.4) -> None:
        self.ends = ends

    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion; raises UsageError for ends that cannot be."""
        if not 0 < self.ends <= 0.5:
            raise UsageError(
                f"Each end cannot take {self.ends} of a conversion.",
                hint="choose a share above 0 and up to 0.5; the middle gets what is left.",
            )
        ends, middle = literal(float(self.ends)), literal(1.0 - 2.0 * self.ends)
        return telescoping(
            "position",
            summary=f"First and last touch get {self.ends:g} each, those between share the rest.",
            bias="Favours both ends by a share that nobody measured; the middle of long journeys earns little.",
            reached=(
                f"case when step_count = 2 then 5e-1 else {ends} + {middle}"
                " * cast({step} - 1 as double) / cast(step_count - 2 as double) end"
            ),
        )
