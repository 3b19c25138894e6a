"""The short form of benchmarks/kill_intake.py: a few random kills on every run of the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kill_intake.py"


def test_no_acknowledged_event_is_lost_or_doubled_by_kills_at_random_moments() -> None:
    run = subprocess.run([sys.executable, SCRIPT, "--kills", "5"], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr
