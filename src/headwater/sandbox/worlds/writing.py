"""Writing: a simulated market as the files that `headwater import` reads, its truth beside them.

Reads  the blocks of a market
Makes  touchpoints, conversions, refunds, persons, identities, spend, truth and experiments; world.json, README.md

The same plan writes the same bytes. Files are written block by block, so memory does not grow with persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from headwater.sandbox.worlds.contacts import Roster
from headwater.sandbox.worlds.demand import COUNTRIES, SEGMENTS
from headwater.sandbox.worlds.page import page
from headwater.sandbox.worlds.simulation import Sums, outcomes
from headwater.sandbox.worlds.truth import standard_error

if TYPE_CHECKING:
    from pathlib import Path

    from headwater.sandbox.worlds.simulation import Outcome, Plan
    from headwater.sandbox.worlds.world import World

START = date(2026, 1, 1)
"""The first day of every simulated period."""
GOAL = "purchase"
MONEY = pa.decimal128(18, 2)
TIME = pa.timestamp("us")
TRUTH_COLUMNS = (
    "channel",
    "campaign",
    "role",
    "touches",
    "conversions",
    "conversions_error",
    "value",
    "value_error",
    "realised_conversions",
    "realised_value",
    "currency",
)
DAY_US = 86_400_000_000
ROWS_OF_BLOCK = 10_000_000
"""More touches than a block ever has: leaves each block its own range of ids."""


@dataclass(frozen=True, slots=True)
class Market:
    """A simulated market in memory: its files as tables by name, and its sums."""

    tables: dict[str, pa.Table]
    sums: Sums

    @property
    def truth(self) -> list[dict[str, Any]]:
        """The rows of the truth table."""
        rows: list[dict[str, Any]] = self.tables["truth"].to_pylist()
        return rows


def market(plan: Plan, *, threads: int = 2) -> Market:
    """Simulate a market and keep it in memory."""
    sums, parts = Sums(plan), []
    for outcome in outcomes(plan, threads=threads):
        sums.add(outcome)
        parts.append(tables_of(plan, outcome))
    joined = {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}
    return Market(joined | closing(sums), sums)


def write(plan: Plan, out: Path, *, threads: int = 2) -> Sums:
    """Simulate a market and write its files into the folder `out`, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    sums, writers = Sums(plan), dict[str, pq.ParquetWriter]()
    try:
        for outcome in outcomes(plan, threads=threads):
            sums.add(outcome)
            for name, table in tables_of(plan, outcome).items():
                if name not in writers:
                    writers[name] = pq.ParquetWriter(
                        out / f"{name}.parquet", table.schema, compression="zstd"
                    )
                writers[name].write_table(table)
    finally:
        for writer in writers.values():
            writer.close()
    for name, table in closing(sums).items():
        pq.write_table(table, out / f"{name}.parquet", compression="zstd")
    truth = closing(sums)["truth"]
    pa.csv.write_csv(truth, out / "truth.csv")
    told = {**facts(sums), "world": plan.world.to_dict()}
    (out / "world.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    (out / "README.md").write_text(page(plan.world, truth.to_pylist(), facts(sums)), encoding="utf-8")
    return sums


def facts(sums: Sums) -> dict[str, Any]:
    """Return the totals of a market: what came, what would have come without any ad, what was asked for."""
    expected, _, value, _, realised, realised_value = (float(one) for one in sums.totals)
    ads = sums.differences["", ""]
    return {
        "name": sums.plan.world.name,
        "persons": sums.plan.persons,
        "days": sums.plan.days,
        "seed": sums.plan.seed,
        "since": START.isoformat(),
        "until": (START + timedelta(days=sums.plan.days)).isoformat(),
        "conversions": int(realised),
        "value": str(_money(realised_value)),
        "expected_conversions": round(expected, 2),
        "expected_value": str(_money(value)),
        "organic_conversions": round(expected - float(ads[0]), 2),
        "ads_conversions": round(float(ads[0]), 2),
        "ads_value": str(_money(float(ads[2]))),
    }


def tables_of(plan: Plan, outcome: Outcome) -> dict[str, pa.Table]:
    """Return the rows that a block adds to the files, in the columns of `headwater import`."""
    seen, world = outcome.seen, plan.world
    touched, bought, known = seen.touches, seen.conversions, seen.persons
    roster = Roster.of(world)
    channels = [world.channels[number] for number in roster.channel]
    campaign = touched["campaign"]
    kinds = np.where(touched["is_visit"], 0, 1)
    kinds = np.where(np.array([not one.is_paid for one in channels])[campaign], 2, kinds)
    order = _ids("o", outcome.number * ROWS_OF_BLOCK + bought["candidate"])
    buyer = _people(bought)
    touchpoints = {
        "touchpoint_id": _ids("t", outcome.number * ROWS_OF_BLOCK + np.arange(len(campaign))),
        "person": _people(touched),
        "occurred_at": _times(touched["time"]),
        "kind": _named(kinds, ("click", "impression", "visit")),
        "channel": _named(campaign, [one.name for one in channels]),
        "source": _named(campaign, [one.source for one in channels]),
        "medium": _named(campaign, [one.medium for one in channels]),
        "campaign": _named(campaign, roster.names),
    }
    conversions = {
        "conversion_id": order,
        "person": buyer,
        "occurred_at": _times(bought["time"]),
        "goal": _constant(GOAL, len(order)),
        "value": _cents(bought["cents"]),
        "currency": _constant(world.currency, len(order)),
        "reported_at": _times(bought["reported"]),
    }
    back = pa.array(bought["is_refunded"])
    refunds = {
        "event_id": pc.binary_join_element_wise("refund", order, "-"),
        "type": _constant("track", len(order)),
        "event": _constant("Order Refunded", len(order)),
        "user_id": buyer,
        "occurred_at": _times(bought["returned"]),
        "properties": pc.binary_join_element_wise('{"order_id":"', order, '"}', ""),
    }
    persons = {
        "person": _people(known),
        "observed_from": _times(known["begin"]),
        "observed_until": _times(known["end"]),
        "segment": _named(known["segment"], SEGMENTS),
        "country": _named(known["country"], COUNTRIES),
        "score": pa.array(known["score"]),
    }
    identities = {
        "person": persons["person"],
        "true_person": _ids("p", known["true_person"]),
        "is_bot": pa.array(known["is_bot"]),
    }
    return {
        "touchpoints": pa.table(touchpoints),
        "conversions": pa.table(conversions),
        "refunds": pa.table(refunds).filter(back),
        "persons": pa.table(persons),
        "identities": pa.table(identities),
    }


def closing(sums: Sums) -> dict[str, pa.Table]:
    """Return the tables that need the whole market: spend, truth, experiments."""
    return {"spend": _spend(sums), "truth": _truth(sums), "experiments": _experiments(sums)}


def _truth(sums: Sums) -> pa.Table:
    """Return the increments by channel (campaign is null) and by campaign; direct has none by definition."""
    world, persons, rows = sums.plan.world, sums.plan.persons, []
    roster = Roster.of(world)
    for number, channel in enumerate(world.channels):
        own = roster.channel == number
        names = [name for (of, name) in sums.differences if of == channel.name] if channel.is_paid else [""]
        for name in names:
            met = own & np.array([name in ("", other) for other in roster.names])
            given = sums.differences.get((channel.name, name), np.zeros(6))
            rows.append(
                {
                    "channel": channel.name,
                    "campaign": name or None,
                    "role": channel.role,
                    "touches": int(sums.touched[met].sum()),
                    "conversions": round(float(given[0]), 4),
                    "conversions_error": round(float(standard_error(given[0], given[1], persons)), 4),
                    "value": _money(float(given[2])),
                    "value_error": _money(float(standard_error(given[2], given[3], persons))),
                    "realised_conversions": int(given[4]),
                    "realised_value": _money(float(given[5])),
                    "currency": world.currency,
                }
            )
    text, number_, whole = pa.string(), pa.float64(), pa.int64()
    types = {"touches": whole, "conversions": number_, "conversions_error": number_, "value": MONEY}
    types |= {"value_error": MONEY, "realised_conversions": whole, "realised_value": MONEY}
    return pa.Table.from_pylist(
        rows, schema=pa.schema([(name, types.get(name, text)) for name in TRUTH_COLUMNS])
    )


def _experiments(sums: Sums) -> pa.Table:
    until = START + timedelta(days=sums.plan.days - 1)
    size = max(sums.plan.experiments, 1)
    rows = [
        {
            "channel": name,
            "goal": GOAL,
            "since": START,
            "until": until,
            "incremental": round(one.incremental / size, 4),
            "standard_error": round(one.standard_error / size, 4),
            "kind": "holdout",
            "source": f"simulated: half of {int(one.met[0] + one.held[0])} persons held out in a twin of {sums.plan.world.name}",
        }
        for name, one in sums.holdouts.items()
        if one.is_run
    ]
    text, day, number = pa.string(), pa.date32(), pa.float64()
    names = ("channel", "goal", "since", "until", "incremental", "standard_error", "kind", "source")
    types = (text, text, day, day, number, number, text, text)
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True))))


