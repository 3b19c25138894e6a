"""Markov: a channel's credit follows from what the chance of conversion loses without it.

Reads  the counts of all journeys, converting or not
Makes  removal effects, and from them each channel's share of the conversions and of the money

Transitions are counted with their repeats; removing a channel sends what enters it to null. Credit
is the removal effect over the sum of removal effects, times all conversions (Anderl et al. 2016),
solved exactly: nothing is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from headwater.attribution.behind import by_removal
from headwater.attribution.estimator import Estimator
from headwater.attribution.money import divided
from headwater.attribution.packing import read_pieces
from headwater.attribution.reading import read_journeys
from headwater.attribution.resampling import walks_without
from headwater.attribution.transitions import walk_of
from headwater.attribution.walking import walked, walked_pieces, walked_runs
from headwater.contract.errors import UsageError
from headwater.contract.models import PathModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    import pyarrow as pa

    from headwater.attribution.pieces import Floats
    from headwater.attribution.walking import Walk
    from headwater.contract.models import LeftOut, Runs
    from headwater.contract.ports import Reader
    from headwater.contract.settings import Settings

ORDERS = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What the Markov graph says of each channel, and how conversions and money follow from it."""

    base_probability: float
    """Chance that a journey converts."""
    removal_effects: Floats
    """1 - P(conversion without the channel) / P(conversion)."""
    credits: Floats
    values: list[Decimal]


def model(settings: Settings) -> PathModel:
    """Return the model as reports use it."""
    order = settings.markov_order
    return PathModel(
        name="markov",
        summary=f"What the chance of conversion loses without the channel; Markov graph of order {order}.",
        bias="Favours channels in many journeys, wanted or not: whom ads chase at the end looks indispensable.",
        credited=partial(credited, order=order),
        counted=partial(counted, order=order),
        stepped=stepped if order == 1 else None,
        left_out=partial(left_out, order=order),
        behind=by_removal,
    )


def credited(reader: Reader, steps_sql: str, *, order: int) -> Mapping[str, tuple[float, Decimal]]:
    """Return the conversions and the value credited to each player of the journeys."""
    return shared(walked_pieces(read_pieces(reader, steps_sql, order), order), order)


def counted(runs: Runs, *, order: int) -> Mapping[str, tuple[float, Decimal]]:
    """Return what `credited` returns, from journeys in memory."""
    return shared(walked_runs(runs, order), order)


def stepped(rows: pa.Table) -> Mapping[str, tuple[float, Decimal]]:
    """Return what `credited` returns for order 1, from rows of `transitions`."""
    return shared(walk_of(rows), 1)


def shared(walk: Walk, order: int) -> Mapping[str, tuple[float, Decimal]]:
    """Return the conversions and the value credited to each channel of the walk."""
    solution = solved(walk, order)
    return dict(zip(walk.channels, zip(solution.credits.tolist(), solution.values, strict=True), strict=True))


def solved(walk: Walk, order: int) -> Solution:
    """Solve the graph of the journeys.

    Without any conversion all effects and credits are 0. Money is divided by the same effects with
    money as the reward; where these sum to nothing (refunds outweigh sales), as the conversions are.
    """
    base, effects, shares, value_shares = _effects(walk, order)
    return Solution(
        base_probability=base,
        removal_effects=effects,
        credits=shares * walk.total_conversions,
        values=divided(walk.total_value, value_shares.tolist()),
    )


def left_out(blocks: Sequence[Runs], *, order: int) -> LeftOut | None:
    """Return what is credited without each block of persons; None where that is too much work."""

    def shares(walk: Walk) -> tuple[Floats, Floats]:
        _, _, shares, value_shares = _effects(walk, order)
        whole = value_shares.sum()
        return shares, value_shares / whole if whole > 0 else shares

    return walks_without(blocks, order, shares)


def _effects(walk: Walk, order: int) -> tuple[float, Floats, Floats, Floats]:
    """Return the chance of conversion, the removal effects, and what conversions and money are divided by."""
    # they load SciPy, which takes a quarter of a second: only who solves should wait for it
    from headwater.attribution.graph import graph
    from headwater.attribution.removal import losses

    base, lost = losses(graph(walk, order))
    effects = lost[:, 0] / base[0] if base[0] > 0 else np.zeros(len(lost))
    shares = effects / effects.sum() if effects.sum() > 0 else effects
    value_shares = lost[:, 1] / base[1] if base[1] > 0 else np.zeros(len(lost))
    return float(base[0]), effects, shares, value_shares if value_shares.sum() > 0 else shares


class Markov(Estimator):
    """Markov removal effects of order 1 to 3, exact.

    >>> Markov(order=1).fit([{"path": "a > b", "conversions": 1, "nulls": 0}]).credits_
    {'a': 0.5, 'b': 0.5}
    """

    removal_effects_: dict[str, float]
    """What the chance of conversion loses without the channel, 0 to 1."""
    base_probability_: float
    """Chance that a journey converts."""

    def __init__(self, *, order: int = 1) -> None:
        self.order = order

    def fit(self, journeys: Any) -> Self:
        """Solve the graph of the journeys (see `reading`); raises UsageError for an order above 3."""
        if self.order not in ORDERS:
            raise UsageError(f"The order cannot be {self.order}.", hint="choose 1, 2 or 3.")
        walk = walked(read_journeys(journeys), self.order)
        solution = solved(walk, self.order)
        self.channels_ = walk.channels
        self.base_probability_ = solution.base_probability
        self.removal_effects_ = dict(zip(walk.channels, solution.removal_effects.tolist(), strict=True))
        self.credits_ = dict(zip(walk.channels, solution.credits.tolist(), strict=True))
        self.values_ = dict(zip(walk.channels, solution.values, strict=True))
        return self
