"""What was acknowledged outlives a power cut: a short form of benchmarks/power_cuts.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "power_cuts.py"
UNUSABLE = 3
"""What the script ends with where no file system that forgets can be had."""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_counted_twice_when_the_power_is_cut() -> None:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), "--cuts", "6", "--seed", "20261122"],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )

    if ran.returncode == UNUSABLE:
        pytest.skip(ran.stderr.strip())
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "acknowledged and lost: 0" in ran.stdout
