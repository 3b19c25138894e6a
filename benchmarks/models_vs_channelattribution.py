"""Markov and Shapley against the ChannelAttribution package on the same paths, in one run.

    python -m venv /tmp/rival && /tmp/rival/bin/pip install ChannelAttribution matplotlib
    python benchmarks/models_vs_channelattribution.py --rival-python /tmp/rival/bin/python

ChannelAttribution (PyPI, GPL-3) is never a dependency: it runs in a process of its own, with the Python
that is given. Two things are measured, in CPU seconds of all threads (the best of several where a run is
short). `texts`: both read the same CSV file, and the clock runs from the table of path texts in memory to
the credits. `stored` (with `--stored`): the same journeys lie in a Headwater workspace as touchpoints and
conversions, and the clock runs over one whole `report compare --model M`, which reads what builds keep; the
rival has nothing of the kind and starts from its texts. `days` is the same report over days that hold all
journeys: then the packed paths are counted anew. The build, which the rival has no part of, is
printed on a line of its own. It simulates until its numbers vary
less than `--precision` between repetitions; the table shows the largest difference from the exact ones
as a share of all conversions. Its simulation takes as long for few journeys as for many; what grows
with the journeys is reading them. Shapley has no rival there and is shown alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
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


STORED = f"""
import json, resource, sys
from headwater.workspace import Workspace
{TIMED}
folder, model, days = sys.argv[1:]
with Workspace(folder, builds_on_read=False) as shop:
    options = {{"until": "2100-01-01"}} if days else {{}}
    ask = lambda: shop.report("compare", model=model, **options)
    ask()
    seconds, found = timed(lambda: [ask() for _ in range(10)])
    rows = found[-1].to_arrow().to_pylist()
print(json.dumps({{"seconds": seconds / 10, "credits": {{row["channel"]: row[model] for row in rows}}}}))
"""

BUILD = f"""
import json, resource, sys
from headwater.workspace import Workspace
{TIMED}
folder, touchpoints, conversions = sys.argv[1:]
with Workspace(folder) as shop:
    shop.import_([touchpoints], kind="touchpoints")
    shop.import_([conversions], kind="conversions")
    seconds, _ = timed(lambda: shop.build(full=True))
