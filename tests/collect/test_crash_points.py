"""A process that dies before any system call leaves nothing wrong: a short form of benchmarks/crash_points.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "crash_points.py"
UNUSABLE = 3
"""What the script ends with where no process can be traced."""


@pytest.mark.parametrize(("jobs", "sample"), [("front,publish", 4), ("build,load", 1)])
def test_a_crash_before_any_system_call_changes_nothing_in_the_end(jobs: str, sample: int) -> None:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), "--jobs", jobs, "--sample", str(sample)],
        capture_output=True,
        text=True,
        check=False,
    )

    if ran.returncode == UNUSABLE:
        pytest.skip(ran.stderr.strip())
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{sample} tried" in ran.stdout
    assert "nothing differs" in ran.stdout
