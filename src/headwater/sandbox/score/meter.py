"""Meter: CPU time and memory of this process while something runs.

Reads  the clock of the process, /proc where there is one
Makes  CPU seconds, MiB
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Self

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
PEAK = "5"
"""What lets the highest resident memory begin anew (man 5 proc, clear_refs)."""


class Meter:
    """Measures the block of a `with`; all threads of the process count."""

    cpu_seconds: float = 0.0
    peak_mb: float | None = None
    """The highest resident memory meanwhile, in MiB; None where the system does not tell."""

    def __enter__(self) -> Self:
        try:
            RESET.write_text(PEAK, encoding="ascii")
        except OSError:
            self._can_reset = False
        else:
            self._can_reset = True
        self._began = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_seconds = round(time.process_time() - self._began, 3)
        self.peak_mb = peak() if self._can_reset else None


def peak() -> float | None:
    """Return the highest resident memory of this process since it was last reset, in MiB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))
    except OSError:
        return None
    return round(int(found[1]) / 1024, 1) if found else None
