"""W-shaped: first touch, the touch that made the lead, the touch that made the opportunity, the rest.

Each role gets 0.3, all other touches share 0.1. Roles that fall on one touch add up. Without an
opportunity its role is the last touch's; without a lead, or without other touches, the shares that
exist are scaled to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.rules import Rule, telescoping

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Journeys
    from headwater.contract.models import RuleModel
    from headwater.contract.settings import Settings

OPPORTUNITY = "(case when opportunity_step > 0 then opportunity_step else step_count end)"
# How many of the roles, and how many distinct touches that bear one, the steps up to {step} hold.
ROLES = (
    "(1 + case when lead_step > 0 and lead_step <= {step} then 1 else 0 end"
    f" + case when {OPPORTUNITY} <= {{step}} then 1 else 0 end)"
)
BEARERS = (
    "(1 + case when lead_step > 1 and lead_step <= {step} then 1 else 0 end"
    f" + case when {OPPORTUNITY} > 1 and {OPPORTUNITY} <> lead_step and {OPPORTUNITY} <= {{step}}"
    " then 1 else 0 end)"
)


def model(settings: Settings) -> RuleModel:  # noqa: ARG001 (every model is made from the settings)
    """Return the model as reports use it."""
    return WShaped().rule()


def _reached() -> str:
    roles, bearers = ROLES.format(step="step_count"), BEARERS.format(step="step_count")
    others = f"(step_count - {bearers})"
    share = f"1e-1 * cast({{step}} - {BEARERS} as double) / cast({others} as double)"
    shared = f"case when {others} > 0 then {share} else 0e0 end"
    whole = f"(3e-1 * cast({roles} as double) + case when {others} > 0 then 1e-1 else 0e0 end)"
    return f"(3e-1 * cast({ROLES} as double) + {shared}) / {whole}"


class WShaped(Rule):
    """0.3 each to the first touch, the lead and the opportunity (or the last touch), 0.1 to the rest.

    A table of touches may name the roles by `lead_step` and `opportunity_step` (0: there is none).
    """

    extras = ("lead_step", "opportunity_step")

    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion."""
        return telescoping(
            "w_shaped",
            summary="First touch, lead and opportunity (or last touch) get 0.3 each, the others share 0.1.",
            bias="Favours the touch that happened to stand before a stage; it knows stages no better than the CRM.",
            reached=_reached(),
        )

    def known(self, journeys: Journeys) -> dict[str, Floats]:
        """Return the steps of the lead and of the opportunity."""
        none = np.zeros(len(journeys.codes))
        return {name: journeys.extras.get(name, none) for name in self.extras}
