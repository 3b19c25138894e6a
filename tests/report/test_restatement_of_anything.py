"""Restatement and as-of hold for whatever arrives: late, repeated, merged, refunded, under other settings."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from headwater.contract.tables import EVENTS, Table
from headwater.report.restatement import AFTER, BEFORE, CAUSES
from headwater.store.control import SETTINGS, WORKSPACES
from headwater.workspace import Workspace
from tests.report.test_restatement import NUMBERS, by_place, check_sums, exact
from tests.test_increment import NEW_YEAR, arrive, batches

ONCE = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)
"""Each example is a dozen builds, too many to look for a smaller one that fails."""
FIRST = NEW_YEAR + timedelta(days=200)
"""When the first of the drawn batches became known; each of the others a day later."""
OTHERS: list[dict[str, Any]] = [{}, {"window_days": 1}, {"max_links": 1}, {"refund_events": []}]


def lived(shop: Workspace, other: dict[str, Any]) -> None:
    """Put the settings into the time of the facts: `other` holds from the second batch on."""
    shop.control.apply({"currency": "EUR"})
    shop.control.apply({"currency": "EUR", **other})
    with shop.control.engine.begin() as database:
        database.execute(update(WORKSPACES).values(created_at=NEW_YEAR))
        database.execute(update(SETTINGS).values(applied_at=NEW_YEAR))
        if other:
            second = update(SETTINGS).where(SETTINGS.c.number == 2)
            database.execute(second.values(applied_at=FIRST + timedelta(days=1)))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@ONCE
@given(drawn=batches(), other=st.sampled_from(OTHERS))
def test_parts_add_up_whatever_happened(
    drawn: list[dict[Table, list[dict[str, Any]]]], other: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder) / "shop") as shop:
        lived(shop, other)
        for place, batch in enumerate(drawn):
            arrive(shop.dir, batch, name=f"batch-{place}")
        times = FIRST, FIRST + timedelta(days=len(drawn) - 1)

        parts = shop.report("restatement", between=times, model="linear,markov")
        check_sums(parts)
        whole = shop.report("restatement", between=times)
        check_sums(whole)

        for cause, moment in zip((BEFORE, AFTER), times, strict=True):
            [shown] = shop.report("overview", as_of=moment).rows
            row = by_place(whole)["", ""][cause]
            assert (row["conversions"], row["value"]) == (shown["conversions"], shown["value"])
        for model in ("linear", "markov"):
            for cause in (BEFORE, *CAUSES, AFTER):
                of_model = [rows[cause] for (_, one), rows in by_place(parts).items() if one == model]
                for name in NUMBERS:
                    total = sum((exact(row[name]) for row in of_model), Decimal(0))
                    expected = exact(by_place(whole)["", ""][cause][name])
                    assert abs(total - expected) <= (Decimal("1e-7") if name == "conversions" else 0)
        facts = {row["cause"]: row["facts"] for row in whole.meta["causes"]}
        for cause, row in by_place(whole)["", ""].items():
            if cause in CAUSES and not facts[cause]:
                assert not any(row[name] for name in NUMBERS), cause


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@ONCE
@given(drawn=batches())
def test_what_was_shown_while_facts_came_in_is_what_is_shown_as_of_then(
    drawn: list[dict[Table, list[dict[str, Any]]]],
) -> None:
    asked = [
        ("compare", {"model": "linear,markov"}),
        ("attribution", {"model": "linear"}),
        ("paths", {}),
        ("quality", {}),
        ("lag", {}),
    ]
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder) / "shop") as shop:
        lived(shop, {})
        shown = []
        for place, batch in enumerate(drawn):
            arrive(shop.dir, batch, name=f"batch-{place}")
            if batch[EVENTS]:
                answers = [shop.report(name, **options) for name, options in asked]
                shown.append((answers[0].meta["as_of"], [answer.to_json() for answer in answers]))

        for moment, then in shown:
            assert [shop.report(name, as_of=moment, **options).to_json() for name, options in asked] == then
