"""Time decay: the later the touch, the more it gets; its weight halves with every half-life of age."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.rules import Rule
from headwater.contract.errors import UsageError
from headwater.contract.models import RuleModel

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Journeys
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:
    """Return the model as reports use it."""
    return TimeDecay(half_life_days=settings.half_life_days).rule()


class TimeDecay(Rule):
    """Weight 2 ** (-age / half-life), scaled to 1; `fit` needs a table of touches with `days_before`.

    `days_before` is the time from the touch to the conversion, in days.
    """

    extras = ("days_before",)

    def __init__(self, *, half_life_days: float = 7.0) -> None:
        self.half_life_days = half_life_days

    def rule(self) -> RuleModel:
        """Return the expression that divides a conversion: the share is a column of `journey_steps`."""
        return RuleModel(
            name="time_decay",
            summary=f"A touch counts half for every {self.half_life_days:g} days before the conversion.",
            bias="Favours the end, the more the shorter the half-life; long journeys lose their beginning.",
            share="decay",
        )

    def known(self, journeys: Journeys) -> dict[str, Floats]:
        """Return each touch's share of the weight; raises UsageError without times."""
        if self.half_life_days <= 0:
            raise UsageError(
                f"The half-life cannot be {self.half_life_days} days.", hint="choose more than 0."
            )
        if "days_before" not in journeys.extras:
            raise UsageError(
                "Time decay needs to know when the touches were.",
                hint="pass single touches with journey_id, step, channel and days_before.",
            )
        age = journeys.extras["days_before"]
        owner, starts = journeys.owners(), journeys.starts()
        youngest = np.minimum.reduceat(age, starts) if len(starts) else age
        weight = np.exp2((youngest[owner] - age) / self.half_life_days)
        total = np.bincount(owner, weight, minlength=len(starts))
        return {"decay": weight / total[owner]}
