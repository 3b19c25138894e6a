"""Rules: what the models share that divide a conversion by the places of its touches alone.

Reads  the columns of `journey_steps`
Makes  `RuleModel`s whose shares telescope, and their Python door

The share up to a step is one expression; the share before it is the same expression one step
earlier. So the differences add up to exactly 1, and rounded money to exactly the value.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

import duckdb
import numpy as np
import pyarrow as pa

from headwater.attribution.estimator import Estimator
from headwater.attribution.money import rounded
from headwater.attribution.reading import read_journeys
from headwater.contract.models import RuleModel

if TYPE_CHECKING:
    from headwater.attribution.pieces import Floats, Journeys


def telescoping(name: str, *, summary: str, bias: str, reached: str) -> RuleModel:
    """Return the model whose first steps hold the share `reached`, an expression of `{step}`.

    `reached` is asked for every step but the last; there it is 1, and before the first it is 0.
    """
    return RuleModel(
        name=name,
        summary=summary,
        bias=bias,
        upto=f"case when step >= step_count then 1e0 else {reached.format(step='step')} end",
        before=f"case when step <= 1 then 0e0 else {reached.format(step='(step - 1)')} end",
    )


class Rule(Estimator):
    """A rule model on its own: the same SQL expressions, over the journeys that `fit` is given."""

    extras: tuple[str, ...] = ()
    """Columns of a table of touches that this model reads besides place and channel."""

    @abstractmethod
    def rule(self) -> RuleModel:
        """Return the expressions that divide a conversion."""

    def known(self, journeys: Journeys) -> dict[str, Floats]:  # noqa: ARG002 (others look at it)
        """Return the columns of `journey_steps` that the rule reads besides step and step_count."""
        return {}

    def fit(self, journeys: Any) -> Self:
        """Divide the conversions of the journeys (see `reading`) and return the model."""
        read = read_journeys(journeys, extras=self.extras)
        share = self._shares(read)
        owner, count = read.owners(), len(read.channels)
        credits_ = np.bincount(read.codes, share * read.conversions[owner], minlength=count)
        values = np.bincount(read.codes, share * read.values[owner], minlength=count)
        money = rounded([Fraction(value) for value in values.tolist()], read.total_value)
        self.channels_ = read.channels
        self.credits_ = dict(zip(read.channels, credits_.tolist(), strict=True))
        self.values_ = dict(zip(read.channels, money, strict=True))
        return self

    def _shares(self, journeys: Journeys) -> Floats:
        rule = self.rule()
        touch = np.arange(len(journeys.codes))
        columns = {
            "touch": touch,
            "step": touch - np.repeat(journeys.starts(), journeys.lengths) + 1,
            "step_count": np.repeat(journeys.lengths, journeys.lengths),
            **self.known(journeys),
        }
        with duckdb.connect(":memory:") as engine:
            engine.register("touches", pa.table(columns))
            found = engine.sql(
                f"select touch, {rule.share or f'({rule.upto}) - ({rule.before})'} as share from touches"
            ).to_arrow_table()
        shares = np.empty(len(touch))
        shares[found.column("touch").to_numpy()] = found.column("share").to_numpy()
        return shares
