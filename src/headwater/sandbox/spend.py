"""Spend: what the ad platforms bill for the clicks of the simulated shop, per day and campaign.

Reads  visits
Makes  rows in the columns of `headwater import --as spend`

The platforms count some clicks that the shop never sees, and each counts conversions in its own generous
way, so that the reconciliation has something to reconcile.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from headwater.sandbox.market import ARRIVALS
from headwater.sandbox.messages import landing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from headwater.sandbox.people import Visit

COLUMNS = (
    "platform",
    "account_id",
    "date",
    "campaign_id",
    "campaign",
    "cost",
    "currency",
    "impressions",
    "clicks",
    "platform_conversions",
    "platform_value",
)
SEEN = 0.93
"""Share of the billed clicks that reach the shop."""
PRICES = {
    (way.platform, campaign): way.cost_per_click
    for way in ARRIVALS
    if way.platform
    for campaign in way.campaigns
}


def spend(visits: Iterable[Visit], *, seed: int) -> list[dict[str, str]]:
    """Return one row per day, platform and campaign for the paid visits among `visits`."""
    clicks: Counter[tuple[date, str, str]] = Counter()
    orders: Counter[tuple[date, str, str]] = Counter()
    for visit in visits:
        if not visit.arrival.platform:
            continue
        key = (visit.at.date(), visit.arrival.platform, _campaign(visit))
        clicks[key] += 1
        orders[key] += visit.deed == "order"
    rng = Random(f"spend {seed}")  # noqa: S311 (a simulation, not a secret)
    return [_row(key, clicks[key], orders[key], rng) for key in sorted(clicks)]


def write(rows: Iterable[dict[str, str]], path: Path) -> None:
    """Write the rows as CSV with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _campaign(visit: Visit) -> str:
    """Return the campaign in the address that the visit lands on."""
    address = landing(visit, Random(f"scene {visit.seed}"))  # noqa: S311 (as above)
    return parse_qs(urlsplit(address).query)["utm_campaign"][0]


def _row(key: tuple[date, str, str], seen: int, orders: int, rng: Random) -> dict[str, str]:
    day, platform, campaign = key
    clicks = round(seen / SEEN + rng.random())
    cost = Decimal(str(round(clicks * PRICES[platform, campaign] * rng.uniform(0.8, 1.2), 2)))
    claimed = orders + rng.choices((0, 1, 2), (70, 24, 6))[0]
    return {
        "platform": platform,
        "account_id": f"{platform}-1001",
        "date": day.isoformat(),
        "campaign_id": re.sub(r"[^a-z]", "", campaign)[:6] + "-77",
        "campaign": campaign,
        "cost": f"{cost:.2f}",
        "currency": "USD",
        "impressions": str(clicks * rng.randrange(18, 90)),
        "clicks": str(clicks),
        "platform_conversions": str(claimed),
        "platform_value": f"{claimed * 118.40:.2f}",
    }
