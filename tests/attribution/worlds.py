"""Worlds: small sets of journeys, and slow answers to check the fast ones against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from headwater.contract.tables import INCREMENTAL_EFFECTS, JOURNEY_STEPS, JOURNEYS, PERSONS, TOUCHPOINTS

if TYPE_CHECKING:
    from headwater.contract.tables import Table
    from headwater.engine.duckdb import DuckDB

World = list[dict[str, Any]]
Worth = Callable[[set[str]], float]
Moves = defaultdict[Any, defaultdict[Any, float]]
Reference = dict[str, Any]

CHANNELS = ("direct", "display", "email", "search", "social")

ADDS = [
    {
        "goal": goal,
        "channel": channel,
        "campaign": f"{channel}-{place}",
        "adds_hours": 0.5 * number,
        "adds_days": 0.25 * place,
        "adds_weeks": 0.125 * number,
    }
    for goal in ("purchase", "lead")
    for number, channel in enumerate(CHANNELS)  # direct, the first, adds nothing
    for place in ((0, 1) if number else ())
]
"""What one touch adds to the intensity: rows of `incremental_effects`."""

paths = st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=7)
money = st.decimals(min_value=0, max_value=100_000, places=2)
rows = st.fixed_dictionaries(
    {"path": paths, "conversions": st.integers(0, 5), "nulls": st.integers(0, 5), "value": money}
)
worlds = st.lists(rows, min_size=1, max_size=12)


def slow_markov(world: World, order: int) -> tuple[float, dict[str, float]]:
    """Return (P, effects) by one dense system per removal, self-steps and all, straight from the definition."""
    moves: Moves = defaultdict(lambda: defaultdict(float))
    for row in world:
        weight = row["conversions"] + row["nulls"]
        states = [tuple(row["path"][max(0, end - order) : end]) for end in range(1, len(row["path"]) + 1)]
        for origin, target in zip(["start", *states], states, strict=False):
            moves[origin][target] += weight
        moves[states[-1]]["conversion"] += row["conversions"]
        moves[states[-1]]["null"] += row["nulls"]
    base = _chance(moves, closed=None)
    channels = sorted({channel for row in world for channel in row["path"]})
    return base, {channel: 1 - _chance(moves, closed=channel) / base if base else 0.0 for channel in channels}


def _chance(moves: Moves, closed: str | None) -> float:
    """Return the chance to reach conversion from the start when the states with a channel are null."""
    states = [state for state, targets in moves.items() if sum(targets.values()) > 0]
    states = [state for state in states if state == "start" or closed not in state]
    place = {state: index for index, state in enumerate(states)}
    matrix, goal = np.eye(len(states)), np.zeros(len(states))
    for state in states:
        total = sum(moves[state].values())
        goal[place[state]] = moves[state].get("conversion", 0) / total
        for target in moves[state].keys() & place.keys():
            matrix[place[state], place[target]] -= moves[state][target] / total
    return np.linalg.solve(matrix, goal)[place["start"]] if "start" in place else 0.0


def slow_shapley(world: World, worth: Worth) -> dict[str, float]:
    """Return each channel's mean gain over all orders of joining; `worth` maps a set to its value."""
    channels = sorted({channel for row in world for channel in row["path"]})
    gains = dict.fromkeys(channels, 0.0)
    orders = list(permutations(channels))
    for order in orders:
        for place, channel in enumerate(order):
            gains[channel] += worth(set(order[: place + 1])) - worth(set(order[:place]))
    return {channel: gain / len(orders) for channel, gain in gains.items()}


def conversions_inside(world: World) -> Worth:
    """Return the game of conversions."""
    return lambda inside: sum(row["conversions"] for row in world if set(row["path"]) <= inside)


def rate_inside(world: World) -> Worth:
    """Return the game of conversion rates."""

    def rate(inside: set[str]) -> float:
        held = [row for row in world if set(row["path"]) <= inside]
        traffic = sum(row["conversions"] + row["nulls"] for row in held)
        return sum(row["conversions"] for row in held) / traffic if traffic else 0.0

    return rate


NOON = datetime(2026, 3, 1, 12)


def fill(engine: DuckDB, journeys: World, *, half_life: float = 7.0) -> None:
    """Fill journeys, journey_steps and touchpoints.

    A journey is a dictionary: path, value, and optionally goal, person, lead, opportunity, conversions,
    nulls, id. One touch a day, the last at the conversion. A journey with the id None is a person's
    touchpoints and no conversion. `engagement` lists what its touches weigh.
    """
    touches, ends, steps = [], [], []
    for number, journey in enumerate(journeys):
        path, person = journey["path"], journey.get("person", number)
        conversion = journey.get("id", f"order-{number}")
        known = [place for place, channel in enumerate(path, 1) if channel != "direct"]
        weights = np.exp2(-np.arange(len(path))[::-1] / half_life)
        engagement = journey.get("engagement", [1000] * len(path))
        for place, channel in enumerate(path, 1):
            touch = {
                "touchpoint_id": f"touch-{number}-{place}",
                "person_id": person,
                "occurred_at": NOON + timedelta(days=place - len(path)),
                "channel": channel,
            }
            touches.append({**touch, "campaign": f"{channel}-{place % 2}"})
            steps.append(
                {
                    **touch,
                    "conversion_id": conversion,
                    "step": place,
                    "step_count": len(path),
                    "known_step": known[-1] if known else len(path),
                    "lead_step": journey.get("lead", 0),
                    "opportunity_step": journey.get("opportunity", 0),
                    "decay": float(weights[place - 1] / weights.sum()),
                    "engaged": engagement[place - 1] / sum(engagement),
                    "engaged_decay": float((weights * engagement)[place - 1] / (weights * engagement).sum()),
                }
            )
        ends.append(
            {
                "conversion_id": conversion,
                "person_id": person,
                "goal": journey.get("goal", "purchase"),
                "is_macro": journey.get("goal", "purchase") == "purchase",
                "occurred_at": NOON,
                "net_value": Decimal(journey.get("value", 0)),
                "conversion_count": journey.get("conversions", 1),
                "null_count": journey.get("nulls", 0),
                "step_count": len(path),
            }
        )
    _insert(engine, INCREMENTAL_EFFECTS, ADDS)
    _insert(engine, PERSONS, [])
    _insert(engine, TOUCHPOINTS, touches)
    _insert(engine, JOURNEYS, [end for end in ends if end["conversion_id"] is not None])
    _insert(engine, JOURNEY_STEPS, [step for step in steps if step["conversion_id"] is not None])


def _insert(engine: DuckDB, table: Table, found: list[dict[str, Any]]) -> None:
    engine.execute(f"drop table if exists {table.name}")
    engine.create(table)
    if found:
        engine.insert(table.name, pa.Table.from_pylist(found))


def steps_of(world: World) -> str:
    """Return the SELECT over the columns of `PathModel.steps_sql` for a world of paths."""
    listed = [
        f"('journey-{number}', {place}, {len(row['path'])}, '{channel}', {row['conversions']}, {row['nulls']},"
        f" cast('{row['value']}' as decimal(18, 6)))"
        for number, row in enumerate(world)
        for place, channel in enumerate(row["path"], 1)
    ]
    names = "journey_id, step, step_count, player, conversion_count, null_count, net_value"
    return f"select * from (values {', '.join(listed)}) as listed({names})"
