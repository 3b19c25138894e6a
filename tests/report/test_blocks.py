"""Blocks: every journey is in one block, and a person's block depends on nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.models import Runs
from headwater.report.measure.blocks import BLOCKS, block_of, blocks
from headwater.report.measure.runs import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

Journey = tuple[int, list[int], int, int, int]
JOURNEYS = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.lists(st.integers(0, 3), min_size=1, max_size=5),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 10**9),
    ),
    min_size=1,
    max_size=30,
)


def kept_of(journeys: Sequence[Journey]) -> Kept:
    """Return journeys (person, codes, conversions, nulls, millionths) as they are kept, person by person."""
    rows = sorted(journeys, key=lambda journey: journey[0])
    length = np.array([len(codes) for _, codes, *_ in rows], dtype=np.int64)
    first = np.cumsum(length) - length
    persons, owner = np.unique([row[0] for row in rows], return_inverse=True)
    starts = first[np.unique(owner, return_index=True)[1]]
    conversions, nulls, micros = (
        np.array([row[place] for row in rows], dtype=np.int64) for place in (2, 3, 4)
    )
    return Kept(
        runs=Runs(
            players=("a", "b", "c", "d"),
            codes=np.concatenate([row[1] for row in rows]),
            first=first,
            length=length,
            conversions=conversions,
            nulls=nulls,
            micros=micros,
        ),
        persons=persons.astype(np.int64),
        starts=np.append(starts, length.sum()),
        owner=owner.astype(np.int64),
    )


def paths(runs: Runs) -> list[tuple[tuple[int, ...], int, int]]:
    """Return each journey's codes, once for each of its conversions and nulls."""
    found = []
    for first, length, conversions, nulls in zip(
        runs.first, runs.length, runs.conversions, runs.nulls, strict=True
    ):
        codes = tuple(int(code) for code in runs.codes[first : first + length])
        found += [(codes, 1, 0)] * int(conversions) + [(codes, 0, 1)] * int(nulls)
    return sorted(found)


@settings(max_examples=60, deadline=None)
@given(journeys=JOURNEYS)
def test_the_blocks_together_are_all_journeys(journeys: list[Journey]) -> None:
    kept = kept_of(journeys)

    cut = blocks(kept, 16)

    assert len(cut) == 16
    assert sorted(path for block in cut for path in paths(block)) == paths(kept.runs)
    bring = kept.runs.micros[kept.runs.conversions + kept.runs.nulls > 0]
    lost = sum(int(block.micros.sum()) for block in cut) - int(
        kept.runs.micros[(kept.runs.conversions > 0) | (kept.runs.conversions + kept.runs.nulls <= 1)].sum()
    )
    # what is divided is rounded to millionths, block by block
    assert abs(lost) <= 16 * len(bring) + 16


@settings(max_examples=30, deadline=None)
@given(journeys=JOURNEYS, order=st.randoms(use_true_random=False))
def test_the_order_of_the_journeys_changes_no_block(journeys: list[Journey], order: object) -> None:
    shuffled = list(journeys)
    order.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = blocks(kept_of(journeys), 16), blocks(kept_of(shuffled), 16)

    # aggregated paths of one person that differ in their touches alone are told apart by their place
    if all(conversions + nulls <= 1 for _, _, conversions, nulls, _ in journeys):
        assert [paths(block) for block in one] == [paths(block) for block in other]


def test_all_that_a_person_brings_is_in_one_block() -> None:
    kept = kept_of([(7, [0, 1], 1, 0, 5), (7, [0], 0, 1, 0), (7, [2, 2], 1, 0, 5)])

    assert sorted(len(block.first) for block in blocks(kept)) == [0] * (BLOCKS - 1) + [3]


def test_near_ids_fall_into_blocks_of_about_equal_size() -> None:
    sizes = np.bincount(block_of(np.arange(128_000)), minlength=BLOCKS)

    assert sizes.min() > 850
    assert sizes.max() < 1150


def test_the_persons_of_an_aggregated_path_are_spread_over_the_blocks() -> None:
    kept = kept_of([(1, [0, 1], 12_800, 0, 10**9)])

    counts = np.array([block.conversions.sum() for block in blocks(kept)])

    # by lot: not all alike, and about as far apart as chance puts them
    assert counts.sum() == 12_800
    assert 5 < counts.std() < 15
