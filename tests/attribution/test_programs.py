"""Programs: told by their touches alone, and hardly anybody else is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from attribution.markets import known
from headwater.attribution.incremental.programs import programs, without_programs


def test_programs_are_found_and_persons_are_not() -> None:
    world = known("bots")
    found = programs(world.histories)

    assert found.sum() == pytest.approx(0.02 * 30_000, rel=0.05)
    assert not found[world.histories.conversions.person].any()


@pytest.mark.parametrize("name", ["random", "strong-intent", "saturation"])
def test_persons_who_are_chased_are_no_programs(name: str) -> None:
    assert programs(known(name).histories).sum() <= 3


def test_what_is_left_out_takes_its_time_and_touches_along() -> None:
    whole = known("bots").histories
    left = without_programs(whole)
    out = programs(whole)

    assert not out[left.touch_person].any()
    assert np.array_equal(left.end[~out], whole.end[~out])
    assert (left.end[out] == whole.begin[out]).all()
