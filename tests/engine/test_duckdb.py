"""DuckDB: steps run as promised, readers see whole results, one process holds the file."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from headwater.contract.errors import WorkspaceBusyError
from headwater.contract.steps import Loop, Solve, Step
from headwater.contract.tables import table
from headwater.engine.duckdb import DuckDB, StepError

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = table("orders", "An order.", "order_id", "order_id BIGINT its id\ntotal MONEY what was paid")
TOTALS = table("totals", "A total.", "order_id", "order_id BIGINT its id\ntotal MONEY doubled")
HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def engine() -> DuckDB:
    engine = DuckDB()
    engine.create(ORDERS)
    engine.insert("orders", pa.table({"order_id": [1, 2], "total": [Decimal("1.50"), Decimal("2.25")]}))
    return engine


def doubled(*, materialised: bool = True) -> Step:
    return Step(
        makes=TOTALS,
        reads=(ORDERS,),
        sql="select total * :times as total, cast(order_id as varchar) as order_id from orders",
        params={"times": 2},
        materialised=materialised,
    )


def test_a_step_makes_the_columns_that_its_table_promises(engine: DuckDB) -> None:
    engine.run(doubled())

    assert engine.query("select * from totals order by order_id").schema == pa.schema(
        [("order_id", pa.int64()), ("total", pa.decimal128(18, 6))]
    )
    assert engine.rows("select * from totals order by order_id") == [(1, Decimal(3)), (2, Decimal("4.5"))]


def test_a_view_follows_what_it_reads(engine: DuckDB) -> None:
    engine.run(doubled(materialised=False))

    engine.execute("delete from orders where order_id = 1")

    assert engine.rows("select order_id from totals") == [(2,)]


def test_a_solve_gets_the_tables_it_reads_and_gives_one(engine: DuckDB) -> None:
    solve = Solve(
        makes=TOTALS,
        reads=(ORDERS,),
        queries={"orders": "select order_id from orders where order_id > 1"},
        solve=lambda given: given["orders"].append_column("total", pa.array([Decimal(7)])),
    )

    engine.run(solve)

    assert engine.rows("select * from totals") == [(2, Decimal(7))]


def test_a_loop_ends_when_nothing_changes(engine: DuckDB) -> None:
    loop = Loop(
        makes=TOTALS,
        reads=(ORDERS,),
        start="select * from orders",
        again="select order_id, least(total + 1, 4) as total from totals",
    )

    engine.run(loop)

    assert engine.rows("select order_id, total from totals order by order_id") == [
        (1, Decimal(4)),
        (2, Decimal(4)),
    ]


def test_a_step_that_fails_is_named(engine: DuckDB) -> None:
    wrong = Step(makes=TOTALS, reads=(ORDERS,), sql="select no_such_column from orders")

    with pytest.raises(StepError, match="makes totals failed") as raised:
        engine.run(wrong)

    assert "headwater steps totals" in raised.value.hint


def test_a_transaction_that_fails_leaves_nothing(engine: DuckDB) -> None:
    with pytest.raises(ZeroDivisionError), engine.transaction():  # noqa: PT012 (what fails is the block)
        engine.execute("delete from orders")
        raise ZeroDivisionError

    assert engine.rows("select count(*) from orders") == [(2,)]


def test_a_reader_does_not_see_half_of_a_transaction(engine: DuckDB) -> None:
    reader = engine.cursor()

    with engine.transaction():
        engine.execute("delete from orders")
        seen = reader.query("select count(*) as n from orders").to_pylist()

    assert seen == [{"n": 2}]
    assert reader.query("select count(*) as n from orders").to_pylist() == [{"n": 0}]


def test_equal_text_has_equal_hashes_on_every_machine(engine: DuckDB) -> None:
    assert engine.rows("select stable_hash('user:ada')") == [(46316400692828465,)]


def test_a_file_that_another_process_holds_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        with pytest.raises(WorkspaceBusyError):
            DuckDB(path)

        other.communicate()
