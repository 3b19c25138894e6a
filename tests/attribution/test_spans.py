"""Spans: all places of all runs, in order, each with its run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.spans import spans


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=12))
def test_each_run_covers_its_places_in_order_and_empty_runs_none(runs: list[tuple[int, int]]) -> None:
    first = np.array([begin for begin, _ in runs], dtype=np.int64)
    count = np.array([length for _, length in runs], dtype=np.int64)

    run, place = spans(first, count)

    meant = [(number, begin + step) for number, (begin, length) in enumerate(runs) for step in range(length)]
    assert list(zip(run.tolist(), place.tolist(), strict=True)) == meant
