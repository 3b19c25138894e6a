"""Truth: what is true of a market, read from the folder that `headwater simulate` wrote.

Reads  truth.parquet, spend.parquet, world.json
Makes  a Truth by channel and one by campaign, in conversions or in value
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.parquet as pq

from headwater.contract.errors import NotFoundError
from headwater.sandbox.score.measures import Truth

if TYPE_CHECKING:
    from pathlib import Path

LEVELS = ("channel", "campaign")
"""What a model is scored by."""
QUANTITIES = ("conversions", "value")
"""What is credited; value is money, net of refunds."""


def told(folder: Path) -> dict[str, Any]:
    """Return what the folder says of its market: world, persons, days, seed, totals.

    Raises NotFoundError where it is no folder of `headwater simulate`.
    """
    try:
        said: dict[str, Any] = orjson.loads((folder / "world.json").read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise NotFoundError(
            f"{folder} holds no simulated market: its world.json cannot be read.",
            hint="name a world, or a folder that `headwater simulate WORLD --out FOLDER` wrote.",
        ) from error
    return said


def truth(folder: Path, *, by: str, of: str) -> Truth:
    """Return the truth of the market in `folder`, by channel or campaign, of conversions or value."""
    rows = pq.read_table(folder / "truth.parquet").to_pylist()
    channels = {row["campaign"]: row["channel"] for row in rows if row["campaign"]}
    spend: defaultdict[str, float] = defaultdict(float)
    for row in pq.read_table(folder / "spend.parquet", columns=["campaign", "cost"]).to_pylist():
        name = row["campaign"] if by == "campaign" else channels[row["campaign"]]
        spend[name] += float(row["cost"])
    chosen = [row for row in rows if (row["campaign"] is not None) == (by == "campaign")]
    facts = told(folder)
    return Truth(
        increments={row[by]: float(row[of]) for row in chosen if row["channel"] in channels.values()},
        together=float(facts[f"ads_{of}"]),
        whole=float(facts[of]),
        spend=dict(spend),
    )
