"""Attribution: models that divide conversions over the touches before them.

In a workspace, `models(settings)` gives every model to reports and to the ledger. On its own, each is
a class: `Markov(order=1).fit(journeys).credits_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.attribution import (
    custom,
    engaged,
    engaged_decay,
    first,
    last,
    last_non_direct,
    linear,
    markov,
    position,
    shapley,
    time_decay,
    w_shaped,
)
from headwater.attribution.custom import Custom
from headwater.attribution.engaged import Engaged
from headwater.attribution.engaged_decay import EngagedDecay
from headwater.attribution.first import First
from headwater.attribution.incremental import model as incremental_model
from headwater.attribution.last import Last
from headwater.attribution.last_non_direct import LastNonDirect
from headwater.attribution.linear import Linear
from headwater.attribution.markov import Markov
from headwater.attribution.position import Position
from headwater.attribution.shapley import Shapley
from headwater.attribution.time_decay import TimeDecay
from headwater.attribution.w_shaped import WShaped

if TYPE_CHECKING:
    from headwater.contract.models import Model
    from headwater.contract.settings import Settings

__all__ = [
    "Custom",
    "Engaged",
    "EngagedDecay",
    "First",
    "Last",
    "LastNonDirect",
    "Linear",
    "Markov",
    "Position",
    "Shapley",
    "TimeDecay",
    "WShaped",
    "models",
]

REGISTRY = (
    first, last, last_non_direct, linear, position, w_shaped, time_decay, engaged, engaged_decay, custom,
    markov, shapley, incremental_model,
)  # fmt: skip
"""One module per model; each has `model(settings)`."""


def models(settings: Settings) -> dict[str, Model]:
    """Return every model by name, in the order in which reports show them."""
    made: list[Model] = [module.model(settings) for module in REGISTRY]
    return {each.name: each for each in made}
