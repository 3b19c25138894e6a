"""Solving: the table of what each channel and campaign adds, goal by goal.

Reads  touchpoints, conversions, persons and imported_persons, experiments
Makes  incremental_effects

Everybody counts who was seen, also who never converted; from when to when is told in `seen`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.attribution.calibration import experiments_of
from headwater.attribution.channel_roles import is_causal, role_of
from headwater.attribution.incremental.belief import Belief, Observed, believed
from headwater.attribution.incremental.estimate import estimated
from headwater.attribution.incremental.histories import MICROS as DAY
from headwater.attribution.incremental.histories import Histories, Moments, phases
from headwater.attribution.incremental.posterior import interval
from headwater.attribution.incremental.seen import Told, seen
from headwater.attribution.incremental.strata import strata
from headwater.attribution.priors import prior_of
from headwater.contract.steps import Solve
from headwater.contract.tables import (
    CHANNEL_CODES,
    CONVERSIONS,
    EXPERIMENTS,
    IMPORTED_PERSONS,
    INCREMENTAL_EFFECTS,
    PERSONS,
    TOUCHPOINTS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.attribution.incremental.estimate import Estimate
    from headwater.attribution.incremental.histories import Floats, Whole
    from headwater.contract.settings import Settings

LEAST_CONVERSIONS = 50
"""With fewer conversions a goal has no fit: nothing is credited, and all is left unattributed."""
MOST_GROUPS = 24
"""Channels with an effect of their own; smaller ones share one by role, and differ as campaigns do."""

TIMELESS = "person_id in (select person_id from persons where identifier like 'path:%')"
"""Imported paths have an order, and no times to learn from."""
GOOD = f"flag is null and is_uncredited is not true and not {TIMELESS}"
UNIT = """
    select coalesce(channel, '(none)') as unit_channel, coalesce(campaign, '') as unit_campaign,
        row_number() over (order by coalesce(channel, '(none)'), coalesce(campaign, '')) - 1 as unit,
        count(*) as touches
    from touchpoints
    where {good}
    group by coalesce(channel, '(none)'), coalesce(campaign, '')
