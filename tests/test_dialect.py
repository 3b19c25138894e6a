"""Dialect: a step's SQL in other words."""

from __future__ import annotations

import pytest

from headwater.contract.steps import Loop, Solve, Step
from headwater.contract.tables import EVENTS, LINKS
from headwater.dialect import UnknownDialectError, UntranslatableError, sql_of, translated

STEP = Step(makes=LINKS, reads=(EVENTS,), sql="\n    select cast(:n as varchar) as x\n", params={"n": 1})


def test_our_own_sql_is_left_as_it_was_written() -> None:
    assert sql_of(STEP) == "select cast(1 as varchar) as x"


def test_another_dialect_is_translated() -> None:
    assert "CAST(1 AS STRING)" in str(sql_of(STEP, dialect="spark"))


def test_a_loop_shows_its_start_and_its_repetition() -> None:
    said = str(sql_of(Loop(makes=LINKS, reads=(), start="select 1 as x", again="select 2 as x")))

    assert said.index("select 1") < said.index("repeated") < said.index("select 2")


def test_what_python_solves_has_no_sql() -> None:
    assert sql_of(Solve(makes=LINKS, reads=(), solve=lambda tables: tables["x"])) is None


def test_an_unknown_dialect_offers_the_nearest() -> None:
    with pytest.raises(UnknownDialectError, match="spark"):
        translated("select 1", dialect="sparc")


def test_sql_that_cannot_be_read_says_so() -> None:
    with pytest.raises(UntranslatableError):
        translated("select (", dialect="spark")
