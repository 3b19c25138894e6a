"""Every model against the attribution packages of PyPI on the same journeys, in one run.

    python benchmarks/models_vs_peers.py --peers-python .tools-peers/bin/python

CPU seconds of all threads from a table of path texts in memory to the credits, each figure of a process of its
own (see `peers.py` for how the peers are called and installed). A peer gets `--limit` CPU seconds and `--memory`
GiB; "over" says that it was stopped, "memory" that it ran out, "failed" that it ended with an error. What a
peer could not do for fewer journeys of the same channels it is not asked for more ("as before"). Ours has
no limit but the machine. The difference is that of the credits from ours, as a share of all conversions:
simulation, or another definition (docs/explanation/where-peers-differ.md).

The cells are chosen so that the whole takes about a quarter of an hour on two quiet cores; `--cells` asks for
others, `--models` for fewer models. `models_vs_channelattribution.py` measures journeys stored in a workspace.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from models_vs_channelattribution import drawn
from peers import MODELS, PEERS

CELLS = ("1e4x12", "1e4x50", "1e4x1000", "1e5x200", "1e6x12", "1e6x50", "1e6x200", "5e6x12", "5e6x200")
OURS = """
import json, resource, sys
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from headwater import attribution
name, order = (sys.argv[2].split() + [""])[:2]
made = {"markov": lambda: attribution.Markov(order=int(order)), "shapley": attribution.Shapley,
    "first": attribution.First, "last": attribution.Last, "linear": attribution.Linear,
    "position": attribution.Position, "time_decay": attribution.TimeDecay}[name]
table = pq.read_table(sys.argv[1])
if name == "time_decay":
    # texts have no times: a day a touch, as single touches
    split = pc.split_pattern(table["path"], " > ").combine_chunks()
    lengths = split.value_lengths().to_numpy()
    owner = np.repeat(np.arange(len(lengths)), lengths)
    step = np.arange(len(owner)) - (np.cumsum(lengths) - lengths)[owner] + 1
    table = pa.table({"journey_id": owner, "step": step, "channel": split.flatten(),
        "converted": table["conversions"].to_numpy()[owner], "days_before": (lengths[owner] - step) * 1.0})
made().fit(table.slice(0, 100))
seconds = []
while not seconds or (sum(seconds) < 1 and len(seconds) < 3):
    before = resource.getrusage(resource.RUSAGE_SELF)
    model = made().fit(table)
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
print(json.dumps({"seconds": min(seconds), "credits": model.credits_, "mib": after.ru_maxrss // 1024}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers-python", help="a Python that has the peers; without it, ours alone")
    parser.add_argument("--cells", nargs="+", default=CELLS, metavar="JOURNEYSxCHANNELS")
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--limit", type=int, default=60, help="CPU seconds of a peer")
    parser.add_argument("--memory", type=float, default=8, help="GiB of a peer")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, peers up to {asked.limit} CPU s")
    print(
        f"{'journeys':>8} {'channels':>8} {'model':>10} {'ours':>9} {'MiB':>6}  peers: CPU s (ratio, difference)"
    )
    given_up: set[tuple[int, str, str]] = set()
    with tempfile.TemporaryDirectory() as folder:
        for cell in asked.cells:
            journeys, channels = (int(float(each)) for each in cell.split("x"))
            paths = Path(folder) / "paths.parquet"
            write_paths(paths, journeys, channels)
            for model in asked.models:
                line(paths, (journeys, channels, model), asked=asked, given_up=given_up)


def line(
    paths: Path, cell: tuple[int, int, str], *, asked: argparse.Namespace, given_up: set[tuple[int, str, str]]
) -> None:
    """Print what ours and every peer took for one cell."""
    journeys, channels, model = cell
    ours = found([sys.executable, "-c", OURS, str(paths), model])
    if isinstance(ours, str):
        sys.exit(f"ours could not do {cell}: {ours}")
    total = sum(ours["credits"].values())
    told = []
    for peer in asked.peers if asked.peers_python else []:
        if model not in PEERS[peer][1]:
            continue
        if (channels, model, peer) in given_up:
            told.append(f"{peer} as before")
            continue
        command = [asked.peers_python, str(Path(__file__).with_name("peers.py")), peer, model, str(paths)]
        theirs = found(command, limit=asked.limit, memory=asked.memory)
        if isinstance(theirs, str):
            given_up.add((channels, model, peer))
            least = f" (> {asked.limit / ours['seconds']:.0f})" if theirs == "over" else ""
            told.append(f"{peer} {theirs}{least}")
            continue
        gap = max(abs(theirs["credits"].get(name, 0) - credit) for name, credit in ours["credits"].items())
        ratio = theirs["seconds"] / ours["seconds"]
        told.append(f"{peer} {theirs['seconds']:.3g} ({ratio:.3g}, {gap / total:.2%})")
    print(
        f"{journeys:>8} {channels:>8} {model:>10} {ours['seconds']:>9.3g} {ours['mib']:>6}  {'; '.join(told)}",
        flush=True,
    )


def found(command: list[str], *, limit: int | None = None, memory: float | None = None) -> Any:
    """Return what a process of its own printed, or in a word how it ended."""

    def limited() -> None:
        if limit:
            # ten more for loading the packages and the table
            resource.setrlimit(resource.RLIMIT_CPU, (limit + 10, limit + 10))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (int(memory * 2**30),) * 2)

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited)
    if done.returncode == 0:
        return json.loads(done.stdout.strip().splitlines()[-1])
    if done.returncode in (-9, -24):
        return "over"
    return "memory" if "MemoryError" in done.stderr or "allocate" in done.stderr else "failed"


def write_paths(file: Path, journeys: int, channels: int) -> None:
    """Write one row per journey: 1 to 60 touches, a few common channels and a tail, some stickiness."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    codes, lengths, done = drawn(journeys, channels)
    names = pa.array([f"c{channel:03d}" for channel in range(channels)]).take(pa.array(codes))
    offsets = pa.array(np.append(0, np.cumsum(lengths)).astype(np.int32))
    converted = done.astype(np.int64)
    columns = {
        "path": pc.binary_join(pa.ListArray.from_arrays(offsets, names), " > "),
        "conversions": converted,
        "nulls": 1 - converted,
        "value": 25 * converted,
    }
    pq.write_table(pa.table(columns), file)


if __name__ == "__main__":
    main()
