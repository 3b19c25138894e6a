"""Models: what an attribution model must offer, as values that reports and the ledger can use.

A `RuleModel` is an SQL expression over `journey_steps`; a `PathModel` counts paths and solves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from headwater.contract.ports import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleModel:
    """A model that knows a touchpoint's share from its place in the journey alone.

    `upto` and `before` are SQL expressions (DOUBLE, 0 to 1) over the columns of `journey_steps`: the
    share of all touchpoints up to and with this step, and of those before it. `before` at step 1 is
    0e0, `upto` at the last step is 1e0, so that shares and money telescope and add up exactly.

    A model without a closed form for these gives `share` instead: the step's own share, whose sum over
    the journey is 1 but for rounding. Whoever sums it settles that rounding (the ledger at the last
    step, a report at its largest row).
    """

    name: str
    summary: str
    upto: str = ""
    before: str = ""
    share: str = ""
    bias: str = ""
    """What it is known to get wrong, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Journeys in memory, converting or not: each is a run of the touches of one person.

    The runs of one person may overlap: a later conversion looks back on the same touches.
    """

    players: tuple[str, ...]
    """Names, sorted; a player's code is its place here. Each takes part in some journey."""
    codes: npt.NDArray[np.integer]
    """Player of each touch, person after person, oldest first; touches in no journey may have any code."""
    first: npt.NDArray[np.int64]
    """Where each journey begins in `codes`."""
    length: npt.NDArray[np.int64]
    """Touches of each journey, at least 1."""
    conversions: npt.NDArray[np.int64]
    nulls: npt.NDArray[np.int64]
    micros: npt.NDArray[np.int64]
    """Net value in millionths; the sum over all journeys fits the type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What a model credits when one block of persons is left out, one row per block."""

    players: tuple[str, ...]
    """Names of the columns, sorted."""
    conversions: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What stands behind the share that one touch gets of one conversion."""

    facts: Mapping[str, Any]
    """Numbers and words by name; `says` puts them in a sentence, `why` says that there are none."""
    without: Mapping[str, Any] | None = None
    """How the conversion would stand without it: `credit {channel: share}`, `unattributed`, `says`."""
    note: str = ""
    """Why the touch gets nothing, where that is so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathModel:
    """A model that is solved from the counts of all journeys, converting or not.

    `credited(reader, steps_sql)` returns, for each player (channel, campaign, ...), the conversions
    and the value credited to it. `steps_sql` is a SELECT with the columns
    `journey_id VARCHAR, step BIGINT, step_count BIGINT, player VARCHAR, conversion_count BIGINT,
    null_count BIGINT, net_value DECIMAL(18,6)`; the last three stand for the whole journey and are
    repeated on each of its rows.

    `counted(runs)`, where there is one, returns the same from journeys that are in memory already;
    `stepped(rows)` from rows of `transitions`, added up over the parts that are meant.

    `left_out(blocks)`, where there is one, takes all journeys cut into blocks of persons (the same players
    in each) and returns what is credited without each block, from which intervals follow. A model may join
    blocks, so that it solves less often; None means that there are too many players to solve it again.
    """

    name: str
    summary: str
    credited: Callable[[Reader, str], Mapping[str, tuple[float, Decimal]]]
    counted: Callable[[Runs], Mapping[str, tuple[float, Decimal]]] | None = None
    stepped: Callable[[pa.Table], Mapping[str, tuple[float, Decimal]]] | None = None
    left_out: Callable[[Sequence[Runs]], LeftOut | None] | None = None
    bias: str = ""
    """What it is known to get wrong, in one sentence."""
    behind: Callable[[Reader, str], Mapping[str, Behind]] | None = None
    """`behind(reader, conversion_id)` says by touchpoint_id what its ledger's shares of one conversion rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """A model that is fitted to persons with and without conversions, and may leave credit to nobody.

    `weighted(steps_sql)` returns a SELECT with all columns of `steps_sql` (those of `journey_steps` and
    more), `weight DOUBLE`, the share of the conversion that the step gets, given the steps that are there, and
    `upto DOUBLE`, the shares of all steps up to and with this one, so that money telescopes. The shares of a conversion sum to at most 1; the rest is what would have come anyway. It reads `fits`, a
    table that is solved when somebody asks.

    `bounds_sql(placed_sql)` takes such a SELECT with a column `player` and returns `player, conversions, low, high`:
    how many conversions each gets, and the 95 % interval of that, in conversions.
    """

    name: str
    summary: str
    fits: str
    weighted: Callable[[str], str]
    bounds_sql: Callable[[str], str]
    method: str
    """How reports name the intervals."""
    bias: str = ""
    """What it is known to get wrong, in one sentence."""
    cautions_sql: str = ""
    """SELECT of `goal, caution`: what the data of a goal breaks of what the model assumes; read after `fits` is solved."""
    behind: Callable[[Reader, str], Mapping[str, Behind]] | None = None
    """`behind(reader, conversion_id)` says by touchpoint_id what its ledger's shares of one conversion rest on."""


Model = RuleModel | PathModel | FittedModel
