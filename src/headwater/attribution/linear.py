"""Linear: every touch gets the same share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.attribution.rules import Rule, telescoping

if TYPE_CHECKING:
    from headwater.contract.models import RuleModel
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:  # noqa: ARG001 (every model is made from the settings)
    """Return the model as reports use it."""
    return Linear().rule()


class Linear(Rule):
    """Equal credit to every touch, repeats included.

    >>> Linear().fit([{"path": "a > b > b > b"}]).credits_
    {'a': 0.25, 'b': 0.75}
    """

    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion."""
        return telescoping(
            "linear",
            summary="Every touch gets the same share.",
            bias="Favours channels that touch often: a glance at the home page counts as much as a demo.",
            reached="cast({step} as double) / cast(step_count as double)",
        )
