"""Last: the last touch before the conversion gets all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.attribution.rules import Rule, telescoping

if TYPE_CHECKING:
    from headwater.contract.models import RuleModel
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:  # noqa: ARG001 (every model is made from the settings)
    """Return the model as reports use it."""
    return Last().rule()


class Last(Rule):
    """All credit to the last touch.

    >>> Last().fit([{"path": "a > b"}]).credits_
    {'a': 0.0, 'b': 1.0}
    """

    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion."""
        return telescoping(
            "last",
            summary="The last touch gets all.",
            bias="Favours what stands at the end, brand search, retargeting and direct; who began earns nothing.",
            reached="0e0",
        )
