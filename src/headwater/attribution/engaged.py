"""Engaged: each touch gets credit by what happened in its visit, so that a long visit outweighs a bounce."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.rules import Rule
from headwater.contract.errors import UsageError
from headwater.contract.models import RuleModel

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Journeys
    from headwater.contract.settings import Settings


def model(settings: Settings) -> RuleModel:  # noqa: ARG001 (what a touch weighs stands in `touchpoints`)
    """Return the model as reports use it."""
    return Engaged().rule()


class Engaged(Rule):
    """Linear, weighed by `engagement`; `fit` needs a table of touches with that column, above 0.

    Where all touches weigh the same it says what `linear` says.
    """

    extras: tuple[str, ...] = ("engagement",)

    def rule(self) -> RuleModel:
        """Return the expression that divides a conversion: the share is a column of `journey_steps`."""
        return RuleModel(
            name="engaged",
            summary="Each touch by the length and the events of its visit; a bounce counts 1, at most 6.",
            bias="Favours the visit in which people buy, which is long because they buy; calls count as a bounce.",
            share="engaged",
        )

    def known(self, journeys: Journeys) -> dict[str, Floats]:
        """Return each touch's share of the engagement; raises UsageError where it is not known."""
        return {"engaged": shares_by(self._weights(journeys), journeys)}

    def _weights(self, journeys: Journeys) -> Floats:
        if "engagement" not in journeys.extras:
            raise UsageError(
                "This model needs to know what happened at the touches.",
                hint="pass single touches with journey_id, step, channel and engagement (1: a bounce).",
            )
        weights = journeys.extras["engagement"]
        if not (np.isfinite(weights) & (weights > 0)).all():
            raise UsageError(
                "An engagement is 0, less, or no number.", hint="give 1 to a bounce, more to what is more."
            )
        return weights


def shares_by(weights: Floats, journeys: Journeys) -> Floats:
    """Return the part that each touch has of the weights of its journey."""
    owner = journeys.owners()
    whole = np.bincount(owner, weights, minlength=len(journeys.lengths))
    return weights / whole[owner]