print(json.dumps({{"seconds": seconds}}))
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
    parser.add_argument("--stored", action="store_true", help="measure journeys stored in a workspace too")
    asked = parser.parse_args()
    os.environ.setdefault(
        "HEADWATER_SECRET_KEY", "benchmarks need no secret of their own, only one that stays"
    )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(
        f"{'journeys':>9} {'channels':>8} {'model':>8} {'from':>6} {'ours, CPU s':>12} {'rival, CPU s':>13} {'ratio':>8} {'difference':>10}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for journeys in asked.journeys:
            for channels in asked.channels:
                paths = Path(folder) / "paths.csv"
                total = write_paths(paths, journeys, channels)
                place = Path(folder) / f"shop-{journeys}-{channels}" if asked.stored else None
                if place:
                    store(paths, place, asked)
                for model in [*map(str, asked.orders), "shapley"]:
                    compare(paths, model, total, asked, place=place)


def drawn(journeys: int, channels: int) -> tuple[Any, Any, Any]:
    """Return the channels of all touches, the touches of each journey, and which journeys convert."""
    import numpy as np

    chance = np.random.default_rng(journeys + channels)
    lengths = np.minimum(chance.geometric(0.22, journeys), 60)
    size = int(lengths.sum())
    weights = 1 / np.arange(1, channels + 1) ** 0.8
    met = chance.choice(channels, size, p=weights / weights.sum())
    starts = np.cumsum(lengths) - lengths
    stays = chance.random(size) < 0.2
    stays[starts] = False
    origin = np.maximum.accumulate(np.where(stays, 0, np.arange(size)))
    return met[origin], lengths, chance.random(journeys) < 0.03


def write_paths(file: Path, journeys: int, channels: int) -> int:
    """Write one row per journey: 1 to about 40 touches, a few common channels and a tail, some stickiness."""
    import numpy as np

    codes, lengths, converted = drawn(journeys, channels)
    starts = np.cumsum(lengths) - lengths
    names = np.array([f"c{channel:03d}" for channel in range(channels)], dtype=object)[codes]
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


def store(paths: Path, place: Path, asked: argparse.Namespace) -> None:
    """Bring the journeys into a workspace, as a touch an hour and a conversion after the last; build it."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.parquet as pq

    table = pyarrow.csv.read_csv(paths).combine_chunks()
    split = pc.split_pattern(table.column("path"), " > ").combine_chunks()
    lengths = split.value_lengths().to_numpy()
    owner = np.repeat(np.arange(len(lengths)), lengths)
    hours = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    first = np.datetime64("2026-03-01T00:00:00", "us")
    touches = {
        "touchpoint_id": pa.array(np.arange(len(owner))).cast(pa.string()),
        "person": pa.array(owner).cast(pa.string()),
        "occurred_at": pa.array(first + hours.astype("timedelta64[h]")),
        "channel": split.flatten(),
    }
    done = np.flatnonzero(table.column("conversions").to_numpy())
    ends = {
        "conversion_id": pa.array([f"order-{number}" for number in done.tolist()]),
        "person": pa.array(done).cast(pa.string()),
        "occurred_at": pa.array(np.full(len(done), first + np.timedelta64(60, "h"))),
        "goal": pa.array(["purchase"] * len(done)),
        "value": pa.array(np.full(len(done), 25)),
    }
    files = [place.with_suffix(".touchpoints.parquet"), place.with_suffix(".conversions.parquet")]
    for file, columns in zip(files, (touches, ends), strict=True):
        pq.write_table(pa.table(columns), file)
    built = run(sys.executable, BUILD, asked, place, *files)
    said = f"{built['seconds']:.1f} CPU s" if built else f"over {asked.timeout} s"
    print(f"{len(lengths):>9} journeys stored in a workspace: build --full {said}", flush=True)


def compare(
    paths: Path, model: str, total: int, asked: argparse.Namespace, *, place: Path | None = None
) -> None:
    """Run the rival once and ours from texts and, where asked, from the workspace; print a line each."""
    journeys = sum(1 for _ in paths.open()) - 1
    has_rival = bool(asked.rival_python) and model != "shapley"
    rival = run(asked.rival_python, RIVAL, asked, paths, model, asked.precision) if has_rival else None
    found = {"texts": run(sys.executable, OURS, asked, paths, model)}
    if place and model in ("1", "shapley"):
        name = "markov" if model == "1" else model
        found["stored"] = run(sys.executable, STORED, asked, place, name, "")
        found["days"] = run(sys.executable, STORED, asked, place, name, "days")
    for source, ours in found.items():
        print(
            line(journeys, model, source, total, ours=ours, rival=rival, has_rival=has_rival, asked=asked),
            flush=True,
        )


def line(
    journeys: int,
    model: str,
    source: str,
    total: int,
    *,
    ours: Any,
    rival: Any,
    has_rival: bool,
    asked: argparse.Namespace,
) -> str:
    """Return one line of the table."""
    name = "shapley" if model == "shapley" else f"markov {model}"
    channels = len(ours["credits"]) if ours else "?"
    mine = f"{ours['seconds']:.4f}" if ours else f"over {asked.timeout}"
    theirs, ratio, difference = (f"over {asked.timeout}" if has_rival else "-"), "-", "-"
    if rival and ours:
        gaps = (abs(rival["credits"].get(each, 0) - credit) for each, credit in ours["credits"].items())
        theirs, difference = f"{rival['seconds']:.2f}", f"{max(gaps) / total:.2%}"
        ratio = f"{rival['seconds'] / ours['seconds']:.0f}"
    elif has_rival and ours:
        ratio = f"> {asked.timeout / ours['seconds']:.0f}"
    return f"{journeys:>9} {channels:>8} {name:>8} {source:>6} {mine:>12} {theirs:>13} {ratio:>8} {difference:>10}"


def run(python: str, code: str, asked: argparse.Namespace, *given: object) -> Any:
    """Return what a process of its own found, or None where it was stopped after the timeout."""
    command = [python, "-c", code, *map(str, given)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=asked.timeout)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
