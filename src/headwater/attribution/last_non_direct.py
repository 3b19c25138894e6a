"""Last non-direct: the last touch with a known source gets all; a direct one only where all are direct."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.rules import Rule, telescoping

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Journeys
    from headwater.contract.models import RuleModel
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:  # noqa: ARG001 (every model is made from the settings)
    """Return the model as reports use it."""
    return LastNonDirect().rule()


class LastNonDirect(Rule):
    """All credit to the last touch whose channel is not `direct`.

    >>> LastNonDirect().fit([{"path": "a > direct"}]).credits_
    {'a': 1.0, 'direct': 0.0}
    """

    def __init__(self, *, direct: str = "direct") -> None:
        self.direct = direct

    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion."""
        return telescoping(
            "last_non_direct",
            summary="The last touch that is not direct gets all; where all are direct, the last.",
            bias="Favours what stands near the end, as last does; it only passes over direct visits.",
            reached="case when {step} >= known_step then 1e0 else 0e0 end",
        )

    def known(self, journeys: Journeys) -> dict[str, Floats]:
        """Return the last step that is not direct; the last step where all are."""
        step = np.arange(len(journeys.codes)) - np.repeat(journeys.starts(), journeys.lengths) + 1
        names = np.array(journeys.channels, dtype=object)
        told = np.where(names[journeys.codes] == self.direct, 0, step)
        last = np.zeros(len(journeys.lengths), dtype=np.int64)
        np.maximum.at(last, journeys.owners(), told)
        return {
            "known_step": np.repeat(np.where(last > 0, last, journeys.lengths), journeys.lengths).astype(
                np.float64
            )
        }
