"""Increment coverage: how often the intervals of `incremental` hold the truth, over worlds and seeds.

    python benchmarks/increment_coverage.py [--persons 50000] [--seeds 6] [--experiments none] [world ...]

Each world is simulated, imported and scored once for every seed (`headwater score`). Printed by world: mean error by
channel (WAPE), and how many of all channels' 95 % intervals hold what the channel truly brings; then the same over
the worlds in which what the model assumes holds, and over those in which it does not and the guard says so.
"""

from __future__ import annotations

import argparse
from statistics import fmean

from headwater.sandbox.worlds.catalogue import WORLDS
from headwater.scoring import score

BROKEN = ("once", "devices", "everything")
"""Worlds in which persons are lost from sight when they convert, or go by several identifiers."""


def main() -> None:
    """Score and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("worlds", nargs="*", default=list(WORLDS))
    asked.add_argument("--persons", type=int, default=50_000)
    asked.add_argument("--seeds", type=int, default=6)
    asked.add_argument("--experiments", default="none")
    told = asked.parse_args()
    held: dict[str, list[float]] = {}
    for world in told.worlds:
        wrong = []
        for seed in range(1, told.seeds + 1):
            found = score(
                world,
                persons=told.persons,
                seed=seed,
                models=("incremental",),
                experiments=(told.experiments,),
            )
            row = next(row for row in found.rows if row["by"] == "channel")
            held.setdefault(world, []).append(row["coverage"])
            wrong += [] if row["wape"] is None else [row["wape"]]
        error = f"{fmean(wrong):6.2f}" if wrong else "     -"
        note = "  assumptions broken" if world in BROKEN else ""
        print(f"{world:15s} WAPE {error}   held {fmean(held[world]):5.1%}{note}", flush=True)
    for title, worlds in (
        ("assumptions hold", [one for one in held if one not in BROKEN]),
        ("assumptions broken", [one for one in held if one in BROKEN]),
    ):
        if worlds:
            print(
                f"{title}: {fmean(share for one in worlds for share in held[one]):.1%} of the intervals hold the truth"
            )


if __name__ == "__main__":
    main()
