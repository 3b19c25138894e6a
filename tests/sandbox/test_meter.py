"""The meter: it counts what its own block takes, not what came before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from headwater.sandbox.score import meter
from headwater.sandbox.score.meter import Meter

if TYPE_CHECKING:
    from pathlib import Path


def test_work_takes_cpu_time_and_idling_hardly_any() -> None:
    with Meter() as idle:
        pass
    with Meter() as busy:
        sum(range(3_000_000))

    assert 0 <= idle.cpu_seconds < busy.cpu_seconds


@pytest.mark.skipif(not meter.RESET.exists(), reason="this system tells no peak of memory")
def test_the_peak_is_that_of_the_block_alone() -> None:
    with Meter() as large:
        np.ones(30_000_000)
    with Meter() as small:
        pass

    assert large.peak_mb is not None
    assert small.peak_mb is not None
    assert large.peak_mb > small.peak_mb + 150


def test_where_the_system_tells_nothing_the_peak_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(meter, "RESET", tmp_path / "none" / "clear_refs")

    with Meter() as found:
        pass

    assert found.peak_mb is None
