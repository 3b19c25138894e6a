"""Steps: parameters become literals, and nothing else of the SQL is touched."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contract.steps import Parameter, Step, literal
from headwater.contract.tables import table

VISITS = table("visits", "A visit.", "visit_id", "visit_id VARCHAR its id")


def rendered(sql: str, **params: Parameter) -> str:
    return Step(makes=VISITS, reads=(), sql=sql, params=params).rendered()


def read(sql: str) -> object:
    with duckdb.connect() as engine:
        [[value]] = engine.execute(f"select {sql}").fetchall()
    return value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (0.4, "0.4e0"),
        (1e-07, "1e-07"),
        ("it's", "'it''s'"),
        (timedelta(minutes=30), "1800000000"),
    ],
    ids=str,
)
def test_a_parameter_is_written_as_a_literal(value: Parameter, written: str) -> None:
    assert literal(value) == written


def test_a_name_after_a_colon_is_a_parameter() -> None:
    assert rendered("select :idle + 1", idle=timedelta(seconds=1)) == "select 1000000 + 1"


def test_a_cast_and_a_time_are_no_parameters() -> None:
    sql = "select x::bigint, timestamp '2026-01-01 00:00:00'"

    assert rendered(sql) == sql


def test_a_parameter_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="idle"):
        rendered("select :idle")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_survives_as_a_literal(text: str) -> None:
    assert read(literal(text)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_survives_as_a_double(number: float) -> None:
    assert read(f"typeof({literal(number)})") == "DOUBLE"
    assert read(literal(number)) == number
