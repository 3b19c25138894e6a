"""FX: reference rates of the European Central Bank for every calendar day.

Reads  facts/fx_rates.parquet
Makes  the rows of `fx_rates`

Week-ends and holidays carry the rate of the last working day. A currency that the bank no longer
quotes has no rate from that day on; the euro itself is 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.journey import facts

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa


@lru_cache(maxsize=1)
def fx_rates() -> pa.Table:
    """Return `fx_rates`: currency, rated_on and per_eur (units of the currency for one euro)."""
    with facts.location("fx_rates.parquet").open("rb") as file:
        return pq.read_table(file)


def rated_until() -> date:
    """Return the last day that has rates; later money is converted at the rate of that day."""
    last: date = pc.max(fx_rates().column("rated_on")).as_py()
    return last
