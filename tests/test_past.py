"""Past: any answer as of a past time is the answer that was shown then, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from headwater.past import FOLDER
from headwater.report import REPORTS
from headwater.result import ReportResult
from headwater.workspace import Workspace
from tests.lived import STAGES, begin, late_deals, merged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASKED: dict[str, list[dict[str, Any]]] = {
    "attribution": [{}, {"by": "campaign", "model": "linear,markov"}],
    "compare": [{}, {"since": "2026-05-02", "window": "12h", "currency": "EUR", "segment": "plan=pro"}],
}
"""What the reports are asked, besides nothing."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "shop") as opened:
        yield opened


def answers(shop: Workspace, **when: Any) -> dict[str, Any]:
    """Return everything that a workspace says, by what was asked."""
    said: dict[str, Any] = {}
    for name in (name for name, one in REPORTS.items() if not one.compares_times):
        for options in ASKED.get(name, [{}]):
            try:
                said[f"{name} {options}"] = shop.report(name, **options, **when)
            except Exception as error:  # noqa: BLE001 (a refusal is an answer too)
                said[f"{name} {options}"] = repr(error)
    for conversion in (
        shop.sql("select conversion_id from conversions order by all", **when).column(0).to_pylist()
    ):
        said[f"explain {conversion}"] = shop.explain(conversion, **when)
    for who in ("ada", "mobile"):
        said[f"person {who}"] = shop.person(who, **when)
    said["sql"] = shop.sql("select * from credits order by all", **when).to_pylist()
    return said


def written(said: dict[str, Any]) -> dict[str, bytes]:
    return {
        asked: answer.to_json() if isinstance(answer, ReportResult) else orjson.dumps(answer, default=str)
        for asked, answer in said.items()
    }


def timeless(answer: ReportResult) -> bytes:
    """Leave out the one thing that names the time asked for."""
    answer.meta.pop("as_of")
    return answer.to_json()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_reports_as_of_any_past_time_are_what_was_shown_then(shop: Workspace, tmp_path: Path) -> None:
    shown = []
    for number, stage in enumerate(STAGES):
        if number % 3 == 2:
            shop.build()
        stage(shop, tmp_path)
        said = answers(shop)
        shown.append((stage.__name__, datetime.now(UTC), written(said), said))

    for name, _, as_written, said in shown:
        named = said["attribution {}"].meta["as_of"]
        assert written(answers(shop, as_of=named)) == as_written, name
    for name, moment, _, said in shown[::4]:
        assert timeless(shop.report("compare", as_of=moment)) == timeless(said["compare {}"]), name
    # the stages do change the answers, or equality would say nothing
    assert len({repr(said["attribution {}"].rows) for *_, said in shown}) >= len(STAGES) - 2


def test_a_time_means_the_same_in_every_zone(shop: Workspace, tmp_path: Path) -> None:
    begin(shop, tmp_path)
    moment = datetime.now(UTC)
    late_deals(shop, tmp_path)

    plain = shop.report("overview", as_of=moment.replace(tzinfo=None).isoformat()).to_json()

    assert shop.report("overview", as_of=moment).to_json() == plain
    assert shop.report("overview", as_of=moment.astimezone(timezone(timedelta(hours=9)))).to_json() == plain
    assert b'"conversions": 1,' in plain


def test_before_the_workspace_there_was_nothing(shop: Workspace, tmp_path: Path) -> None:
    shop.control.apply({"currency": "EUR"})
    begin(shop, tmp_path)

    before = shop.report("overview", as_of="2020-01-01")

    assert (before.rows[0]["conversions"], before.meta["complete_to"], before.meta["currency"]) == (
        0,
        None,
        "EUR",
    )


def test_tables_of_a_past_time_take_in_what_the_archive_gains_later_and_were_known_then(
    shop: Workspace, tmp_path: Path
) -> None:
    begin(shop, tmp_path)
    merged(shop, tmp_path)
    moment = datetime.now(UTC)
    archive = shop.dir / "archive"
    held_back = sorted((archive / "events").glob("*/*.parquet"))[-1]
    held_back.rename(tmp_path / "aside")
    without = shop.person("ada", as_of=moment)["identifiers"]

    (tmp_path / "aside").rename(held_back)

    assert len(shop.person("ada", as_of=moment)["identifiers"]) > len(without)


def test_only_the_last_few_files_are_kept_and_one_that_broke_is_made_again(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headwater.past.MOST_KEPT", 2)
    begin(shop, tmp_path)
    moments = ["2026-05-01", "2026-05-02", "2026-05-03"]
    first = shop.report("overview", as_of=moments[0]).to_json()
    for moment in moments[1:]:
        shop.build(as_of=moment)

    files = sorted((shop.dir / FOLDER).glob("*.duckdb"))
    assert [path.name[:8] for path in files] == ["20260502", "20260503"]
    files[-1].write_bytes(b"no database" * 100)
    assert shop.report("overview", as_of=moments[-1]).rows == shop.report("overview", as_of=moments[0]).rows
    assert shop.report("overview", as_of=moments[0]).to_json() == first


def test_a_stopped_build_of_a_past_time_is_made_good(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(shop, tmp_path)
    moment = datetime.now(UTC)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("headwater.past.build_fully", stop)
        with pytest.raises(KeyboardInterrupt):
            shop.report("overview", as_of=moment)

    assert shop.report("overview", as_of=moment).rows[0]["conversions"] == 1
