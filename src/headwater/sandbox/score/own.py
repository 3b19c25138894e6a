"""Own: what a world is fitted to, read from the tables of a business.

Reads  touchpoints, conversions, persons, events, imported_persons, imported_paths; spend through a report
Makes  Facts

Only counts, sums and a sample of times leave the tables; no identifier does. Flagged touches and
conversions, those of micro goals and aggregated paths are left out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from headwater.contract.errors import UsageError
from headwater.contract.steps import literal
from headwater.sandbox.score.fitted import Facts, Met
from headwater.sandbox.score.moments import Sample, moments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import pyarrow as pa

    Read = Callable[[str], pa.Table]

MOST_DAYS = 90
"""The newest days of the data that a world is fitted to."""
MOST_TOUCHES = 1_000_000
"""With more touches than this, one person in so many is taken."""
FEW_TOUCHES, FEW_CONVERSIONS = 200, 50
MOST_CAMPAIGNS = 8
"""Campaigns of a channel that keep their name; the others are pooled."""
NONE = "(none)"


def facts(read: Read, *, role: Callable[[str], str], spend: Mapping[str, float], currency: str) -> Facts:
    """Return what is known of a business; `read` answers a SELECT, `spend` is money by channel.

    `role` says push, pull or none of a channel. Raises UsageError where there is too little to fit to.
    """
    touches, conversions, since, until = _ends(read)
    if touches < FEW_TOUCHES or conversions < FEW_CONVERSIONS or since is None or until is None:
        raise UsageError(
            f"There are {touches} touches and {conversions} conversions: too few to fit a world to.",
            hint=f"import {FEW_TOUCHES} touches of known persons and {FEW_CONVERSIONS} conversions or more.",
        )
    days = max(1, int(np.ceil((until - since).total_seconds() / 86400)))
    every = -(-touches // MOST_TOUCHES)
    met, bought = read(_touches(since, every)), read(_conversions(since, every))
    channel = pc.dictionary_encode(met["channel"].combine_chunks())
    order = sorted(range(len(channel.dictionary)), key=lambda code: channel.dictionary[code].as_py())
    names = [channel.dictionary[code].as_py() for code in order]
    toucher, buyer = met["person_id"].to_numpy(), bought["person_id"].to_numpy()
    everyone = np.union1d(toucher, buyer)
    people = _devices(read)
    sample = Sample(
        persons=max(_persons(read, since, people) / every, len(everyone) / people["split"]),
        days=float(days),
        channels=len(names),
        person=np.searchsorted(everyone, toucher),
        time=met["day"].to_numpy(),
        channel=np.argsort(order)[channel.indices.to_numpy()],
        buyer=np.searchsorted(everyone, buyer),
        at=bought["day"].to_numpy(),
        weight=np.ones(len(bought)),
    )
    money = _one(read, _money(since))
    late = _one(read, _late(since))
    counted = _counted(met)
    touched = np.bincount(sample.channel, minlength=len(names)) * every
    return Facts(
        observed=moments(sample),
        channels=[
            Met(
                name=name,
                role=role(name),
                campaigns=_campaigns(name, counted),
                cents=_cents(spend.get(name, 0.0), int(touched[place])),
            )
            for place, name in enumerate(names)
        ],
        days=days,
        persons=round(sample.persons * every),
        value=float(money["middle"] or 0) or 1.0,
        value_spread=float(money["spread"] or 0),
        refunded=float(money["refunded"] or 0),
        late=late["late"],
        late_days=late["days"],
        devices=people["devices"],
        known=people["known"],
        currency=currency,
    )


def _one(read: Read, sql: str) -> dict[str, Any]:
    row: dict[str, Any] = read(sql).to_pylist()[0]
    return row


def _ends(read: Read) -> tuple[int, int, datetime | None, datetime | None]:
    """Count what there is to fit to in the newest days, and say when those begin and end."""
    newest = f"(select max(occurred_at) from ({_sightings()}) as every_one)"
    sql = f"""
        select count(*) filter (is_touch) as touches, count(*) filter (not is_touch) as conversions,
            min(occurred_at) as since, max(occurred_at) as until
        from ({_sightings()}) as sightings
        where occurred_at >= {newest} - interval {MOST_DAYS} day
    """
    row = _one(read, sql)
    return row["touches"], row["conversions"], row["since"], row["until"]


def _sightings() -> str:
    return f"""
        select person_id, occurred_at, true as is_touch from touchpoints where {_GOOD_TOUCH}
        union all select person_id, occurred_at, false from conversions where {_GOOD_CONVERSION}
    """


_PATHS = "person_id not in (select person_id from persons where identifier like 'path:%')"
_GOOD_TOUCH = f"flag is null and is_uncredited is not true and {_PATHS}"
_GOOD_CONVERSION = f"flag is null and is_macro and conversion_count = 1 and {_PATHS}"


def _touches(since: datetime, every: int) -> str:
    return f"""
        select person_id, {_day(since)} as day, coalesce(nullif(channel, ''), '{NONE}') as channel,
            coalesce(campaign, '') as campaign
        from touchpoints
        where {_GOOD_TOUCH} and {_from(since)} and person_id % {every} = 0
        order by person_id, occurred_at, touchpoint_id
    """


def _conversions(since: datetime, every: int) -> str:
    return f"""
        select person_id, {_day(since)} as day from conversions
        where {_GOOD_CONVERSION} and {_from(since)} and person_id % {every} = 0
        order by person_id, occurred_at, conversion_id
    """


def _day(since: datetime) -> str:
    return f"date_diff('second', timestamp {literal(since.isoformat(' '))}, occurred_at) / 86400e0"


def _from(since: datetime) -> str:
    return f"occurred_at >= timestamp {literal(since.isoformat(' '))}"


def _money(since: datetime) -> str:
    """Median, spread of the logarithm (half the way between the quantiles of one standard deviation), refunds."""
    value = "cast(case when net_value > 0 and coalesce(refunded, 0) = 0 then net_value end as double)"
    return f"""
        select quantile_cont({value}, 0.5) as middle,
            ln(quantile_cont({value}, 0.841) / quantile_cont({value}, 0.159)) / 2 as spread,
            avg(case when refunded < 0 then 1e0 else 0e0 end) as refunded
        from conversions where {_GOOD_CONVERSION} and {_from(since)}
    """


def _late(since: datetime) -> str:
    """Late by more than a day; where nearly all are, history was brought in at once and says nothing."""
    return f"""
        select case when late < 0.9 then late else 0e0 end as late,
            case when late > 0 and late < 0.9 then days else 5e0 end as days
        from (
            select coalesce(avg(case when delay > 1 then 1e0 else 0e0 end), 0e0) as late,
                avg(case when delay > 1 then delay end) as days
            from (
                select date_diff('second', c.occurred_at, e.known_at) / 86400e0 as delay
                from (select * from conversions where {_GOOD_CONVERSION} and {_from(since)}) as c
                join events as e on e.event_id = c.event_id
            ) as delays
        ) as told
    """


def _devices(read: Read) -> dict[str, float]:
    """Return devices of a person, the share of persons known on all of theirs, and how far persons are split."""
    row = _one(
        read,
        """
        select avg(case when is_known and devices > 0 then devices end) as devices,
            avg(case when is_known then 1e0 else 0e0 end) as known
        from (
            select person_id, count(case when identifier like 'anonymous:%' then 1 end) as devices,
                bool_or(not identifier like 'anonymous:%') as is_known
            from persons group by person_id
        ) as everyone
        """,
    )
    known, devices = float(row["known"] or 0), max(float(row["devices"] or 1), 1.0)
    return {"devices": devices, "known": known, "split": known + (1 - known) * devices}


def _persons(read: Read, since: datetime, people: Mapping[str, float]) -> float:
    """Return how many persons there are: those that are listed, else those seen and, by Chao, those not.

    Chao's lower bound of the unseen: (persons seen once)^2 / (2 x persons seen twice).
    Source: Chao, Nonparametric estimation of the number of classes in a population (1984).
    """
    listed = _one(read, "select count(distinct person) as listed from imported_persons")["listed"]
    row = _one(
        read,
        f"""
        select count(*) as seen, count(case when times = 1 then 1 end) as once,
            count(case when times = 2 then 1 end) as twice
        from (
            select person_id, count(*) as times from ({_sightings()}) as sightings
            where {_from(since)} group by person_id
        ) as persons
        """,
    )
    unseen = 0.0 if listed else float(row["once"]) ** 2 / (2 * max(row["twice"], 1))
    return max(float(listed), float(row["seen"]) + unseen) / people["split"]


def _counted(met: pa.Table) -> Counter[tuple[str, str]]:
    """Count the touches by channel and campaign."""
    grouped = met.group_by(["channel", "campaign"]).aggregate([("day", "count")]).to_pylist()
    return Counter({(row["channel"], row["campaign"]): row["day_count"] for row in grouped})


def _campaigns(channel: str, counted: Counter[tuple[str, str]]) -> dict[str, int]:
    """Return the touches of a channel by campaign, the largest first; rare ones and those without a name pooled."""
    own = Counter({name: count for (of, name), count in counted.items() if of == channel})
    unnamed = own.pop("", 0)
    ranked = sorted(own.items(), key=lambda pair: (-pair[1], pair[0]))
    named = dict(ranked[:MOST_CAMPAIGNS])
    others = unnamed + sum(count for _, count in ranked[MOST_CAMPAIGNS:])
    return named | ({f"{channel} (others)": others} if others else {})


def _cents(spend: float, touches: int) -> int:
    """Return what a touch costs, in hundredths, at least one where money was spent."""
    return max(1, round(100 * spend / touches)) if spend > 0 and touches else 0
