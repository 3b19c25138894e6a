"""Audit: money without visits, visits without money, and visits without the tags that the convention asks for.

Reads  spend, tag_aliases            what platforms report as paid
       touchpoints, landings, source_aliases   what arrived
Makes  one row per source and campaign with its verdict; meta holds `days` and `tags`

A campaign is found by its name or its id, whatever its case and separators; where only one platform paid
for it, visits from another source are its visits too (Instagram's of a campaign at Meta). A day counts as a gap only
if the days beside it have none either: platforms keep days in zones of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.query import Report, ReportTable
from headwater.contract.steps import literal
from headwater.report.filters import bounds, selection
from headwater.report.measure.meta import meta
from headwater.report.measure.rows import rows
from headwater.report.measure.spend import platform_source, spend_days
from headwater.report.measure.tagged import tagged

if TYPE_CHECKING:
    from datetime import date

    from headwater.contract.query import ReportContext, ReportQuery

PAID = (
    "paid_search", "paid_social", "paid_video", "paid_shopping", "paid_other", "display", "cross_network",
)  # fmt: skip
"""Channels that money is paid for by the click."""
FEW = 0.5
"""Landings for a click below which something is lost on the way."""
LEAST_CLICKS = 20
"""Clicks from which that share says something."""
MOST_DAYS = 100
NO_CAMPAIGN = "(none)"
VERDICTS = ("spend without landings", "days without landings", "few landings", "landings without spend", "days without spend", "ok")  # fmt: skip
"""From the worst on."""
COLUMNS = (
    "source", "campaign", "verdict", "spend", "clicks", "landings", "days_without_landings", "days_without_spend",
    "untagged_landings",
)  # fmt: skip


@dataclass(slots=True)
class Side:
    """One campaign's days."""

    names: set[str] = field(default_factory=set)
    spend: defaultdict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    clicks: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    landings: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))


