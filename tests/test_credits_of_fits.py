"""Credits of fits: what the ledger and the reports give each touch, held against the imported rows, touch by touch."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from math import fsum
from typing import TYPE_CHECKING, Any

import pytest

from headwater import attribution
from headwater.contract.models import FittedModel
from headwater.contract.settings import Settings
from headwater.workspace import Workspace
from tests import market

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FITTED = [name for name, model in attribution.models(Settings()).items() if isinstance(model, FittedModel)]
HALF_LIVES = {"adds_hours": 0.75, "adds_days": 3.0, "adds_weeks": 10.0}
"""Days in which each part of what a touch adds fades by half, as the documents say."""
HORIZON = timedelta(days=40)
LEDGER = """
    select * replace (case when model = 'incremental' then weight else round(weight, 12) end as weight)
    from credits order by all
"""
"""What fitted models say to the last digit; others as answers show it, since a graph sums in any order."""
EFFECTS = "select * from incremental_effects order by all"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(*market.FEWER_MOMENTS)
    with Workspace(tmp_path / "shop") as opened:
        opened.control.apply(market.CHOSEN)
        yield opened


def rows(shop: Workspace, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.sql(sql).to_pylist()
    return found


def by_hand(
    effects: list[dict[str, Any]], *, window: timedelta
) -> dict[tuple[str, str], tuple[float, float]]:
    """Return by conversion and touch the share, and by conversion and nobody what is left, from the imported rows."""
    adds = {(row["channel"], row["campaign"]): row for row in effects if row["campaign"] is not None}
    met: dict[str, list[dict[str, Any]]] = {}
    for touch in market.rows("touchpoints"):
        met.setdefault(touch["person"], []).append(touch)
    shares = {}
    for bought in market.rows("conversions"):
        added = {}
        for touch in met.get(bought["person"], []):
            age = bought["occurred_at"] - touch["occurred_at"]
            if timedelta(0) <= age <= min(window, HORIZON):
                fit = adds[touch["channel"], touch["campaign"] or ""]
                added[touch["touchpoint_id"]] = fsum(
                    fit[part] * 2 ** (-age / timedelta(days=days)) for part, days in HALF_LIVES.items()
                )
        whole = 1 + fsum(added.values())
        for touch_id, one in added.items():
            shares[bought["conversion_id"], touch_id] = one / whole, 1 / whole
    return shares


@pytest.mark.slow
def test_each_touch_gets_what_its_fit_and_its_age_say_and_nobody_else_gets_anything(
    shop: Workspace, tmp_path: Path
) -> None:
    assert FITTED == ["incremental"]
    market.bring_all(shop, tmp_path)
    window = timedelta(days=shop.settings.window_days)
    ledger = rows(shop, "select * from credits where model = 'incremental'")
    given = {(row["conversion_id"], row["touchpoint_id"]): row for row in ledger}
    meant = by_hand(rows(shop, EFFECTS), window=window)

    # a touch after the conversion, or before the window, is in none of them; all others are
    assert {place for place, row in given.items() if row["weight"]} <= set(meant)
    for place, (share, _) in meant.items():
        assert given[place]["weight"] == pytest.approx(share, rel=1e-9, abs=1e-12), place
    assert len({row["touchpoint_id"] for row in ledger if row["weight"]}) > 500

    # shares and what is left make each conversion whole, and money to the last digit
    shared: dict[str, list[dict[str, Any]]] = {row["conversion_id"]: [] for row in market.rows("conversions")}
    for row in ledger:
        shared[row["conversion_id"]].append(row)
    left = {conversion: rest for (conversion, _), (_, rest) in meant.items()}
    values = {row["conversion_id"]: row["value"] for row in market.rows("conversions")}
    for conversion, parts in shared.items():
        assert fsum(row["weight"] for row in parts) + left.get(conversion, 1.0) == pytest.approx(1, abs=1e-12)
        assert all(row["value"] >= 0 for row in parts)
        kept = values[conversion] - sum((row["value"] for row in parts), Decimal(0))
        assert float(kept) == pytest.approx(left.get(conversion, 1.0) * float(values[conversion]), abs=2e-6)
    for conversion in [*shared][::40]:
        said = shop.explain(conversion, model="incremental")
        rest = said["conversion"]["unattributed"]["incremental"]
        assert rest == pytest.approx(left.get(conversion, 1.0), abs=1e-12)
        money = [Decimal(touch["value"]["incremental"]) for touch in said["touches"] if touch["value"]]
        assert (
            sum(money, Decimal(said["conversion"]["unattributed_value"]["incremental"])) == values[conversion]
        )

    # the report says the same of any window, by any dimension
    for days, by in ((shop.settings.window_days, "channel"), (5, "campaign")):
        answer = shop.report("attribution", model="incremental", by=by, window=f"{days}d")
        name = {touch["touchpoint_id"]: touch[by] for touch in market.rows("touchpoints")}
        summed: dict[str, list[float]] = {}
        for (_, touch_id), (share, _) in by_hand(rows(shop, EFFECTS), window=timedelta(days=days)).items():
            summed.setdefault(name[touch_id], []).append(share)
        for row in answer.rows:
            assert row["conversions"] == pytest.approx(fsum(summed.get(row[by], [])), abs=1e-9), (by, row[by])
        rest = answer.meta["unattributed"]["incremental"]
        assert sum(row["conversions"] for row in answer.rows) + rest["conversions"] == pytest.approx(
            len(values), abs=1e-7
        )
        assert sum((row["value"] for row in answer.rows), Decimal(rest["value"])) == sum(values.values())


@pytest.mark.slow
def test_several_loads_late_repeated_and_out_of_order_give_what_one_load_of_all_gives(
    shop: Workspace, tmp_path: Path
) -> None:
    chance = random.Random(8)
    parts = {kind: market.rows(kind) for kind in (*market.KINDS, "experiments")}
    first = {
        kind: given[:: 2 if kind in ("touchpoints", "conversions") else 1] for kind, given in parts.items()
    }
    for given in (*parts.values(), *first.values()):
        chance.shuffle(given)

    # half of it, the newest of the rest with some once more, then everything again
    for kind in market.KINDS:
        market.bring(shop, tmp_path, kind, first[kind])
    before = rows(shop, EFFECTS)
    newest = sorted(parts["touchpoints"], key=lambda row: row["occurred_at"])[-2000:]
    market.bring(shop, tmp_path, "touchpoints", newest + newest[:50])
    assert shop.build().mode == "incremental"
    assert rows(shop, EFFECTS) != before
    market.bring(shop, tmp_path, "experiments", parts["experiments"])
    market.bring(shop, tmp_path, "conversions", parts["conversions"])
    market.bring(shop, tmp_path, "touchpoints", parts["touchpoints"])
    assert shop.build().mode == "incremental"
    grown = rows(shop, EFFECTS), rows(shop, LEDGER)

    shop.build(full=True)
    assert (rows(shop, EFFECTS), rows(shop, LEDGER)) == grown

    with Workspace(tmp_path / "at once") as other:
        other.control.apply(market.CHOSEN)
        market.bring_all(other, tmp_path)
        market.bring(other, tmp_path, "experiments", market.rows("experiments"))
        assert (rows(other, EFFECTS), rows(other, LEDGER)) == grown
