"""First: the first touch gets the whole conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.attribution.rules import Rule, telescoping

if TYPE_CHECKING:
    from headwater.contract.models import RuleModel
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:  # noqa: ARG001 (every model is made from the settings)
    """Return the model as reports use it."""
    return First().rule()


class First(Rule):
    """All credit to the first touch.

    >>> First().fit([{"path": "a > b"}]).credits_
    {'a': 1.0, 'b': 0.0}
    """

    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion."""
        return telescoping(
            "first",
            summary="The first touch gets all.",
            bias="Favours what people meet first; all that brings them back and closes earns nothing.",
            reached="1e0",
        )
