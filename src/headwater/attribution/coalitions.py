"""Coalitions: which channels took part in a journey, without order and repeats.

Reads  journeys
Makes  the sets of channels that occur, with what the journeys of each set stand for

Up to 62 channels a set is one integer and equal sets are added up; beyond, every journey that brings something
keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.attribution.pieces import Floats, Ints, Journeys
    from headwater.contract.models import Runs

AT_ONCE = 1 << 20
"""Touches that are looked at together."""
MASK_BITS = 62
"""Up to this many channels a set fits one 64-bit integer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coalitions:
    """Sets of channels: (owner, code) says that the set `owner` holds the channel `code`."""

    channel_count: int
    owner: Ints
    code: Ints
    conversions: Floats
    nulls: Floats
    values: Floats


def coalitions(journeys: Journeys) -> Coalitions:
    """Return the sets of channels of the journeys."""
    count = len(journeys.channels)
    amounts: tuple[Floats, ...] = (journeys.conversions, journeys.nulls, journeys.values)
    if count > MASK_BITS or not count:
        # journeys that bring nothing count in the game of rates alone, which is refused with so many
        brings = (journeys.conversions > 0) | (journeys.values != 0)
        lengths = journeys.lengths[brings]
        codes = journeys.codes[np.repeat(brings, journeys.lengths)]
        amounts = tuple(amount[brings] for amount in amounts)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        pairs = pa.array(owners * max(1, count) + codes).unique().to_numpy()
        owner, code = np.divmod(pairs, max(1, count))
    else:
        masks = np.bitwise_or.reduceat(np.int64(1) << journeys.codes, journeys.starts())
        same = pa.array(masks).dictionary_encode()
        distinct, place = same.dictionary.to_numpy(), same.indices.to_numpy()
        amounts = tuple(_summed(place, amount, len(distinct)) for amount in amounts)
        owner, code = np.nonzero(distinct[:, None] >> np.arange(count) & 1)
    conversions, nulls, values = amounts
    return Coalitions(
        channel_count=count, owner=owner, code=code, conversions=conversions, nulls=nulls, values=values
    )


def sets_of(runs: Runs) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Yield the sets of codes of journeys that bring something, with their conversions and millionths.

    Up to 62 players each set comes once; beyond, every journey comes with its own.
    """
    bring = np.flatnonzero((runs.conversions > 0) | (runs.micros != 0))
    if len(runs.players) > MASK_BITS:
        for journey in bring.tolist():
            start, length = runs.first[journey], runs.length[journey]
            codes = np.unique(runs.codes[start : start + length])
            yield tuple(codes.tolist()), int(runs.conversions[journey]), int(runs.micros[journey])
        return
    bits = np.int64(1) << np.arange(max(1, len(runs.players)), dtype=np.int64)
    masks = np.zeros(len(bring), dtype=np.int64)
    ends = np.cumsum(runs.length[bring])
    whole = int(ends[-1]) if len(ends) else 0
    cuts = np.unique(
        np.concatenate([[0], np.searchsorted(ends, np.arange(AT_ONCE, whole, AT_ONCE)), [len(bring)]])
    )
    for start, stop in pairwise(cuts.tolist()):
        length = runs.length[bring[start:stop]]
        begins = np.cumsum(length) - length
        place = np.repeat(runs.first[bring[start:stop]] - begins, length) + np.arange(length.sum())
        masks[start:stop] = np.bitwise_or.reduceat(bits[runs.codes[place]], begins)
    distinct, same = np.unique(masks, return_inverse=True)
    conversions, micros = (np.zeros(len(distinct), dtype=np.int64) for _ in range(2))
    np.add.at(conversions, same, runs.conversions[bring])
    np.add.at(micros, same, runs.micros[bring])
    for mask, count, value in zip(distinct.tolist(), conversions.tolist(), micros.tolist(), strict=True):
        yield tuple(code for code in range(len(runs.players)) if mask >> code & 1), count, value


def equal_split(found: Coalitions) -> tuple[Floats, Floats]:
    """Return the channels' conversions and money in the game of conversions."""
    size = np.bincount(found.owner, minlength=len(found.conversions))
    return (
        _summed(found.code, (found.conversions / size)[found.owner], found.channel_count),
        _summed(found.code, (found.values / size)[found.owner], found.channel_count),
    )


def _summed(place: Ints, amount: Floats, size: int) -> Floats:
    return np.bincount(place, amount, minlength=size).astype(np.float64, copy=False)
