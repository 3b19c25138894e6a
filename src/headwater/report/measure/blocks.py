"""Blocks: the journeys of a selection, cut into blocks of persons that come or stay away together.

Reads  journeys in memory with their persons
Makes  the journeys of each block, all with the same players

A person's block follows from its person_id alone, so that neither the order of the rows nor other persons
change it. An imported path that stands for many persons is cut too: each of them falls into a block by lot,
and the lots are drawn from a fixed seed in an order that repeats.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from headwater.contract.models import Runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from headwater.report.measure.runs import Kept

    Ints = npt.NDArray[np.int64]

BLOCKS = 128
"""Enough that the interval is hardly wider than with one block a person, few enough to solve each."""
SEED = 20_260_401
PATHS_AT_ONCE = 4_096


def block_of(persons: Ints, count: int = BLOCKS) -> Ints:
    """Return the block of each person_id, from 0: the last step of SplitMix64, so that near ids part."""
    mixed = persons.astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed % np.uint64(count)).astype(np.int64)


def blocks(kept: Kept, count: int = BLOCKS) -> list[Runs]:
    """Return the journeys of each of `count` blocks; together they are all journeys."""
    runs = kept.runs
    stands_for_many = runs.conversions + runs.nulls > 1
    own = _of_persons(kept, ~stands_for_many, count)
    if not stands_for_many.any():
        return own
    lots: list[list[Runs]] = [[] for _ in range(count)]
    for block, part in _drawn(kept, np.flatnonzero(stands_for_many), count):
        lots[block].append(part)
    return [_joined([mine, *more]) for mine, more in zip(own, lots, strict=True)]


def _of_persons(kept: Kept, chosen: npt.NDArray[np.bool_], count: int) -> list[Runs]:
    """Return the chosen journeys by the block of their person, each block with its own touches."""
    runs, block = kept.runs, block_of(kept.persons, count)
    order = np.argsort(block, kind="stable")
    length = np.diff(kept.starts)[order]
    begins = np.cumsum(length) - length
    touch = np.repeat(kept.starts[:-1][order] - begins, length) + np.arange(length.sum())
    codes = runs.codes[touch]
    moved = np.zeros(len(order), dtype=np.int64)
    moved[order] = begins - kept.starts[:-1][order]
    bounds = np.append(begins, len(codes))[np.searchsorted(block[order], np.arange(count + 1))]
    mine = np.flatnonzero(chosen)
    mine = mine[np.argsort(block[kept.owner[mine]], kind="stable")]
    cuts = np.searchsorted(block[kept.owner[mine]], np.arange(count + 1))
    return [
        _taken(
            runs,
            some := mine[cuts[place] : cuts[place + 1]],
            codes=codes[bounds[place] : bounds[place + 1]],
            first=runs.first[some] + moved[kept.owner[some]] - bounds[place],
        )
        for place in range(count)
    ]


def _drawn(kept: Kept, many: Ints, count: int) -> Iterator[tuple[int, Runs]]:
    """Yield parts of the journeys that stand for many, each with the block that its persons fell into."""
    runs = kept.runs
    amounts = (runs.micros, runs.nulls, runs.conversions, runs.length, runs.first, kept.owner)
    many = many[np.lexsort([amount[many] for amount in amounts])]
    lot = np.random.default_rng(SEED)
    even = np.full(count, 1 / count)
    for start in range(0, len(many), PATHS_AT_ONCE):
        some = many[start : start + PATHS_AT_ONCE]
        conversions = lot.multinomial(runs.conversions[some], even).astype(np.int64)
        nulls = lot.multinomial(runs.nulls[some], even).astype(np.int64)
        # a path without conversions has no value to speak of: refunds stay with one of its persons
        share = conversions / np.maximum(runs.conversions[some], 1)[:, None]
        micros = np.rint(runs.micros[some][:, None] * share).astype(np.int64)
        for block in range(count):
            there = np.flatnonzero(conversions[:, block] + nulls[:, block])
            path = some[there]
            length = runs.length[path]
            begins = np.cumsum(length) - length
            touch = np.repeat(runs.first[path] - begins, length) + np.arange(length.sum())
            yield (
                block,
                replace(
                    runs,
                    codes=runs.codes[touch],
                    first=begins,
                    length=length,
                    conversions=conversions[there, block],
                    nulls=nulls[there, block],
                    micros=micros[there, block],
                ),
            )


def _taken(runs: Runs, some: Ints, *, codes: npt.NDArray[np.integer], first: Ints) -> Runs:
    return Runs(
        players=runs.players,
        codes=codes,
        first=first,
        length=runs.length[some],
        conversions=runs.conversions[some],
        nulls=runs.nulls[some],
        micros=runs.micros[some],
    )


def _joined(parts: list[Runs]) -> Runs:
    """Return the journeys of all parts as one."""
    shifts = np.cumsum([0, *(len(part.codes) for part in parts[:-1])])
    return Runs(
        players=parts[0].players,
        codes=np.concatenate([part.codes for part in parts]),
        first=np.concatenate([part.first + shift for part, shift in zip(parts, shifts, strict=True)]),
        length=np.concatenate([part.length for part in parts]),
        conversions=np.concatenate([part.conversions for part in parts]),
        nulls=np.concatenate([part.nulls for part in parts]),
        micros=np.concatenate([part.micros for part in parts]),
    )
