"""A workspace that lives: late events, merges, refunds, corrected spend, late deals, changed settings.

Each stage changes what is known; tests look at the workspace after each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headwater.workspace import Workspace

EVENTS = "event_id,type,event,anonymous_id,user_id,occurred_at,url,order_id,revenue,currency"
CONVERSIONS = "conversion_id,person,occurred_at,goal,value,currency"
TOUCHES = "touchpoint_id,person,occurred_at,kind,channel,source,campaign"
SPEND = "platform,account_id,date,campaign_id,campaign,cost,currency,clicks"
PERSONS = "person,plan"
SITE = "https://shop.example/"
FB, NEWS = f"{SITE}?utm_source=fb&utm_medium=cpc&utm_campaign=May", f"{SITE}?utm_source=news&utm_medium=email"
CHOSEN = {"own_domains": ["shop.example"]}


def bring(shop: Workspace, folder: Path, kind: str, header: str, *rows: str) -> None:
    """Import rows of one kind, as a file that has never been seen."""
    path = folder / f"{kind}-{len(list(folder.glob('*.csv')))}.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    done = shop.import_([path], kind=kind)
    assert (done.refused, done.stored > 0) == (0, True), done


def begin(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "events", EVENTS,
          f"e1,page,,laptop,,2026-05-01T09:00:00Z,{FB},,,",
          "e2,track,Order Completed,laptop,ada,2026-05-02T09:00:00Z,,o1,100.01,USD",
          f"e3,page,,mobile,,2026-05-01T20:00:00Z,{NEWS},,,",
          f"e4,page,,tablet,,2026-05-02T20:00:00Z,{NEWS},,,",
          "e5,track,lead,tablet,bo,2026-05-03T08:00:00Z,,,,")  # fmt: skip
    bring(shop, folder, "spend", SPEND, "Meta,1,2026-05-01,c1,May,10,USD,3", "Google,1,2026-05-02,c2,brand,7,USD,2")  # fmt: skip
    bring(shop, folder, "persons", PERSONS, "ada,pro", "bo,free")


def late_events(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "events", EVENTS, f"e6,page,,laptop,,2026-05-01T21:00:00Z,{NEWS},,,",
          f"e1,page,,laptop,,2026-05-01T09:00:00Z,{SITE}changed,,,",
          f"e7,page,,radio,,2026-05-02T01:00:00Z,{FB},,,")  # fmt: skip
    bring(shop, folder, "touchpoints", TOUCHES, "t1,ada,2026-05-01T12:00:00Z,call,Phone,,")


def late_deals(shop: Workspace, folder: Path) -> None:
    bring(
        shop,
        folder,
        "events",
        EVENTS,
        "e8,track,Order Completed,tablet,bo,2026-05-03T10:00:00Z,,o2,50.10,EUR",
    )
    bring(shop, folder, "conversions", CONVERSIONS, "d1,ada,2026-05-04T10:00:00Z,deal_won,900,USD")


def corrected_deal(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "conversions", CONVERSIONS, "d1,ada,2026-05-04T10:00:00Z,deal_won,750.33,USD")


def refunded(shop: Workspace, folder: Path) -> None:
    bring(
        shop,
        folder,
        "events",
        EVENTS,
        "e9,track,Order Refunded,laptop,ada,2026-05-05T09:00:00Z,,o1,30.02,USD",
    )


def merged(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "events", EVENTS, "e10,identify,,mobile,ada,2026-05-06T09:00:00Z,,,,")


def corrected_spend(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "spend", SPEND, "Meta,1,2026-05-01,c1,May,12.5,USD,3")


def other_persons(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "persons", PERSONS, "bo,pro")


def aliases(shop: Workspace, _folder: Path) -> None:
    shop.control.apply(
        CHOSEN | {"campaign_aliases": {"may": "spring"}, "source_aliases": {"news": "newsletter"}}
    )


def short_window(shop: Workspace, _folder: Path) -> None:
    shop.control.apply(CHOSEN | {"window_days": 1, "markov_order": 2})


def other_goals(shop: Workspace, _folder: Path) -> None:
    goals = [
        {"name": "purchase", "events": ["order completed"], "is_macro": True},
        {"name": "lead", "events": ["lead"], "is_macro": True},
    ]
    shop.control.apply(
        CHOSEN | {"goals": goals, "refund_events": ["order refunded"], "time_zone": "Asia/Tokyo"}
    )


def defaults(shop: Workspace, _folder: Path) -> None:
    shop.control.apply(CHOSEN)


STAGES: tuple[Callable[[Workspace, Path], None], ...] = (
    begin, aliases, late_events, late_deals, short_window, refunded, corrected_spend, other_goals, merged,
    corrected_deal, other_persons, defaults,
)  # fmt: skip
