"""Spend: money paid, by the values of a dimension.

Reads  spend         the latest import of each platform, account and day
       tag_aliases   the one name of a campaign with several spellings
       touchpoints   which channel and source a campaign's touchpoints have
       fx_rates      where the account's currency is not the report's
Makes  money by player, where every row of spend has exactly one player

Spend that no touchpoint explains is never lost: it stands under the platform's usual channel and
source, under its own campaign or ad, or under `(unmatched spend)`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.steps import literal
from headwater.report.measure.currency import converted
from headwater.report.measure.meta import plain_time

if TYPE_CHECKING:
    from collections.abc import Collection

    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportQuery

UNMATCHED = "(unmatched spend)"
"""The row of spend that the dimension says nothing about."""

PLATFORMS = {
    "google": ("google", "paid_search"),
    "adwords": ("google", "paid_search"),
    "bing": ("bing", "paid_search"),
    "microsoft": ("bing", "paid_search"),
    "facebook": ("facebook", "paid_social"),
    "meta": ("facebook", "paid_social"),
    "instagram": ("instagram", "paid_social"),
    "tiktok": ("tiktok", "paid_social"),
    "linkedin": ("linkedin", "paid_social"),
    "pinterest": ("pinterest", "paid_social"),
    "snap": ("snapchat", "paid_social"),
    "reddit": ("reddit", "paid_social"),
    "twitter": ("twitter", "paid_social"),
    "youtube": ("youtube", "paid_video"),
    "criteo": ("criteo", "display"),
    "taboola": ("taboola", "display"),
    "outbrain": ("outbrain", "display"),
    "amazon": ("amazon", "paid_shopping"),
}
"""How a platform's name begins (letters only), its canonical source, and the channel it usually is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Money by player, its total, and what could not be stated in the report's currency."""

    by_player: dict[str, Decimal]
    total: Decimal
    unconverted: dict[str, Decimal]


def spent(reader: Reader, query: ReportQuery, *, currency: str, home: str, players: Collection[str]) -> Spent:
    """Return the spend of the days that `query` asks for, by the values of `query.by`.

    `home` is the currency of rows that name none; `players` are the values that have credit already,
    so that a campaign is found by its name or its id, whichever the touchpoints carry.
    """
    rows = reader.query(_rows(query, currency=currency, home=home)).to_pylist()
    unconverted = {row["currency"]: row["original"] for row in rows if row["spend"] is None}
    priced = [row for row in rows if row["spend"] is not None]
    campaigns = _campaigns(reader, priced) if query.by in ("channel", "source") else {}
    by_player: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in priced:
        by_player[_player(row, by=query.by, players=players, campaigns=campaigns)] += row["spend"]
    return Spent(
        by_player=dict(by_player),
        total=sum((row["spend"] for row in priced), Decimal(0)),
        unconverted=unconverted,
    )


def total_spend(reader: Reader, query: ReportQuery, *, currency: str, home: str, by_day: bool = False) -> Any:
    """Return the spend of the days asked for: one Decimal, or a dictionary by day."""
    rows = reader.query(_rows(query, currency=currency, home=home, columns="spent_on")).to_pylist()
    days: defaultdict[Any, Decimal] = defaultdict(Decimal)
    for row in rows:
        days[row["spent_on"]] += row["spend"] or Decimal(0)
    return dict(days) if by_day else sum(days.values(), Decimal(0))


def spend_days(reader: Reader, query: ReportQuery, *, currency: str, home: str) -> list[dict[str, Any]]:
    """Return the spend and clicks of each platform, campaign and day; `spend` is null without a rate."""
    columns = "platform, campaign_id, campaign, spent_on"
    found: list[dict[str, Any]] = reader.query(
        _rows(query, currency=currency, home=home, columns=columns)
    ).to_pylist()
    return found


def platform_source(name: str | None) -> str:
    """Return the canonical source of a platform's name.

    >>> platform_source("Google Ads"), platform_source("Meta"), platform_source("Post Office")
    ('google', 'facebook', 'postoffice')
    """
    return _platform(name)[0]


def _rows(
    query: ReportQuery, *, currency: str, home: str, columns: str = "platform, campaign_id, campaign, ad_id"
) -> str:
    """Build the SELECT of `columns, currency, spend, original, clicks`; `spend` is null without a rate."""
    where = ["true"]
    if query.since:
        where.append(f"spent_on >= date {literal(query.since.isoformat())}")
    if query.until:
        where.append(f"spent_on <= date {literal(query.until.isoformat())}")
    known = f"where known_at <= timestamp {literal(plain_time(query.as_of))}" if query.as_of else ""
    latest = f"""
        select imports.* replace (
            coalesce(nullif(currency, ''), {literal(home)}) as currency, coalesce(n.name, campaign) as campaign
        ) from (
            select *, max(known_at) over (partition by platform, account_id, spent_on) as newest
            from spend {known}
        ) as imports
        left join tag_aliases as n on n.tag = 'campaign' and n.alias = lower(trim(campaign))
        where known_at = newest and {" and ".join(where)}
    """
    priced = converted(latest, amount="spend", day="r.spent_on", currency="r.currency", target=currency)
    return f"""
        select {columns}, currency, cast(sum(money) as decimal(38,6)) as spend,
            cast(sum(spend) as decimal(38,6)) as original,
            cast(coalesce(sum(clicks), 0) as bigint) as clicks
        from ({priced}) as priced
        group by {columns}, currency, money is null order by all
    """


def _campaigns(reader: Reader, rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the usual channel and source of each campaign, by (source, campaign) and ("", campaign)."""
    names = sorted({name for row in rows for name in (row["campaign"], row["campaign_id"]) if name})
    if not names:
        return {}
    counted = reader.query(
        f"""
        select campaign, coalesce(source, '') as source, channel, count(*) as touches
        from touchpoints where campaign in ({", ".join(literal(name) for name in names)}) and channel <> ''
        group by all order by touches, channel desc, source desc
        """
    ).to_pylist()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in counted:
        # the most frequent comes last and stays
        found[row["source"], row["campaign"]] = row
        found["", row["campaign"]] = row
    return found


def _player(
    row: dict[str, Any],
    *,
    by: str,
    players: Collection[str],
    campaigns: dict[tuple[str, str], dict[str, str]],
) -> str:
    if by == "campaign":
        named = [name for name in (row["campaign"], row["campaign_id"]) if name]
        return next((name for name in named if name in players), named[0] if named else UNMATCHED)
    if by == "ad":
        return row["ad_id"] or UNMATCHED
    source, channel = _platform(row["platform"])
    if by not in ("channel", "source"):
        return UNMATCHED
    for name in (row["campaign"], row["campaign_id"]):
        matched = campaigns.get((source, name)) or campaigns.get(("", name))
        if name and matched and matched[by]:
            return matched[by]
    return (channel if by == "channel" else source) or UNMATCHED


def _platform(name: str | None) -> tuple[str, str]:
    letters = re.sub(r"[^a-z]", "", (name or "").lower())
    known = next((found for start, found in PLATFORMS.items() if letters.startswith(start)), None)
    return known or (letters, "")