"""


def incremental_effects(settings: Settings) -> Solve:
    """Make `incremental_effects` with the roles, priors and experiments of the workspace."""
    unit = UNIT.format(good=GOOD)
    return Solve(
        makes=INCREMENTAL_EFFECTS,
        reads=(TOUCHPOINTS, CHANNEL_CODES, CONVERSIONS, PERSONS, IMPORTED_PERSONS, EXPERIMENTS),
        solve=partial(solved, settings=settings),
        queries={
            "touchpoints": f"""
                select t.person_id, t.occurred_at, u.unit
                from touchpoints as t
                inner join ({unit}) as u
                    on u.unit_channel = coalesce(t.channel, '(none)')
                    and u.unit_campaign = coalesce(t.campaign, '')
                where {GOOD}
                order by t.person_id, t.occurred_at, u.unit
            """,
            "channel_codes": unit + " order by unit",
            "persons": """
                select distinct person_id
                from persons
                where identifier like 'user:%' or identifier like 'email:%' or identifier like 'phone:%'
                order by person_id
            """,
            "conversions": f"""
                select person_id, occurred_at, goal
                from conversions
                where flag is null and conversion_count = 1 and not {TIMELESS}
                order by goal, person_id, occurred_at, conversion_id
            """,
            "imported_persons": """
                select
                    p.person_id,
                    min(i.observed_from) as observed_from,
                    max(i.observed_until) as observed_until,
                    min(i.attributes) as attributes
                from (
                    select *, row_number() over (partition by person order by known_at desc, origin desc) as place
                    from imported_persons
                ) as i
                inner join persons as p on p.identifier = i.person
                where i.place = 1
                group by p.person_id
                order by p.person_id
            """,
        },
    )


def solved(tables: Mapping[str, pa.Table], *, settings: Settings) -> pa.Table:
    """Return the rows of every goal that has enough conversions."""
    units = tables["channel_codes"].to_pylist()
    rows: list[dict[str, Any]] = []
    goals = tables["conversions"].column("goal")
    for goal in sorted(one for one in pc.unique(goals).to_pylist() if one is not None):
        converted = tables["conversions"].filter(pc.equal(goals, goal))
        if len(converted) >= LEAST_CONVERSIONS and units:
            rows += _of_goal(goal, converted, tables, units, settings)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _of_goal(
    goal: str,
    converted: pa.Table,
    tables: Mapping[str, pa.Table],
    units: list[dict[str, Any]],
    settings: Settings,
) -> list[dict[str, Any]]:
    touched = tables["touchpoints"]
    group_of, names = _groups(units, settings)
    times = [_micros(table.column("occurred_at")) for table in (touched, converted)]
    first, last = (int(edge([edge(one) for one in times if len(one)])) for edge in (min, max))
    origin = first - first % DAY
    histories = _histories(tables, converted, group_of, [is_causal(name, settings) for name in names], origin)
    if not histories.is_causal.any():
        return []
    since, until = (
        np.datetime64(edge, "us").astype("datetime64[D]").astype(object) for edge in (first, last)
    )
    tried = tables["experiments"].to_pylist()
    day = (times[0] // DAY).astype(np.int64)
    group_of_touch = group_of[touched.column("unit").to_numpy()]

    def believe(group: int, observed: Observed) -> Belief:
        counted = np.bincount(day[group_of_touch == group] - origin // DAY)
        days = np.datetime64(origin, "us").astype("datetime64[D]") + np.arange(len(counted))
        amounts = dict(zip(days.astype(object), counted.astype(float).tolist(), strict=True))
        own = experiments_of(tried, channel=names[group], goal=goal)
        prior = prior_of(names[group], settings)
        return believed(observed, prior, own, since=since, until=until, amounts=amounts)

    pulls = [role_of(name, settings) == "pull" for name in names]
    found = estimated(histories, believe, pulls)
    return _rows(goal, len(converted), units, group_of, names, found, settings)


def _groups(units: list[dict[str, Any]], settings: Settings) -> tuple[Whole, list[str]]:
    """Return the group of each unit, and the channel (or role) that each group stands for."""
    met: dict[str, int] = {}
    for unit in units:
        met[unit["unit_channel"]] = met.get(unit["unit_channel"], 0) + unit["touches"]
    large = sorted(met, key=lambda name: (-met[name], name))[:MOST_GROUPS]
    names = sorted(large)
    for name in sorted(set(met) - set(large)):
        kind = _kind(name, settings)
        if kind not in names:
            names.append(kind)
    place = {name: number for number, name in enumerate(names)}
    of = [place.get(unit["unit_channel"], -1) for unit in units]
    small = [
        place[_kind(unit["unit_channel"], settings)] if group < 0 else group
        for unit, group in zip(units, of, strict=True)
    ]
    return np.array(small, dtype=np.int64), names


def _kind(name: str, settings: Settings) -> str:
    """Return the group of the small channels of one kind; the name is one that `role_of` knows."""
    role = role_of(name, settings) if is_causal(name, settings) else "none"
    return {"push": "display (other)", "pull": "referral (other)", "none": "direct"}[role]


def _histories(
    tables: Mapping[str, pa.Table], converted: pa.Table, group_of: Whole, causal: list[bool], origin: int
) -> Histories:
    touched, told = tables["touchpoints"], tables["imported_persons"]
    parts = [table.column("person_id").to_numpy() for table in (touched, converted, told)]
    known = np.unique(np.concatenate(parts))
    of_touch, of_conversion, of_told = (np.searchsorted(known, part) for part in parts)
    touch_time = (_micros(touched.column("occurred_at")) - origin) / DAY
    converted_at = (_micros(converted.column("occurred_at")) - origin) / DAY
    last = float(max(np.max(touch_time, initial=0.0), np.max(converted_at, initial=0.0)))
    touches, bought = Moments(of_touch, touch_time), Moments(of_conversion, converted_at)
    since, until = (_days(told.column(name), origin) for name in ("observed_from", "observed_until"))
    begin, end, teaches = seen(len(known), touches, bought, Told(of_told, since, until), last)
    counted = np.bincount(of_conversion[teaches], minlength=len(known)).astype(np.float64)
    attributes: list[str | None] = [None] * len(known)
    if len(told):
        texts = np.full(len(known), "", dtype=object)
        texts[of_told] = np.array(told.column("attributes").to_pylist(), dtype=object)
        attributes = texts.tolist()
    return Histories(
        begin=begin,
        end=end,
        stratum=strata(attributes, counted, end - begin),
        touch_person=of_touch,
        touch_time=touch_time,
        touch_unit=touched.column("unit").to_numpy().astype(np.int64),
        unit_group=group_of,
        is_causal=np.array(causal, dtype=np.bool_),
        conversions=Moments(of_conversion[teaches], converted_at[teaches]),
        known=np.isin(known, tables["persons"].column("person_id").to_numpy()),
        phase=phases(known),
    )


def _rows(
    goal: str, conversions: int, units: list[dict[str, Any]], group_of: Whole, names: list[str],
    found: Estimate, settings: Settings,
) -> list[dict[str, Any]]:  # fmt: skip
    rows = []
    channels = sorted({unit["unit_channel"] for unit in units})
    for channel in channels:
        places = [place for place, unit in enumerate(units) if unit["unit_channel"] == channel]
        group = int(group_of[places[0]])
        belief, is_own = found.beliefs[group], names[group] == channel
        shared = {
            "goal": goal, "channel": channel, "conversions": conversions,
            "role": role_of(channel, settings),
            "evidence": belief.evidence if belief else "by definition: there is nothing to switch off",
            "caution": "; ".join(found.cautions) or None,
        }  # fmt: skip
        whole = float(found.incremental[places].sum())
        error = float(np.sqrt((found.error[places] ** 2).sum()))
        low, high = interval(whole, error)
        if belief and is_own:
            error, low, high = belief.error, belief.low, belief.high
        rows.append(
            shared
            | {
                "campaign": None, "touches": sum(units[place]["touches"] for place in places),
                "claimed": float(found.claimed[group]) if is_own else None,
                "incremental": whole, "standard_error": error, "low": low, "high": high,
                "adds_hours": None, "adds_days": None, "adds_weeks": None,
            }
        )  # fmt: skip
        for place in places:
            part, doubt = float(found.incremental[place]), float(found.error[place])
            below, above = interval(part, doubt)
            adds = [float(one) for one in found.strengths[place]] if belief else [0.0, 0.0, 0.0]
            rows.append(
                shared
                | {
                    "campaign": units[place]["unit_campaign"], "touches": units[place]["touches"],
                    "claimed": None, "incremental": part, "standard_error": doubt, "low": below, "high": above,
                    "adds_hours": adds[0], "adds_days": adds[1], "adds_weeks": adds[2],
                }
            )  # fmt: skip
    return rows


def _micros(column: pa.ChunkedArray) -> Whole:
    made: Whole = column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    return made


def _days(column: pa.ChunkedArray, origin: int) -> Floats:
    """Return times as days from the origin; nan where there is none."""
    micros = column.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.float64(), safe=False)
    made: Floats = (micros.to_numpy() - origin) / DAY
    return made


SCHEMA = pa.schema(
    [
        ("goal", pa.string()), ("channel", pa.string()), ("campaign", pa.string()), ("role", pa.string()),
        ("touches", pa.int64()), ("conversions", pa.int64()), ("claimed", pa.float64()),
        ("incremental", pa.float64()), ("standard_error", pa.float64()), ("low", pa.float64()),
        ("high", pa.float64()), ("evidence", pa.string()), ("caution", pa.string()), ("adds_hours", pa.float64()),
        ("adds_days", pa.float64()), ("adds_weeks", pa.float64()),
    ]
)  # fmt: skip
