"""Engagement: what a touchpoint weighs by what happened in its visit."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contract.errors import UsageError
from headwater.contract.settings import parsed
from headwater.journey.engagement import kind_sql, visit_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

NUMBERS = st.integers(min_value=0, max_value=100_000)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        yield made


def weight(engine: DuckDBPyConnection, seconds: int, events: int, strength: float = 1.0) -> int:
    sql = visit_sql(seconds=str(seconds), events=str(events), strength=strength)
    found = engine.sql(f"select {sql}").fetchall()
    return int(found[0][0])


def test_a_bounce_weighs_a_thousand(engine: DuckDBPyConnection) -> None:
    assert weight(engine, 0, 1) == 1000


def test_twenty_minutes_on_ten_pages_weigh_as_the_formula_says(engine: DuckDBPyConnection) -> None:
    assert weight(engine, 20 * 60, 10) == round(1000 * (1 + (log2(21) + log2(10)) / 2))
    assert weight(engine, 20 * 60, 10) == 4857


def test_a_visit_weighs_six_bounces_at_most(engine: DuckDBPyConnection) -> None:
    assert weight(engine, 31 * 60, 32) == 6000
    assert weight(engine, 10**9, 10**6) == 6000


def test_without_strength_every_visit_weighs_the_same(engine: DuckDBPyConnection) -> None:
    assert weight(engine, 20 * 60, 10, strength=0) == 1000


@given(seconds=NUMBERS, events=NUMBERS, more=st.integers(min_value=1, max_value=5000))
def test_more_of_anything_never_weighs_less(
    engine: DuckDBPyConnection, seconds: int, events: int, more: int
) -> None:
    there = weight(engine, seconds, events)

    assert 1000 <= there <= 6000
    assert weight(engine, seconds + more, events) >= there
    assert weight(engine, seconds, events + more) >= there


def test_touchpoints_that_are_no_visits_weigh_by_their_kind(engine: DuckDBPyConnection) -> None:
    kinds = kind_sql({"Call": 4, "impression": 0.25})

    found = engine.sql(f"select {kinds} from (values ('call'), ('IMPRESSION'), ('click')) as t(kind)")

    assert found.fetchall() == [(4000,), (250,), (1000,)]


@pytest.mark.parametrize(
    "wrong",
    [{"engagement_kinds": {"call": 0}}, {"engagement_kinds": {"call": "4"}}, {"engagement_strength": -1}],
)
def test_weights_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="cannot"):
        parsed(wrong)
