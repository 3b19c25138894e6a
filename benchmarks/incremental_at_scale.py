"""Incremental at scale: the fitted model with intervals on a simulated market of many persons, beside Markov.

    python benchmarks/incremental_at_scale.py [--persons 1000000] [--world mild-intent]

A market is simulated, imported and built; then `report attribution --model incremental`, which fits the model and
states its intervals, is run in a process of its own, and again for Markov in another. Printed are wall and CPU
seconds, peak memory, the error against the truth (WAPE by channel) and how many intervals hold the truth.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from events_to_credits import run

KINDS = ("touchpoints", "conversions", "persons", "spend")


def against(truth: dict[str, float], rows: list[dict[str, Any]]) -> tuple[float, int]:
    """Return the WAPE by channel and how many intervals hold the truth."""
    wrong = sum(abs(row["conversions"] - truth[row["channel"]]) for row in rows)
    held = sum(row["conversions_low"] <= truth[row["channel"]] <= row["conversions_high"] for row in rows)
    return wrong / sum(truth.values()), held


def main() -> None:
    """Simulate, build, ask and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--persons", type=int, default=1_000_000)
    options.add_argument("--world", default="mild-intent")
    chosen = options.parse_args()
    os.environ.setdefault(
        "HEADWATER_SECRET_KEY", "benchmarks need no secret of their own, only one that stays"
    )
    with tempfile.TemporaryDirectory() as folder:
        market, place = Path(folder) / "market", Path(folder) / "workspace"
        headwater = (Path(sys.executable).with_name("headwater"), "--dir", place)
        made = run(headwater[0], "simulate", chosen.world, "--out", market, "--persons", str(chosen.persons))
        print(f"{chosen.world}, {chosen.persons:,} persons, load {os.getloadavg()[0]:.1f}")
        print(f"  simulate      {made}", flush=True)
        for kind in KINDS:
            run(*headwater, "import", market / f"{kind}.parquet", "--as", kind, "--no-build")
        print(f"  build         {run(*headwater, 'build')}", flush=True)
        rows = pq.read_table(market / "truth.parquet").to_pylist()
        truth = {row["channel"]: row["conversions"] for row in rows if row["campaign"] is None}
        for model in ("incremental", "markov"):
            asked = run(*headwater, "report", "attribution", "--model", model, "--json")
            # notes for the eye may stand before or after the answer
            answer = asked.output[asked.output.index("{") : asked.output.rindex("}") + 1]
            wape, held = against(truth, json.loads(answer)["rows"])
            print(
                f"  {model:13} {asked}  WAPE {wape:.2f}  truth in {held} of {len(truth)} intervals",
                flush=True,
            )
    print(f"peak of all processes {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