def _spend(sums: Sums) -> pa.Table:
    """Return what the platforms bill and claim, by day and campaign."""
    world = sums.plan.world
    rows = [
        _bill(world, channel, name, sums.bills[day, place], START + timedelta(days=day))
        for day in range(sums.plan.days)
        for place, (channel, name) in enumerate(
            (number, campaign.name) for number, one in enumerate(world.channels) for campaign in one.campaigns
        )
        if world.channels[channel].cents and sums.bills[day, place].any()
    ]
    text, whole = pa.string(), pa.int64()
    types = {"date": pa.date32(), "cost": MONEY, "platform_value": MONEY}
    types |= dict.fromkeys(("impressions", "clicks", "platform_conversions"), whole)
    names = (
        "platform", "account_id", "date", "campaign_id", "campaign", "cost", "currency", "impressions", "clicks",
        "platform_conversions", "platform_value",
    )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, types.get(name, text)) for name in names]))


def _bill(world: World, number: int, campaign: str, counted: Any, day: date) -> dict[str, Any]:
    channel = world.channels[number]
    met, clicks, claimed, cents = (int(one) for one in counted)
    return {
        "platform": channel.platform,
        "account_id": f"{channel.platform}-1",
        "date": day,
        "campaign_id": campaign,
        "campaign": campaign,
        "cost": _money(met * channel.cents),
        "currency": world.currency,
        "impressions": met if channel.role == "push" else 12 * met,
        "clicks": clicks,
        "platform_conversions": claimed,
        "platform_value": _money(cents),
    }


def _money(cents: float) -> Decimal:
    return Decimal(round(cents)).scaleb(-2)


def _ids(letter: str, numbers: Any) -> pa.Array:
    return pc.binary_join_element_wise(letter, pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 8, "0"), "")


def _people(columns: Any) -> pa.Array:
    """Return the identifiers: a cookie says that it is one, so that nobody takes it for a known person."""
    ids = _ids("p", columns["person"])
    cookies = pc.binary_join_element_wise("anonymous", ids, ":")
    return pc.if_else(pa.array(columns["is_cookie"]), cookies, ids)


def _times(days: Any) -> pa.Array:
    start = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp()) * 1_000_000
    return pa.array(start + np.floor(days * DAY_US).astype(np.int64)).cast(TIME)


def _cents(cents: Any) -> pa.Array:
    return pc.multiply(pa.array(cents).cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.01"))).cast(MONEY)


def _named(numbers: Any, names: Any) -> pa.Array:
    return pa.array(list(names)).take(pa.array(numbers))


def _constant(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), count)
