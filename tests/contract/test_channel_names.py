"""Channel names: what counts is the words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contract.channel_names import words_of


@pytest.mark.parametrize(
    "name", ["Paid Search", "paid_search", "paidSearch", "PAID-SEARCH", " paid | search "]
)
def test_signs_case_and_humps_change_no_name(name: str) -> None:
    assert words_of(name) == "paid search"


def test_words_written_together_are_another_name() -> None:
    assert words_of("paidsearch") != words_of("paid_search")


@given(st.text(max_size=40))
def test_the_words_of_words_are_the_words(name: str) -> None:
    assert words_of(words_of(name)) == words_of(name)
