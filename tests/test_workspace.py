"""Workspace: the warehouse is a cache, made afresh from the archive where it is of no use."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from headwater import report
from headwater.contract.errors import WorkspaceBusyError
from headwater.contract.steps import Solve
from headwater.contract.tables import REMOVAL_EFFECTS
from headwater.engine.duckdb import DuckDB
from headwater.warehouse import solve
from headwater.workspace import WAREHOUSE, Workspace

if TYPE_CHECKING:
    from pathlib import Path

TOUCHES = """person,occurred_at,channel
ada,2026-03-01T09:00:00Z,Paid Social
ada,2026-03-02T09:00:00Z,Email
"""
ORDERS = """conversion_id,person,occurred_at,value
1,ada,2026-03-02T10:00:00Z,10.01
"""
HALVES = [("Email", 0.5, "5.01"), ("Paid Social", 0.5, "5.00")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "touches.csv").write_text(TOUCHES)
    (tmp_path / "orders.csv").write_text(ORDERS)
    with Workspace(tmp_path / "shop") as shop:
        shop.import_([tmp_path / "touches.csv"], kind="touchpoints")
        shop.import_([tmp_path / "orders.csv"], kind="conversions")
        shop.build()
    return tmp_path / "shop"


def halves(shop: Workspace) -> list[tuple[Any, ...]]:
    rows = shop.report("compare", by="channel", model="linear").rows
    return sorted((row["channel"], row["linear"], f"{row['linear_value']:.2f}") for row in rows)


def test_a_lost_warehouse_is_made_afresh(folder: Path) -> None:
    (folder / WAREHOUSE).unlink()

    with Workspace(folder) as shop:
        assert [row[:2] for row in halves(shop)] == [row[:2] for row in HALVES]


def test_a_warehouse_that_cannot_be_read_is_put_aside_and_made_afresh(folder: Path) -> None:
    (folder / WAREHOUSE).write_bytes(b"not a database at all" * 1000)

    with Workspace(folder) as shop:
        assert [row[:2] for row in halves(shop)] == [row[:2] for row in HALVES]

    assert (folder / f"{WAREHOUSE}.broken").exists()


def test_an_engine_that_gave_up_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workspace(folder) as shop:
        given_up = shop.engine

        def refuse(*_: object) -> None:
            raise duckdb.FatalException("database has been invalidated")

        monkeypatch.setattr(given_up, "execute", refuse)
        shop.build()

        assert shop.engine is not given_up
        assert [row[:2] for row in halves(shop)] == [row[:2] for row in HALVES]


def test_a_build_that_stopped_after_its_load_is_made_good(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "more.csv").write_text(ORDERS.replace("1,ada", "2,ada"))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with Workspace(folder) as shop, monkeypatch.context() as patched:
        patched.setattr("headwater.workspace.increment", stop)
        shop.import_([tmp_path / "more.csv"], kind="conversions")
        with pytest.raises(KeyboardInterrupt):
            shop.build()

    with Workspace(folder) as shop:
        assert shop.report("compare", model="linear").meta["total_conversions"] == 2


def test_a_folder_that_another_process_holds_is_not_touched(folder: Path) -> None:
    hold = "import sys; from headwater.workspace import Workspace; held = Workspace(sys.argv[1]); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        with pytest.raises(WorkspaceBusyError):
            Workspace(folder)

        holder.communicate("\n")
    assert not (folder / f"{WAREHOUSE}.broken").exists()


def test_other_settings_make_the_tables_afresh(folder: Path) -> None:
    with Workspace(folder) as shop:
        shop.control.apply({"half_life_days": 1.0})

        assert shop.build().mode == "full"
        assert shop.build().mode == "nothing new"


def test_a_report_as_of_a_time_knows_only_what_was_known_then(folder: Path) -> None:
    with Workspace(folder) as shop:
        then = shop.sql("select max(known_at) as at from imported_touchpoints").to_pylist()[0]["at"]

        assert shop.report("compare", model="linear", as_of=then).meta["total_conversions"] == 0
        assert shop.report("compare", model="linear").meta["total_conversions"] == 1


def test_an_answer_is_of_one_moment_whatever_is_built_while_it_is_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = tmp_path / "more.csv"
    more.write_text(ORDERS.replace("1,ada", "2,ada"))
    answer = report.answer

    with Workspace(folder, builds_on_read=False) as shop:

        def interrupted(*asked: Any) -> Any:
            shop.import_([more], kind="conversions")
            shop.build()
            return answer(*asked)

        before = shop.report("attribution")
        monkeypatch.setattr(report, "answer", interrupted)
        meanwhile = shop.report("attribution")
        monkeypatch.setattr(report, "answer", answer)

        assert meanwhile.to_json() == before.to_json() != shop.report("attribution").to_json()


def test_what_is_solved_uses_one_thread_so_that_every_machine_has_the_same_digits() -> None:
    threads: list[int] = []

    def solved(_tables: Any) -> pa.Table:
        threads.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return pa.table({column.name: pa.array([], pa.string()) for column in REMOVAL_EFFECTS.columns})

    engine = DuckDB()
    with threadpool_limits(limits=2, user_api="blas"):
        solve(engine, [Solve(makes=REMOVAL_EFFECTS, reads=(), solve=solved)], [REMOVAL_EFFECTS.name])
    engine.close()

    assert set(threads) == {1}
