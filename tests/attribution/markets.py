"""Markets: simulated persons as `Histories`, with what is true of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from headwater.attribution.incremental.histories import Histories, Moments
from headwater.sandbox.worlds.catalogue import world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import market

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

START = np.datetime64("2026-01-01", "us")
DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")


class Known:
    """Histories of a world, its channels by group, and what each of them truly adds."""

    def __init__(self, name: str, persons: int, seed: int) -> None:
        world = world_named(name)
        made = market(Plan(world=world, persons=persons, days=60, seed=seed, experiments=0), threads=1)
        touches, bought, persons_ = (made.tables[one] for one in ("touchpoints", "conversions", "persons"))
        self.channels = [channel.name for channel in world.channels]
        self.pulls = [channel.role == "pull" for channel in world.channels]
        names = [
            (channel.name, campaign.name) for channel in world.channels for campaign in channel.campaigns
        ]
        unit = [names.index(pair) for pair in _pairs(touches)]
        person = _places(touches["person"], persons_["person"])
        time = _days(touches["occurred_at"])
        order = np.lexsort((time, person))
        self.histories = Histories(
            begin=_days(persons_["observed_from"]),
            end=_days(persons_["observed_until"]),
            stratum=np.unique(persons_["segment"].to_pylist(), return_inverse=True)[1],
            touch_person=person[order],
            touch_time=time[order],
            touch_unit=np.array(unit)[order],
            unit_group=np.array([self.channels.index(channel) for channel, _ in names]),
            is_causal=np.array([name != "direct" for name in self.channels]),
            conversions=Moments(_places(bought["person"], persons_["person"]), _days(bought["occurred_at"])),
            known=np.array([not one.startswith("anonymous:") for one in persons_["person"].to_pylist()]),
        )
        rows = {(row["channel"], row["campaign"]): row["conversions"] for row in made.truth}
        self.truth = np.array([rows[name, None] for name in self.channels])


@cache
def known(name: str, persons: int = 30_000, seed: int = 1) -> Known:
    """Return the market, simulated once."""
    return Known(name, persons, seed)


def _pairs(touches: pa.Table) -> list[tuple[str, str]]:
    return list(zip(touches["channel"].to_pylist(), touches["campaign"].to_pylist(), strict=True))


def _places(column: pa.ChunkedArray, known_: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    found: npt.NDArray[Any] = pc.index_in(column, known_.combine_chunks()).to_numpy()
    return found.astype(np.int64)


def _days(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return (column.to_numpy() - START) / np.timedelta64(1, "us") / DAY
