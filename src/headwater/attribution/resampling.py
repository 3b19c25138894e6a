"""Resampling: what Markov and Shapley credit when a block of persons is left out, block by block.

Reads  journeys in memory, cut into blocks of persons
Makes  `contract.models.LeftOut`

Each block is counted once; all but one of them is the sum less that one. So a Markov graph is solved once
a block and never counted again, and Shapley, which adds up over journeys, is not even solved.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.spans import spans
from headwater.attribution.walking import Walk, walked_runs
from headwater.contract.models import LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater.attribution.pieces import Floats, Ints
    from headwater.contract.models import Runs

WORK = 4e6
"""Work that solving again may be: about so many microseconds of one core."""
MOST_WORK = 12e6
"""Work that it may be with the fewest blocks; beyond, there is no interval."""
FEWEST = 16
"""Blocks with which a 95 % interval is still only 9 % wider than with very many (Student's t)."""
TOUCHES_AT_ONCE = 1 << 20


def walks_without(
    blocks: Sequence[Runs], order: int, shares: Callable[[Walk], tuple[Floats, Floats]]
) -> LeftOut | None:
    """Return what a Markov graph credits without each block; None where that is too much work.

    `shares(walk)` returns each player's share of the conversions and of the money.
    """
    walks = [walked_runs(block, order) for block in blocks]
    steps, weights = _aligned([walk.steps for walk in walks], [walk.weights[:, None] for walk in walks])
    ends = [np.stack([walk.conversions, walk.nulls, walk.values], axis=1) for walk in walks]
    ended, amounts = _aligned([walk.ended for walk in walks], ends)
    players = blocks[0].players
    count = blocks_for(work(len(players), order=order, steps=len(steps)), most=len(blocks))
    if not count:
        return None
    weights, amounts = joined(weights, count), joined(amounts, count)
    rest, left = weights.sum(axis=0) - weights, amounts.sum(axis=0) - amounts
    conversions, values = (np.zeros((count, len(players))) for _ in range(2))
    for block in range(count):
        counts, nulls, money = left[block].T
        walk = replace(
            walks[0],
            steps=steps,
            weights=rest[block, :, 0],
            ended=ended,
            conversions=counts,
            nulls=nulls,
            values=money,
        )
        credit, value = shares(walk)
        conversions[block], values[block] = credit * counts.sum(), value * money.sum()
    return LeftOut(players=players, conversions=conversions, values=values)


def work(players: int, *, order: int, steps: int) -> float:
    """Return about how many microseconds one solution takes.

    Up to 4,000 states of order 1 are one dense inverse; of other graphs the circles are iterated for each player.
    """
    return (players + 1) ** 3 / 1e4 + 50 if order == 1 else steps * players / 10 + 1_000


def blocks_for(each: float, *, most: int) -> int:
    """Return into how many blocks, a power of two, to join `most`, where one costs `each`; 0 for none."""
    count = most
    while count > FEWEST and count * each > WORK:
        count //= 2
    return count if count * each <= (WORK if count > FEWEST else MOST_WORK) else 0


def joined(amounts: Floats, count: int) -> Floats:
    """Return the rows added up to `count` of them, which divides their number."""
    # no -1 for the first size: it cannot be told where there are no columns, as with no steps at all
    added: Floats = amounts.reshape(len(amounts) // count, count, *amounts.shape[1:]).sum(axis=0)
    return added


def sets_without(blocks: Sequence[Runs]) -> LeftOut:
    """Return what Shapley's equal split over each journey's players credits without each block."""
    players = blocks[0].players
    conversions, values = (np.zeros((len(blocks), len(players))) for _ in range(2))
    for place, block in enumerate(blocks):
        conversions[place], values[place] = _split(block)
    return LeftOut(
        players=players,
        conversions=conversions.sum(axis=0) - conversions,
        values=values.sum(axis=0) - values,
    )


def _split(runs: Runs) -> tuple[Floats, Floats]:
    """Return conversions and money by player, of journeys that bring something."""
    size = max(1, len(runs.players))
    conversions, values = np.zeros(len(runs.players)), np.zeros(len(runs.players))
    bring = np.flatnonzero((runs.conversions > 0) | (runs.micros != 0))
    ends = np.cumsum(runs.length[bring])
    whole = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(TOUCHES_AT_ONCE, whole, TOUCHES_AT_ONCE))
    for start, stop in pairwise(np.unique(np.concatenate([[0], cuts, [len(bring)]])).tolist()):
        some = bring[start:stop]
        owner, touch = spans(runs.first[some], runs.length[some])
        met = np.unique(owner * size + runs.codes[touch])
        journey, code = np.divmod(met, size)
        part = 1 / np.bincount(journey, minlength=len(some))[journey]
        conversions += np.bincount(code, runs.conversions[some][journey] * part, minlength=size)
        values += np.bincount(code, runs.micros[some][journey] / 1e6 * part, minlength=size)
    return conversions, values


def _aligned(keys: list[Ints], amounts: list[Floats]) -> tuple[Ints, Floats]:
    """Return all keys that occur, and the amounts of each list as one row, 0 where it lacks a key."""
    every = np.unique(np.concatenate(keys))
    rows = np.zeros((len(keys), len(every), amounts[0].shape[1]))
    for row, own, amount in zip(rows, keys, amounts, strict=True):
        np.add.at(row, np.searchsorted(every, own), amount)
    return every, rows