def audit(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return the campaigns, those with the worst verdict and the most money first."""
    chosen = selection(context, query)
    campaigns = _campaigns(context, query, currency=chosen.currency)
    untagged = {source: sum(side.landings.values()) for (source, key), side in campaigns.items() if not key}
    table = [
        _row(source, key, side, untagged=untagged.get(source, 0)) for (source, key), side in campaigns.items()
    ]
    table.sort(
        key=lambda row: (
            VERDICTS.index(row["verdict"]),
            -row["spend"],
            -row["landings"],
            row["source"],
            row["campaign"],
        )
    )
    shown = table[: query.limit]
    days = [day for (source, key), side in campaigns.items() for day in _days(source, key, side)]
    days.sort(key=lambda row: (row["day"], row["source"], row["campaign"]))
    return ReportTable(
        report="audit",
        columns=COLUMNS,
        rows=shown,
        meta=meta(
            context,
            query,
            chosen,
            verdicts={name: sum(row["verdict"] == name for row in table) for name in VERDICTS},
            days=days[: query.limit or MOST_DAYS],
            left_out_days=max(0, len(days) - (query.limit or MOST_DAYS)),
            left_out_rows=len(table) - len(shown),
            tags=tagged(context, bounds(query, zone=context.settings.time_zone)),
        ),
    )


def campaign_key(name: str | None) -> str:
    """Return a campaign as names are compared: no case, no separators at the ends, one kind between.

    >>> campaign_key("Spring Sale | DE"), campaign_key("spring_sale-de"), campaign_key(None)
    ('spring_sale_de', 'spring_sale_de', '')
    """
    return re.sub(r"[\W_]+", "_", (name or "").lower()).strip("_")


def _campaigns(context: ReportContext, query: ReportQuery, *, currency: str) -> dict[tuple[str, str], Side]:
    campaigns: defaultdict[tuple[str, str], Side] = defaultdict(Side)
    ids: dict[tuple[str, str], str] = {}
    for row in spend_days(context.reader, query, currency=currency, home=context.settings.currency):
        source = platform_source(row["platform"])
        key = campaign_key(row["campaign"] or row["campaign_id"])
        if row["campaign_id"]:
            ids[source, campaign_key(row["campaign_id"])] = key
        side = campaigns[source, key]
        side.names.add(row["campaign"] or row["campaign_id"] or NO_CAMPAIGN)
        side.spend[row["spent_on"]] += row["spend"] or Decimal(0)
        side.clicks[row["spent_on"]] += row["clicks"]
    paid_at: defaultdict[str, set[str]] = defaultdict(set)
    for source, key in (*campaigns, *ids):
        paid_at[key].add(source)
    for row in _landings(context, query):
        source, key = row["source"], campaign_key(row["campaign"])
        if key and source not in paid_at[key] and len(paid_at[key]) == 1:
            [source] = paid_at[key]  # one platform sells several sources: Meta has Facebook and Instagram
        key = ids.get((source, key), key)
        if not row["is_paid"] and (source, key) not in campaigns:
            continue
        side = campaigns[source, key]
        side.landings[row["day"]] += row["landings"]
        side.names = side.names or {row["campaign"] or NO_CAMPAIGN}
    return dict(campaigns)


def _landings(context: ReportContext, query: ReportQuery) -> list[dict[str, Any]]:
    zone = literal(context.settings.time_zone)
    since, until = bounds(query, zone=context.settings.time_zone)
    where = ["kind not in ('path', 'impression')"]
    where += [f"occurred_at >= timestamp {literal(since.isoformat(' '))}"] if since else []
    where += [f"occurred_at < timestamp {literal(until.isoformat(' '))}"] if until else []
    return rows(
        context.reader,
        f"""
        select source, campaign, cast(timezone({zone}, timezone('UTC', occurred_at)) as date) as day,
            bool_or(channel in ({", ".join(literal(channel) for channel in PAID)})) as is_paid,
            count(*) as landings
        from touchpoints where {" and ".join(where)} group by all order by day, source, campaign
        """,
    )


def _row(source: str, key: str, side: Side, *, untagged: int) -> dict[str, Any]:
    spend, clicks = sum(side.spend.values(), Decimal(0)), sum(side.clicks.values())
    landings = sum(side.landings.values())
    no_landings, no_spend = _gaps(side.spend, side.landings), _gaps(side.landings, side.spend)
    if spend and not landings:
        verdict = "spend without landings"
    elif not spend:
        verdict = "landings without spend"
    elif no_landings:
        verdict = "days without landings"
    elif clicks >= LEAST_CLICKS and landings < FEW * clicks:
        verdict = "few landings"
    else:
        verdict = "days without spend" if no_spend else "ok"
    return {
        "source": source,
        "campaign": min(side.names) if key else NO_CAMPAIGN,
        "verdict": verdict if spend or landings else "ok",
        "spend": spend,
        "clicks": clicks,
        "landings": landings,
        "days_without_landings": len(no_landings),
        "days_without_spend": len(no_spend),
        "untagged_landings": untagged if key else 0,
    }


def _gaps(there: dict[date, Any], missing: dict[date, Any]) -> list[date]:
    """Return the days that one side has and the other has not, nor a day before or after."""
    one = timedelta(days=1)
    return [
        day
        for day, amount in sorted(there.items())
        if amount and not any(missing.get(near) for near in (day - one, day, day + one))
    ]


def _days(source: str, key: str, side: Side) -> list[dict[str, Any]]:
    campaign = min(side.names) if key else NO_CAMPAIGN
    both = {
        **dict.fromkeys(_gaps(side.spend, side.landings)),
        **dict.fromkeys(_gaps(side.landings, side.spend)),
    }
    if not sum(side.spend.values(), Decimal(0)):
        return []  # a campaign that nobody pays for has no gaps, only its row
    return [
        {
            "day": day,
            "source": source,
            "campaign": campaign,
            "spend": side.spend.get(day, Decimal(0)),
            "clicks": side.clicks.get(day, 0),
            "landings": side.landings.get(day, 0),
        }
        for day in both
    ]


REPORT = Report(
    name="audit", summary="Spend without visits, visits without spend, visits without tags", answer=audit
)
