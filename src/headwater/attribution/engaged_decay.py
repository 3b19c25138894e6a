"""Engaged decay: time decay, with each touch also weighed by what happened in its visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.attribution.engaged import Engaged, shares_by
from headwater.attribution.time_decay import TimeDecay
from headwater.contract.models import RuleModel

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Journeys
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:
    """Return the model as reports use it."""
    return EngagedDecay(half_life_days=settings.half_life_days).rule()


class EngagedDecay(Engaged):
    """Engagement x 2 ** (-age / half-life), scaled to 1; `fit` needs `engagement` and `days_before`."""

    extras = ("engagement", "days_before")

    def __init__(self, *, half_life_days: float = 7.0) -> None:
        self.half_life_days = half_life_days

    def rule(self) -> RuleModel:
        """Return the expression that divides a conversion: the share is a column of `journey_steps`."""
        return RuleModel(
            name="engaged_decay",
            summary="As engaged, and a touch counts half for every"
            f" {self.half_life_days:g} days before the conversion.",
            bias="Favours the visit in which people buy, twice: it is long, and it is late.",
            share="engaged_decay",
        )

    def known(self, journeys: Journeys) -> dict[str, Floats]:
        """Return each touch's share of engagement times time decay; raises UsageError without either."""
        faded = TimeDecay(half_life_days=self.half_life_days).known(journeys)["decay"]
        return {"engaged_decay": shares_by(self._weights(journeys) * faded, journeys)}
