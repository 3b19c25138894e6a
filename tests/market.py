"""Market: a small simulated market that a workspace learns of bit by bit, with enough of it for a fit.

Each stage changes what is known; tests look at the workspace after each of them. Everybody who bought is in it, and
some of those who did not, so that builds are quick.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.sandbox.worlds.catalogue import world_named
from headwater.sandbox.worlds.simulation import Plan
from headwater.sandbox.worlds.writing import market

if TYPE_CHECKING:
    from pathlib import Path

    from headwater.workspace import Workspace

Rows = list[dict[str, Any]]

KINDS = ("touchpoints", "conversions", "persons", "spend")
SOON = datetime(2026, 1, 1) + timedelta(days=38)
"""What happened before is known at first, but for some touches that come late."""
OTHERS = 1_200
"""Persons who bought nothing and are in it all the same."""
MERGED = 30
"""Buyers whose first touches are known of a device alone, until they are merged."""
CHOSEN: dict[str, Any] = {"currency": "USD"}
FEWER_MOMENTS = ("headwater.attribution.incremental.estimate.LEAST_MOMENTS", 10_000)
"""What a test may patch that fits again and again: a fit in tenths of a second, coarser than what users get."""


@cache
def tables() -> dict[str, pa.Table]:
    """Return what there is to know by kind, with experiments."""
    made = market(Plan(world=world_named("mild-intent"), persons=8_000, days=60, seed=1, experiments=1), threads=1).tables  # fmt: skip
    bought = dict.fromkeys(made["conversions"]["person"].to_pylist())
    others = [one for one in made["persons"]["person"].to_pylist() if one not in bought]
    kept = {*bought, *others[:OTHERS]}
    return {
        kind: made[kind].filter(pa.array([one in kept for one in made[kind]["person"].to_pylist()]))
        if "person" in made[kind].column_names
        else made[kind]
        for kind in (*KINDS, "experiments")
    }


def rows(kind: str) -> Rows:
    """Return the rows of one kind, to be changed at will."""
    found: Rows = tables()[kind].to_pylist()
    return found


def buyers() -> list[str]:
    """Return who bought, by name."""
    return sorted({row["person"] for row in rows("conversions")})


def touches() -> Rows:
    """Return the touches; those of some buyers name a device as long as it is not known whose it is."""
    ours = set(buyers()[:MERGED])
    unnamed = SOON - timedelta(days=10)
    return [
        row | {"person": f"anonymous:of-{row['person']}"}
        if row["person"] in ours and row["occurred_at"] < unnamed
        else row
        for row in rows("touchpoints")
    ]


def is_late(touch: dict[str, Any]) -> bool:
    """Tell whether a touch is learned of later: all that happen later, and a tenth of the others."""
    return bool(touch["occurred_at"] >= SOON or touch["touchpoint_id"].endswith("7"))


def bring(shop: Workspace, folder: Path, kind: str, given: Rows) -> None:
    """Import rows of one kind, as a file that has never been seen."""
    file = folder / f"{kind}-{len(list(folder.glob('*.parquet')))}.parquet"
    pq.write_table(pa.Table.from_pylist(given), file)
    done = shop.import_([file], kind=kind)
    assert (done.refused, done.stored > 0) == (0, True), done


def bring_all(shop: Workspace, folder: Path, **others: Rows) -> None:
    """Import the whole market at once; `others` are rows of a kind instead of its own."""
    for kind in KINDS:
        bring(shop, folder, kind, others.get(kind, rows(kind)))


def begin(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "touchpoints", [touch for touch in touches() if not is_late(touch)])
    bring(shop, folder, "conversions", [row for row in rows("conversions") if row["occurred_at"] < SOON])
    bring(shop, folder, "persons", rows("persons"))
    bring(shop, folder, "spend", rows("spend"))


def late_events(shop: Workspace, folder: Path) -> None:
    # the newest first, and some that are known already once more
    late = [touch for touch in touches() if is_late(touch)]
    bring(shop, folder, "touchpoints", late[::-1] + touches()[:500])


def late_deals(shop: Workspace, folder: Path) -> None:
    early = [row for row in rows("conversions") if row["occurred_at"] < SOON]
    late = [row for row in rows("conversions") if row["occurred_at"] >= SOON]
    corrected = [row | {"value": row["value"] + Decimal("100.01")} for row in early[:5]]
    bring(shop, folder, "conversions", late + corrected)


def refunded(shop: Workspace, folder: Path) -> None:
    given_back = [
        {
            "event_id": f"back-{row['conversion_id']}",
            "type": "track",
            "event": "Order Refunded",
            "user_id": row["person"],
            "occurred_at": row["occurred_at"] + timedelta(days=2),
            "order_id": row["conversion_id"],
            "revenue": row["value"] / 3,
            "currency": row["currency"],
        }
        for row in rows("conversions")[10:20]
    ]
    bring(shop, folder, "events", given_back)


def merged(shop: Workspace, folder: Path) -> None:
    known = [
        {
            "event_id": f"is-{person}",
            "type": "identify",
            "anonymous_id": f"of-{person}",
            "user_id": person,
            "occurred_at": SOON,
        }
        for person in buyers()[:MERGED]
    ]
    bring(shop, folder, "events", known)


def corrected_spend(shop: Workspace, folder: Path) -> None:
    bring(
        shop, folder, "spend", [row | {"cost": row["cost"] + Decimal("1.11")} for row in rows("spend")[:40]]
    )


def other_persons(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "persons", [row | {"segment": "told later"} for row in rows("persons")[::4]])


def experiments(shop: Workspace, folder: Path) -> None:
    bring(shop, folder, "experiments", rows("experiments"))


def roles_and_window(shop: Workspace, _folder: Path) -> None:
    shop.control.apply(CHOSEN | {"channel_roles": {"email": "none"}, "window_days": 10})


def defaults(shop: Workspace, _folder: Path) -> None:
    shop.control.apply(CHOSEN)
