"""Custom: your own shares for the first touch, those between and the last."""

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
    first, middle, last = settings.custom_weights
    return Custom(first=first, middle=middle, last=last).rule()


class Custom(Rule):
    """Weights for the first touch, all between together, and the last; they are scaled to sum to 1.

    Two touches divide the conversion as first and last stand to each other (half each where both
    are 0).

    >>> Custom(first=1, middle=2, last=1).fit([{"path": "a > b > c > d"}]).credits_
    {'a': 0.25, 'b': 0.25, 'c': 0.25, 'd': 0.25}
    """

    def __init__(self, *, first: float = 0.3, middle: float = 0.4, last: float = 0.3) -> None:
        self.first = first
        self.middle = middle
        self.last = last

    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion; raises UsageError for weights that cannot be."""
        weights = (self.first, self.middle, self.last)
        if min(weights) < 0 or sum(weights) <= 0:
            raise UsageError(
                f"The weights cannot be {weights}.", hint="give three shares that are not all zero."
            )
        two = self.first / (self.first + self.last) if self.first + self.last > 0 else 0.5
        first, middle = literal(self.first / sum(weights)), literal(self.middle / sum(weights))
        return telescoping(
            "custom",
            summary=f"First {self.first:g}, between {self.middle:g}, last {self.last:g}, scaled to 1.",
            bias="Favours whatever its three weights favour; no data speak for them.",
            reached=(
                f"case when step_count = 2 then {literal(two)} else {first} + {middle}"
                " * cast({step} - 1 as double) / cast(step_count - 2 as double) end"
            ),
        )
