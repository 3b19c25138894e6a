"""A small world for reports: touchpoints and conversions in a line each, and the tables by definition.

`World.context()` fills `journeys`, `journey_steps` and `credits` in plain Python from the definitions,
so that it is an oracle for the SQL under test and needs no other stage.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from headwater import pipeline
from headwater.attribution import models
from headwater.contract import tables
from headwater.contract.models import FittedModel, PathModel, RuleModel
from headwater.contract.query import ALL_TIME, ReportContext
from headwater.contract.settings import Settings
from headwater.engine.duckdb import DuckDB

if TYPE_CHECKING:
    from headwater.contract.models import Model
    from headwater.contract.ports import Reader

START = datetime(2026, 1, 1)
MADE = (
    tables.PERSONS, tables.LINKS, tables.CLICK_LINKS, tables.PERSON_EVENTS, tables.TOUCHPOINTS, tables.CONVERSIONS,
    tables.EVENT_FLAGS, tables.STAGE_TIMES, tables.JOURNEYS, tables.JOURNEY_STEPS, tables.CREDITS, tables.FX_RATES,
    tables.GOAL_EVENTS, tables.CHANNEL_CODES, tables.PERSON_PATHS,
    tables.TAG_ALIASES, tables.LANDINGS, tables.SOURCE_ALIASES, tables.CLICK_ID_NAMES,
)  # fmt: skip


def linear_from_paths(reader: Reader, steps_sql: str) -> dict[str, tuple[float, Decimal]]:
    """Divide each journey equally over its steps: a path model whose answer is known."""
    rows = reader.query(
        f"""
        select player, sum(cast(conversion_count as double) / step_count) as conversions,
            sum(cast(net_value as double) / step_count) as value
        from ({steps_sql}) as steps group by player
        """
    ).to_pylist()
    return {row["player"]: (row["conversions"], Decimal(repr(round(row["value"], 6)))) for row in rows}


MODELS: dict[str, Model] = {
    "first": RuleModel(
        name="first", summary="", upto="1e0", before="case when step = 1 then 0e0 else 1e0 end"
    ),
    "last": RuleModel(
        name="last", summary="", upto="case when step = step_count then 1e0 else 0e0 end", before="0e0"
    ),
    "last_non_direct": RuleModel(
        name="last_non_direct",
        summary="",
        upto="case when step >= known_step then 1e0 else 0e0 end",
        before="case when step > known_step then 1e0 else 0e0 end",
    ),
    "linear": RuleModel(
        name="linear",
        summary="",
        upto="step / cast(step_count as double)",
        before="(step - 1) / cast(step_count as double)",
    ),
    "time_decay": RuleModel(name="time_decay", summary="", share="decay"),
    "markov": PathModel(name="markov", summary="linear in disguise", credited=linear_from_paths),
}


def solvable(world: World) -> ReportContext:
    """Return the context of a world with every model of the package and what they are solved from."""
    context = world.context()
    known = models(world.settings)
    solved = {"transitions", *(model.fits for model in known.values() if isinstance(model, FittedModel))}
    for step in pipeline.steps(world.settings):
        if step.makes.name in solved:
            context.reader.run(step)  # type: ignore[attr-defined]
    return replace(context, models=known)


@dataclass
class World:
    """Touchpoints, conversions and the rest, by person; days count from the first of January 2026."""

    settings: Settings = field(default_factory=Settings)
    touchpoints: list[dict[str, Any]] = field(default_factory=list)
    conversions: list[dict[str, Any]] = field(default_factory=list)
    others: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)

    def person(self, name: str) -> int:
        return self.people.setdefault(name, len(self.people) + 1)

    def touch(self, name: str, day: float, channel: str = "email", **columns: Any) -> World:
        self.touchpoints.append(
            {
                "touchpoint_id": f"t{len(self.touchpoints) + 1:03d}",
                "person_id": self.person(name),
                "occurred_at": START + timedelta(days=day),
                "kind": "visit",
                "channel": channel,
                "event_count": 1,
                "duration_seconds": 0,
                "engagement": 1000,
                **columns,
            }
        )
        return self

    def buy(
        self, name: str, day: float, value: str = "10", *, goal: str = "purchase", **columns: Any
    ) -> World:
        self.conversions.append(
            {
                "conversion_id": f"c{len(self.conversions) + 1:03d}",
                "person_id": self.person(name),
                "occurred_at": START + timedelta(days=day),
                "goal": goal,
                "is_macro": goal == "purchase",
                "value": Decimal(value),
                "currency": self.settings.currency,
                "refunded": Decimal(0),
                "net_value": Decimal(value),
                "conversion_count": 1,
                "null_count": 0,
                **columns,
            }
        )
        return self

    def row(self, table: str, **columns: Any) -> World:
        self.others.setdefault(table, []).append(columns)
        return self

    def context(self) -> ReportContext:
        engine = DuckDB(threads=2)
        for table in (*tables.RAW_TABLES, *MADE):
            engine.create(table)
        identifiers = [
            {"identifier": name if ":" in name else f"user:{name}", "person_id": number}
            for name, number in self.people.items()
        ]
        filled = {
            "touchpoints": self.touchpoints,
            "conversions": self.conversions,
            "persons": identifiers,
            "journeys": [self.journey(conversion) for conversion in self.conversions],
            "journey_steps": [step for conversion in self.conversions for step in self.steps(conversion)],
            "stage_times": self.stage_times(),
            "channel_codes": [{"channel": name, "code": code} for name, code in self.codes().items()],
            "person_paths": self.person_paths(),
            **self.others,
        }
        for name, rows in filled.items():
            if rows:
                columns = list(dict.fromkeys(column for row in rows for column in row))
                engine.insert(name, pa.Table.from_pylist([{c: row.get(c) for c in columns} for row in rows]))
        return ReportContext(reader=engine, settings=self.settings, models=MODELS)

    def codes(self) -> dict[str, int]:
        """Return the code of each channel: its place among their names, from 1."""
        names = {touch["channel"] or "(none)" for touch in self.touchpoints if self.is_credited(touch)}
        return {name: code for code, name in enumerate(sorted(names), start=1)}

    @staticmethod
    def is_credited(touch: dict[str, Any]) -> bool:
        return touch.get("is_uncredited") is not True

    def whole(self, person: int) -> list[dict[str, Any]]:
        """Return the touchpoints of a person that journeys are made of, oldest first."""
        mine = (
            touch for touch in self.touchpoints if touch["person_id"] == person and self.is_credited(touch)
        )
        return sorted(mine, key=lambda touch: (touch["occurred_at"], touch["touchpoint_id"]))

    def person_paths(self) -> list[dict[str, Any]]:
        """Return the packed channels of everybody, seven to a number, the oldest in its lowest byte."""
        rows = []
        for person in sorted({touch["person_id"] for touch in self.touchpoints}):
            path = bytes(self.codes()[touch["channel"] or "(none)"] for touch in self.whole(person))
            rows += [
                {
                    "person_id": person,
                    "piece": piece,
                    "pack": int.from_bytes(path[7 * piece : 7 * piece + 7], "little"),
                }
                for piece in range(-(-len(path) // 7))
            ]
        return rows

    def stage_times(self) -> list[dict[str, Any]]:
        first: dict[int, dict[str, datetime]] = {}
        for conversion in sorted(self.conversions, key=lambda row: row["occurred_at"], reverse=True):
            if conversion["goal"] in ("lead", "opportunity"):
                first.setdefault(conversion["person_id"], {})[f"{conversion['goal']}_at"] = conversion[
                    "occurred_at"
                ]
        return [
            {"person_id": person, "lead_at": at.get("lead_at"), "opportunity_at": at.get("opportunity_at")}
            for person, at in first.items()
        ]

    def within(self, conversion: dict[str, Any], window: timedelta | None = None) -> list[dict[str, Any]]:
        """Return the touchpoints of the conversion's window, oldest first."""
        built = timedelta(days=self.settings.window_days) if self.settings.window_days else ALL_TIME
        last, longest = conversion["occurred_at"], window or built
        return sorted(
            (
                touch
                for touch in self.touchpoints
                if touch["person_id"] == conversion["person_id"]
                and self.is_credited(touch)
                and touch["occurred_at"] <= last
                and last - touch["occurred_at"] <= longest
            ),
            key=lambda touch: (touch["occurred_at"], touch["touchpoint_id"]),
        )

    def journey(self, conversion: dict[str, Any]) -> dict[str, Any]:
        touches = self.within(conversion)
        kept = "conversion_id person_id goal is_macro occurred_at net_value conversion_count null_count"
        return {name: conversion[name] for name in kept.split()} | {
            "step_count": len(touches),
            "first_at": touches[0]["occurred_at"] if touches else None,
            "last_at": touches[-1]["occurred_at"] if touches else None,
            "last_no": self.whole(conversion["person_id"]).index(touches[-1]) + 1 if touches else None,
        }

    def steps(self, conversion: dict[str, Any], window: timedelta | None = None) -> list[dict[str, Any]]:
        """Return the rows of `journey_steps` for one conversion, by definition."""
        touches = self.within(conversion, window)
        known = [step for step, touch in enumerate(touches, start=1) if touch["channel"] != "direct"]
        half_life = timedelta(days=self.settings.half_life_days)
        weights = [
            Fraction(0.5 ** ((conversion["occurred_at"] - touch["occurred_at"]) / half_life))
            for touch in touches
        ]
        whole = sum(weights, Fraction(0))
        sums = [sum(weights[:place], Fraction(0)) for place in range(len(weights) + 1)]
        engagement = [touch["engagement"] for touch in touches]
        engaged = [weight * part for weight, part in zip(weights, engagement, strict=True)]
        return [
            {
                "conversion_id": conversion["conversion_id"],
                "step": step,
                "touchpoint_id": touch["touchpoint_id"],
                "person_id": touch["person_id"],
                "occurred_at": touch["occurred_at"],
                "channel": touch["channel"],
                "step_count": len(touches),
                "known_step": known[-1] if known else len(touches),
                "lead_step": self._stage_step(conversion, touches, "lead"),
                "opportunity_step": self._stage_step(conversion, touches, "opportunity"),
                "decay": float((sums[step] - sums[step - 1]) / whole),
                "engaged": engagement[step - 1] / sum(engagement),
                "engaged_decay": float(engaged[step - 1] / sum(engaged)),
                "touch_no": self.whole(conversion["person_id"]).index(touch) + 1,
            }
            for step, touch in enumerate(touches, start=1)
        ]

    def _stage_step(self, conversion: dict[str, Any], touches: list[dict[str, Any]], goal: str) -> int:
        reached = [
            other["occurred_at"]
            for other in self.conversions
            if other["goal"] == goal and other["person_id"] == conversion["person_id"]
        ]
        if not reached or min(reached) > conversion["occurred_at"]:
            return 0
        return sum(touch["occurred_at"] <= min(reached) for touch in touches)


@pytest.fixture(scope="session")
def new_world() -> type[World]:
    """Return the class of worlds; a test makes as many as it needs."""
    return World


@pytest.fixture
def world() -> World:
    """Return an empty world."""
    return World()
