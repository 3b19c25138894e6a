"""Events to credits: a full build against hand-written SQL on the same file, then 10,000 new events.

    python benchmarks/events_to_credits.py 1e6 1e7 --generator generate_events.py --rival handwritten.py

For each size: `GENERATOR N FILE` makes the events (Parquet with event_id, event_type, ts, anonymous_id,
user_id, email_hash, url, referrer and more columns); all but the last 10,000 are imported and built in
full; `RIVAL FILE DATABASE` does by hand-written SQL what leads to credits, and prints `to credits wall W s
cpu C s`; then the last 10,000 are imported and built on top, and reports are asked for. Every figure is of
a process of its own: wall and CPU seconds, and peak memory. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

LATE = 10_000
MAP = "event_type=type,ts=occurred_at,email_hash=email"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "bench"


@dataclass(frozen=True)
class Run:
    """What one process took."""

    wall: float
    cpu: float
    peak: float
    output: str

    def __str__(self) -> str:
        return f"wall {self.wall:7.2f} s   cpu {self.cpu:7.2f} s   peak {self.peak:5.2f} GiB"


def run(*command: str | Path) -> Run:
    """Run a command to its end; raise with its output where it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([str(part) for part in command], stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        said.seek(0)
        output = said.read().decode()
    if status:
        sys.exit(f"{command} failed:\n{output}")
    return Run(time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20, output)


def split(events: Path, *, early: Path, late: Path) -> None:
    """Part the events: the last ones in order of arrival come later."""
    with duckdb.connect() as engine:
        engine.execute("set memory_limit = '3GB'")
        count = engine.execute("select count(*) from read_parquet(?)", [str(events)]).fetchall()[0][0]
        source = f"select * from '{events}'"
        engine.execute(
            f"copy ({source} limit {count - LATE}) to '{early}' (format parquet, compression zstd)"
        )
        engine.execute(
            f"copy ({source} offset {count - LATE}) to '{late}' (format parquet, compression zstd)"
        )


def measure(size: int, *, folder: Path, generator: Path, rival: Path | None) -> None:
    """Print the figures for one size."""
    events, early, late = folder / "events.parquet", folder / "early.parquet", folder / "late.parquet"
    run(sys.executable, generator, str(size), events)
    split(events, early=early, late=late)
    place = folder / "workspace"
    headwater = (Path(sys.executable).with_name("headwater"), "--dir", place)
    print(f"\n{size:,} events", flush=True)
    print(
        f"  import             {run(*headwater, 'import', early, '--as', 'events', '--map', MAP, '--no-build')}",
        flush=True,
    )
    run(*headwater, "build")
    ours = run(*headwater, "build", "--full")
    print(f"  build --full       {ours}", flush=True)
    if rival:
        theirs = run(sys.executable, rival, early, folder / "rival.duckdb")
        found = re.search(r"to credits\s+wall\s+([\d.]+) s\s+cpu\s+([\d.]+) s", theirs.output)
        assert found, theirs.output
        wall, cpu = float(found[1]), float(found[2])
        print(f"  hand-written       wall {wall:7.2f} s   cpu {cpu:7.2f} s   (to credits, without its load)")
        print(f"  ratio              wall {ours.wall / wall:7.2f}     cpu {ours.cpu / cpu:7.2f}", flush=True)
    run(*headwater, "import", late, "--as", "events", "--map", MAP, "--no-build")
    print(f"  build, {LATE:,} new {run(*headwater, 'build')}", flush=True)
    for report in ("overview", "compare", "lag"):
        print(f"  report {report:11} {run(*headwater, 'report', report, '--json')}", flush=True)


def main() -> None:
    """Measure each size in a folder of its own."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "sizes", nargs="*", type=float, default=[1e6], help="numbers of events, e.g. 1e6 1e7 5e7"
    )
    options.add_argument("--generator", type=Path, default=SHARED / "generate_events.py")
    options.add_argument("--rival", type=Path, default=SHARED / "handwritten.py")
    chosen = options.parse_args()
    if not chosen.generator.exists():
        sys.exit(f"There is no generator at {chosen.generator}; name one with --generator.")
    os.environ.setdefault(
        "HEADWATER_SECRET_KEY", "benchmarks need no secret of their own, only one that stays"
    )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory() as folder:
            rival = chosen.rival if chosen.rival.exists() else None
            measure(int(size), folder=Path(folder), generator=chosen.generator, rival=rival)
    print(f"peak of all processes {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
