"""Amounts: money as shops write it; what can be meant in two ways is not guessed."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.journey.amounts import amount


def read(text: str | None) -> Decimal | None:
    sql = f"select {amount('given')} from (select cast(? as varchar) as given)"
    found: Decimal | None = duckdb.execute(sql, [text]).fetchall()[0][0]
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", "12.5"),
        ("-12.5", "-12.5"),
        ("1e3", "1000"),
        ("0.1", "0.1"),
        ("1.234", "1.234"),
        ("12,50", "12.50"),
        ("$12.50", "12.50"),
        ("-$5.00", "-5"),
        ("$-5.00", "-5"),
        ("12,50 €", "12.50"),
        ("€ 12,50", "12.50"),
        ("R$ 10,00", "10"),
        ("USD 1,234.50", "1234.50"),
        ("1.234,50 EUR", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1\u202f234,50\u00a0€", "1234.50"),
        ("1,234,567", "1234567"),
        ("1.234.567,89", "1234567.89"),
        ("999999999999.999999", "999999999999.999999"),
    ],
)
def test_an_amount_that_can_be_meant_in_one_way_is_read(text: str, value: str) -> None:
    assert read(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        None, "", " ", "abc", "true", "NaN", "Infinity", "1,234", "0,999", "1,2,3", "12.50.60", "5 - 3",
        "order 5 of 6", "1000000000000", "1e400", "{}", "-", "$",
    ],
)  # fmt: skip
def test_what_is_no_amount_or_could_be_two_is_none(text: str | None) -> None:
    assert read(text) is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12))
def test_no_text_stops_the_reader(text: str) -> None:
    assert isinstance(read(text.replace("\x00", "")), Decimal | None)


@settings(max_examples=60, deadline=None)
@given(st.decimals(0, 999_999_999, places=2))
def test_one_amount_has_one_value_however_it_is_written(value: Decimal) -> None:
    english, german = f"${value:,.2f}", f"{value:,.2f} EUR".translate(str.maketrans(",.", ".,"))

    assert read(str(value)) == read(english) == read(german) == value
