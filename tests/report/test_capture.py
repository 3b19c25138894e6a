"""Capture: the estimates of a known world lie where they should."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from headwater.report.measure.capture import share_missed, whole


def test_nothing_known_is_no_share_and_no_overlap_no_estimate() -> None:
    assert share_missed(known=0, missed=0) == (None, None, None)
    assert whole(first=5, second=5, both=0) is None


def test_two_lists_that_know_the_same_leave_nobody_out() -> None:
    assert whole(first=50, second=50, both=50) == (50.0, 50.0, 50.0)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_an_interval_holds_its_share(known: int, part: float) -> None:
    missed = int(part * known)
    share, low, high = share_missed(known=known, missed=missed)

    assert share is not None
    assert low is not None
    assert high is not None
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 5000))
def test_the_whole_is_never_less_than_what_was_seen(first_only: int, second_only: int, both: int) -> None:
    found = whole(first=first_only + both, second=second_only + both, both=both)

    assert found is not None
    seen = first_only + second_only + both
    assert seen - 1 <= found.low <= found.total + 1e-6
    assert found.total <= found.high + 1e-6


def test_the_intervals_of_worlds_with_a_known_truth_hold_it_about_95_times_of_100() -> None:
    draw = random.Random(7)
    held_share, held_whole, worlds = 0, 0, 400
    for _ in range(worlds):
        people = [(draw.random() < 0.8, draw.random() < 0.9) for _ in range(500)]
        known = sum(server for _, server in people)
        both = sum(browser and server for browser, server in people)
        share = share_missed(known=known, missed=known - both)
        total = whole(first=sum(browser for browser, _ in people), second=known, both=both)
        assert total is not None
        held_share += share.low is not None and share.high is not None and share.low <= 0.2 <= share.high
        held_whole += math.floor(total.low) <= 500 <= math.ceil(total.high)

    assert held_share > 0.92 * worlds
    assert held_whole > 0.92 * worlds
