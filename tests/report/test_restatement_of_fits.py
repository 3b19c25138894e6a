"""Restatement of a fitted model: it is fitted anew to what each cause left known, and parts still add up exactly."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from headwater.report.restatement import AFTER, BEFORE, CAUSES, UNATTRIBUTED
from headwater.workspace import Workspace
from tests import market
from tests.report.test_restatement import NUMBERS, by_place, check_sums, exact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.result import ReportResult

MODELS = ("incremental", "linear")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(*market.FEWER_MOMENTS)
    with Workspace(tmp_path / "shop") as opened:
        opened.control.apply(market.CHOSEN)
        market.begin(opened, tmp_path)
        yield opened


def moved(answer: ReportResult, model: str) -> dict[str, set[str]]:
    """Return by cause in which numbers it moved anything that the model said."""
    found: dict[str, set[str]] = {cause: set() for cause in CAUSES}
    for (_, one), causes in by_place(answer).items():
        for cause in CAUSES:
            found[cause] |= {name for name in NUMBERS if one == model and causes[cause][name]}
    return found


def check_shown(answer: ReportResult, shop: Workspace, times: tuple[datetime, datetime]) -> None:
    """What the restatement says was shown is what the report shows as of that time, in every cell."""
    for cause, moment in zip((BEFORE, AFTER), times, strict=True):
        shown = shop.report("attribution", model=",".join(MODELS), as_of=moment)
        for row in shown.rows:
            place = by_place(answer)[row["channel"], row["model"]][cause]
            assert place["conversions"] == round(row["conversions"], 9)
            assert (place["value"], place["spend"]) == (row["value"], row["spend"] or 0)
        for model in MODELS:
            left = by_place(answer)[UNATTRIBUTED, model][cause]
            said = shown.meta["unattributed"][model]
            assert (left["conversions"], left["value"]) == (
                round(said["conversions"], 9), Decimal(said["value"]),
            )  # fmt: skip


@pytest.mark.slow
def test_all_causes_at_once_add_up_though_the_fit_is_another_in_each_state(
    shop: Workspace, tmp_path: Path
) -> None:
    first = datetime.now(UTC)
    for stage in (
        market.experiments, market.corrected_spend, market.merged, market.late_deals, market.roles_and_window,
        market.refunded, market.late_events, market.other_persons,
    ):  # fmt: skip
        stage(shop, tmp_path)
    times = first, datetime.now(UTC)

    answer = shop.report("restatement", model=",".join(MODELS), between=times)

    check_sums(answer)
    check_shown(answer, shop, times)
    money = {"conversions", "value"}
    assert moved(answer, "incremental") == {
        "settings": money, "late events": money, "late deals": money, "refunds": {"value"}, "merges": money,
        "spend restated": {"spend"}, "experiments": money, "other": money,
    }  # fmt: skip
    # a rule asks neither experiments nor what is told of persons
    assert moved(answer, "linear")["experiments"] == moved(answer, "linear")["other"] == set()
    # in each state the model gave out, or left to nobody, all that there was
    for model in MODELS:
        for cause in (BEFORE, *CAUSES, AFTER):
            for name in ("conversions", "value"):
                totals = {
                    one: sum((exact(causes[cause][name]) for (_, each), causes in by_place(answer).items() if each == one), Decimal(0))
                    for one in MODELS
                }  # fmt: skip
                assert abs(totals[model] - totals["linear"]) < Decimal("1e-7"), (model, cause, name)


@pytest.mark.slow
def test_an_experiment_that_was_imported_is_a_cause_of_its_own_and_changes_no_total(
    shop: Workspace, tmp_path: Path
) -> None:
    first = datetime.now(UTC)
    market.experiments(shop, tmp_path)
    times = first, datetime.now(UTC)

    answer = shop.report("restatement", model=",".join(MODELS), between=times)
    whole = shop.report("restatement", between=times)

    check_sums(answer)
    check_shown(answer, shop, times)
    assert {cause: names for cause, names in moved(answer, "incremental").items() if names} == {
        "experiments": {"conversions", "value"}
    }
    assert not any(moved(answer, "linear").values())
    assert {row["cause"]: row["facts"] for row in answer.meta["causes"]}["experiments"] == len(
        market.rows("experiments")
    )
    assert not any(by_place(whole)["", ""]["experiments"][name] for name in NUMBERS)
