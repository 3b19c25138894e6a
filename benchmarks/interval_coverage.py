"""Interval coverage: how often 95 % intervals of solved models hold what they should, over many markets.

    python benchmarks/interval_coverage.py random strong-intent --persons 4000 --markets 300 --by channel campaign

One large simulated market is cut into many of equal size: persons do not know each other, so each is a market
of another seed of the same world. Every one gives credits with intervals; the mean of the credits over all
markets is what each interval should hold. Printed: by world, dimension and model the share of intervals that
do, for conversions and for value, and the standard deviation over markets by the mean standard error.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from headwater import attribution
from headwater.contract.models import PathModel, Runs
from headwater.contract.settings import Settings
from headwater.report.measure.blocks import blocks
from headwater.report.measure.intervals import jackknifed, low_high
from headwater.report.measure.runs import Kept
from headwater.sandbox.worlds.catalogue import world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import market

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 60
SEED = 11


@dataclass(frozen=True)
class Facts:
    """Touches and conversions of all persons, by number of person, oldest first."""

    names: tuple[str, ...]
    touch_person: Any
    touch_at: Any
    code: Any
    buyer: Any
    bought_at: Any
    micros: Any


def facts(world: str, persons: int, by: str) -> Facts:
    """Simulate the persons of a world."""
    tables = market(
        Plan(world=world_named(world), persons=persons, days=DAYS, seed=SEED, experiments=0)
    ).tables
    engine = duckdb.connect()
    engine.register("touches", tables["touchpoints"])
    engine.register("bought", tables["conversions"])
    person, at = "cast(substr(person, 2) as bigint)", "epoch_us(occurred_at)"
    touch = engine.execute(
        f"select {person} as who, {at} as moment, coalesce({by}, '(none)') as player from touches "
        "order by who, moment, touchpoint_id"
    ).fetchnumpy()
    buy = engine.execute(
        f"select {person} as who, {at} as moment, cast(value * 1000000 as bigint) as micros from bought "
        "order by who, moment, conversion_id"
    ).fetchnumpy()
    names, code = np.unique(touch["player"].astype(str), return_inverse=True)
    return Facts(
        tuple(names.tolist()), touch["who"], touch["moment"], code, buy["who"], buy["moment"], buy["micros"]
    )


def markets(all_facts: Facts, persons: int, count: int) -> Iterator[Kept]:
    """Yield the journeys of markets of so many persons each: of every conversion, and of who made none."""
    for number in range(count):
        bounds = [number * persons, (number + 1) * persons]
        first, last = np.searchsorted(all_facts.touch_person, bounds)
        buy_first, buy_last = np.searchsorted(all_facts.buyer, bounds)
        who, starts = np.unique(all_facts.touch_person[first:last], return_index=True)
        starts = np.append(starts, last - first).astype(np.int64)
        moment = all_facts.touch_at[first:last]
        buyer = all_facts.buyer[buy_first:buy_last]
        known = np.isin(buyer, who)
        owner = np.searchsorted(who, buyer[known])
        length = np.array(
            [
                np.searchsorted(moment[starts[place] : starts[place + 1]], at, side="right")
                for place, at in zip(owner, all_facts.bought_at[buy_first:buy_last][known], strict=True)
            ],
            dtype=np.int64,
        )
        met = length > 0
        alone = np.setdiff1d(np.arange(len(who)), owner)
        nobody = np.zeros(len(alone), dtype=np.int64)
        one = np.ones(int(met.sum()), dtype=np.int64)
        yield Kept(
            runs=Runs(
                players=all_facts.names,
                codes=all_facts.code[first:last],
                first=np.concatenate([starts[owner[met]], starts[alone]]),
                length=np.concatenate([length[met], np.diff(starts)[alone]]),
                conversions=np.concatenate([one, nobody]),
                nulls=np.concatenate([one - 1, nobody + 1]),
                micros=np.concatenate([all_facts.micros[buy_first:buy_last][known][met], nobody]),
            ),
            persons=who.astype(np.int64),
            starts=starts,
            owner=np.concatenate([owner[met], alone]).astype(np.int64),
        )


def coverage(all_facts: Facts, model: PathModel, kept: list[Kept]) -> list[str]:
    """Return, for conversions and value, the share of intervals that hold the mean, and the ratio of errors."""
    assert model.counted is not None
    assert model.left_out is not None
    credit = np.zeros((2, len(kept), len(all_facts.names)))
    error = np.zeros_like(credit)
    width = 0.0
    for place, one in enumerate(kept):
        said = model.counted(one.runs)
        for column, name in enumerate(all_facts.names):
            credit[:, place, column] = [float(amount) for amount in said.get(name, (0.0, 0.0))]
        left = model.left_out(blocks(one))
        assert left is not None
        spread = jackknifed(left)
        error[:, place], width = (spread.errors, spread.value_errors), spread.width
    found = []
    for amounts, errors in zip(credit, error, strict=True):
        mean = amounts.mean(axis=0)
        held = [
            low <= mean[column] <= high
            for row, row_errors in zip(amounts, errors, strict=True)
            for column, (low, high) in enumerate(
                low_high(amount, off, width=width) for amount, off in zip(row, row_errors, strict=True)
            )
        ]
        ratio = np.median(amounts.std(axis=0, ddof=1) / np.sqrt((errors**2).mean(axis=0)))
        found += [f"{np.mean(held):.1%}", f"{ratio:.2f}"]
    return [*found, f"{credit[0].sum(axis=1).mean():.0f}"]


def main() -> None:
    """Print one line for each world, dimension and model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("worlds", nargs="*", default=["random"])
    parser.add_argument("--persons", type=int, default=4_000)
    parser.add_argument("--markets", type=int, default=300)
    parser.add_argument("--by", nargs="*", default=["channel", "campaign"])
    parser.add_argument("--order", type=int, default=1)
    asked = parser.parse_args()
    print("| world | by | model | conversions held | sd by error | value held | sd by error | conversions |")
    print("|---|---|---|---|---|---|---|---|")
    for world in asked.worlds:
        for by in asked.by:
            began = time.process_time()
            all_facts = facts(world, asked.persons * asked.markets, by)
            kept = list(markets(all_facts, asked.persons, asked.markets))
            for name, model in attribution.models(Settings(markov_order=asked.order)).items():
                if isinstance(model, PathModel) and model.left_out:
                    cells = [world, by, name, *coverage(all_facts, model, kept)]
                    print("| " + " | ".join(cells) + " |", flush=True)
            print(f"({time.process_time() - began:.0f} CPU s)")


if __name__ == "__main__":
    main()
