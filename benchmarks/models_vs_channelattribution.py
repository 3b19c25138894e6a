"""Markov and Shapley against the ChannelAttribution package on the same paths, in one run.

    python -m venv /tmp/rival && /tmp/rival/bin/pip install ChannelAttribution matplotlib
    python benchmarks/models_vs_channelattribution.py --rival-python /tmp/rival/bin/python

ChannelAttribution (PyPI, GPL-3) is never a dependency: it runs in a process of its own, with the Python
that is given. Both read the same CSV file; the clock runs from the table in memory to the credits, in
CPU seconds of all threads (the best of three where a run is short). It simulates until its numbers vary
less than `--precision` between repetitions; the table shows the largest difference from the exact ones
as a share of all conversions. Its simulation takes as long for few journeys as for many; what grows
with the journeys is reading them. Shapley has no rival there and is shown alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TIMED = """
def timed(fit):
    seconds = []
    while not seconds or (sum(seconds) < 2 and len(seconds) < 3):
        before = resource.getrusage(resource.RUSAGE_SELF)
        found = fit()
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds), found
"""

RIVAL = f"""
import json, resource, sys
import pandas as pd
import ChannelAttribution as rival
{TIMED}
table = pd.read_csv(sys.argv[1])
seconds, found = timed(lambda: rival.markov_model(table, "path", "conversions", var_value="value",
    var_null="nulls", order=int(sys.argv[2]), ncore=1, verbose=False, flg_pro=False, conv_par=float(sys.argv[3])))
names = found["channel_name"].astype(str).tolist()
credit = found["total_conversions"].astype(float).tolist()
print(json.dumps({{"seconds": seconds, "credits": dict(zip(names, credit))}}))
"""

OURS = f"""
import json, resource, sys
import pyarrow.csv
from headwater.attribution import Markov, Shapley
{TIMED}
table = pyarrow.csv.read_csv(sys.argv[1])
model = Shapley() if sys.argv[2] == "shapley" else Markov(order=int(sys.argv[2]))
seconds, model = timed(lambda: model.fit(table))
print(json.dumps({{"seconds": seconds, "credits": model.credits_}}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rival-python", help="a Python that has ChannelAttribution; without it, ours alone")
    parser.add_argument("--journeys", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--channels", type=int, nargs="+", default=[12, 50])
    parser.add_argument("--orders", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument(
        "--precision", type=float, default=0.05, help="the rival's conv_par; its default is 0.05"
    )
    parser.add_argument("--timeout", type=int, default=300, help="wall seconds after which a run is stopped")
    asked = parser.parse_args()
    print(
        f"{'journeys':>9} {'channels':>8} {'model':>8} {'ours, CPU s':>12} {'rival, CPU s':>13} {'ratio':>8} {'difference':>10}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for journeys in asked.journeys:
            for channels in asked.channels:
                paths = Path(folder) / "paths.csv"
                total = write_paths(paths, journeys, channels)
                for model in [*map(str, asked.orders), "shapley"]:
                    compare(paths, model, total, asked)


def write_paths(file: Path, journeys: int, channels: int) -> int:
    """Write one row per journey: 1 to about 40 touches, a few common channels and a tail, some stickiness."""
    import numpy as np

    chance = np.random.default_rng(journeys + channels)
    lengths = np.minimum(chance.geometric(0.22, journeys), 60)
    size = int(lengths.sum())
    weights = 1 / np.arange(1, channels + 1) ** 0.8
    drawn = chance.choice(channels, size, p=weights / weights.sum())
    starts = np.cumsum(lengths) - lengths
    stays = chance.random(size) < 0.2
    stays[starts] = False
    origin = np.maximum.accumulate(np.where(stays, 0, np.arange(size)))
    names = np.array([f"c{channel:03d}" for channel in range(channels)], dtype=object)[drawn[origin]]
    converted = chance.random(journeys) < 0.03
    total = 0
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["path", "conversions", "value", "nulls"])
        for start, length, done in zip(starts.tolist(), lengths.tolist(), converted.tolist(), strict=True):
            total += done
            writer.writerow(
                [" > ".join(names[start : start + length]), int(done), 25 * int(done), int(not done)]
            )
    return total


def compare(paths: Path, model: str, total: int, asked: argparse.Namespace) -> None:
    """Run both and print one line."""
    journeys, channels = sum(1 for _ in paths.open()) - 1, ""
    ours = run(sys.executable, OURS, paths, model, asked)
    channels = len(ours["credits"]) if ours else "?"
    rival = (
        run(asked.rival_python, RIVAL, paths, model, asked)
        if asked.rival_python and model != "shapley"
        else None
    )
    name = "shapley" if model == "shapley" else f"markov {model}"
    mine = f"{ours['seconds']:.3f}" if ours else f"over {asked.timeout}"
    if rival and ours:
        worst = (
            max(abs(rival["credits"].get(each, 0) - credit) for each, credit in ours["credits"].items())
            / total
        )
        theirs, ratio, difference = (
            f"{rival['seconds']:.2f}",
            f"{rival['seconds'] / ours['seconds']:.0f}",
            f"{worst:.2%}",
        )
    else:
        stopped = asked.rival_python and model != "shapley"
        theirs, ratio, difference = (f"over {asked.timeout}" if stopped else "-"), "-", "-"
        if stopped and ours:
            ratio = f"> {asked.timeout / ours['seconds']:.0f}"
    print(
        f"{journeys:>9} {channels:>8} {name:>8} {mine:>12} {theirs:>13} {ratio:>8} {difference:>10}",
        flush=True,
    )


def run(python: str, code: str, paths: Path, model: str, asked: argparse.Namespace) -> Any:
    """Return what a process of its own found, or None where it was stopped after the timeout."""
    command = [python, "-c", code, str(paths), model, str(asked.precision)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=asked.timeout)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
