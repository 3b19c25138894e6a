"""Tables: declared in lines, made as declared."""

from __future__ import annotations

import duckdb
import pytest

from headwater.contract.tables import ARCHIVE_KINDS, RAW_TABLES, Column, Table, table
from tools.reference import all_tables

ORDERS = table(
    "orders",
    "An order.",
    "order_id paid_at",
    """
    order_id VARCHAR its id, as sent
    paid_at TIMESTAMP when, UTC
    total MONEY what was paid
    """,
)


def test_a_line_is_a_column_with_type_and_meaning() -> None:
    assert ORDERS.key == ("order_id", "paid_at")
    assert ORDERS.columns == (
        Column("order_id", "VARCHAR", "its id, as sent"),
        Column("paid_at", "TIMESTAMP", "when, UTC"),
        Column("total", "DECIMAL(18,6)", "what was paid"),
    )
    assert ORDERS.names() == ["order_id", "paid_at", "total"]


@pytest.mark.parametrize("declared", all_tables(), ids=lambda declared: declared.name)
def test_the_engine_makes_a_table_as_it_is_declared(declared: Table) -> None:
    connection = duckdb.connect()

    connection.execute(declared.ddl())

    made = connection.execute(f'select column_name, column_type from (describe "{declared.name}")').fetchall()
    assert made == [(column.name, column.type) for column in declared.columns]


@pytest.mark.parametrize("declared", all_tables(), ids=lambda declared: declared.name)
def test_no_column_is_declared_twice(declared: Table) -> None:
    assert len(set(declared.names())) == len(declared.columns)


def test_every_raw_table_is_filled_from_one_folder_of_the_archive() -> None:
    assert sorted(raw.name for raw in RAW_TABLES) == sorted(raw.name for raw in ARCHIVE_KINDS.values())
