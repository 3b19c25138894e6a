"""Intervals hold the mean over markets about as often as they say: a short form of benchmarks/interval_coverage.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "interval_coverage.py"


@pytest.mark.slow
def test_intervals_hold_the_mean_over_markets_of_other_persons() -> None:
    command = [
        sys.executable,
        str(SCRIPT),
        "random",
        "--persons",
        "3000",
        "--markets",
        "80",
        "--by",
        "channel",
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| random")]
    assert len(rows) == 2
    for row in rows:
        # 720 intervals each, those of one market alike: wider than the 95 % of 300 markets
        for held in (row[3], row[5]):
            assert 0.88 <= float(held.rstrip("%")) / 100 <= 0.99, row
