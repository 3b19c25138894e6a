"""Past of fits: what a fitted model said at any time, and all that rests on it, is said again as of then, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from headwater.report import REPORTS
from headwater.result import ReportResult
from headwater.workspace import Workspace
from tests import market

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STAGES: tuple[tuple[Callable[[Workspace, Path], None], ...], ...] = (
    (market.begin,),
    (
        market.late_events,
        market.late_deals,
        market.merged,
        market.refunded,
        market.corrected_spend,
        market.other_persons,
        market.experiments,
    ),
    (market.roles_and_window,),
    (market.defaults,),
)
FULL = 2
"""The stage after which everything is asked; after the others some of it, since each report takes its time."""
FITS: dict[str, list[dict[str, Any]]] = {
    "attribution": [{"by": "campaign", "model": "incremental"}],
    "compare": [{}],
    "budget": [{"move": "paid_search:paid_video:10%"}],
}
OTHERS: dict[str, list[dict[str, Any]]] = {
    "attribution": [{"model": "incremental,linear", "window": "5d", "since": "2026-01-20", "segment": "country=DE"}],
} | {name: [{}] for name, one in REPORTS.items() if name not in FITS and not one.compares_times}  # fmt: skip
FROZEN: dict[str, Any] = {"model": "incremental", "by": "campaign"}


def answers(shop: Workspace, *, is_full: bool, **when: Any) -> dict[str, Any]:
    """Return what a workspace says, by what was asked."""
    said: dict[str, Any] = {}
    for asked in (FITS, OTHERS) if is_full else (FITS,):
        for name, ways in asked.items():
            for options in ways:
                said[f"{name} {options}"] = shop.report(name, **options, **when)
    # of somebody whose device is merged, of a corrected order and of one that is refunded
    early = [row["conversion_id"] for row in market.rows("conversions") if row["occurred_at"] < market.SOON]
    for conversion in (early[0], early[12]) if is_full else early[:1]:
        said[f"explain {conversion}"] = shop.explain(conversion, **when)
    said["person"] = shop.person(market.buyers()[0], **when)
    for table in ("incremental_effects", "credits"):
        where = "where model = 'incremental'" if table == "credits" else ""
        said[f"sql {table}"] = shop.sql(f"select * from {table} {where} order by all", **when).to_pylist()
    return said


def written(said: dict[str, Any]) -> dict[str, bytes]:
    return {
        asked: answer.to_json() if isinstance(answer, ReportResult) else orjson.dumps(answer, default=str)
        for asked, answer in said.items()
    }


@pytest.mark.slow
def test_whatever_rests_on_a_fit_is_said_again_as_of_any_past_time_and_frozen_answers_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*market.FEWER_MOMENTS)
    with Workspace(tmp_path / "shop") as shop:
        shop.control.apply(market.CHOSEN)
        shown = []
        for number, stages in enumerate(STAGES):
            for stage in stages:
                stage(shop, tmp_path)
            said = answers(shop, is_full=number == FULL)
            frozen = shop.frozen.freeze(f"stage-{number}", "attribution", **FROZEN)
            shown.append((said, written(said), frozen))

        for number, (said, as_written, _) in enumerate(shown[:-1]):
            again = written(answers(shop, is_full=number == FULL, as_of=said["compare {}"].meta["as_of"]))
            assert [asked for asked in as_written if again[asked] != as_written[asked]] == [], number
            assert shop.frozen.check(f"stage-{number}")["differences"] == []

        # every stage moved the fit but the last, which undid the one before; or equality would say nothing
        fits = [repr(said["sql incremental_effects"]) for said, *_ in shown]
        assert len(set(fits)) == len(STAGES) - 1
        assert fits[-1] == fits[-3]
        assert all(sum(row["conversions"] for row in frozen.rows) > 10 for *_, frozen in shown)
        # with enough volume it came to stand among the models that nobody named
        assert [("incremental" in said["compare {}"].meta["models"]) for said, *_ in shown] == [
            False, True, True, True,
        ]  # fmt: skip

        runs = {run["name"]: run for run in shop.frozen.runs()}
        for number, (said, _, frozen) in enumerate(shown):
            run, kept = runs[f"stage-{number}"], shop.frozen.run(f"stage-{number}")
            assert kept.to_json() == frozen.to_json()
            assert run["settings_version"] == said["compare {}"].meta["settings_version"]
            assert (run["asked"], run["as_of"]) == (FROZEN, kept.meta["as_of"])
