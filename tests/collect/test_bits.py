"""Numbers of so many bits come back as they were written, and nothing is read behind the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.bits import Bits

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def written(bits: str) -> str:
    """Return bits as base64: six of them are a letter."""
    whole = bits + "0" * (-len(bits) % 6)
    return "".join(LETTERS[int(whole[at : at + 6], 2)] for at in range(0, len(whole), 6))


def fibonacci(number: int) -> str:
    """Return a number in Fibonacci code: the summands from the smallest, then a one."""
    summands = [1, 2]
    while summands[-1] <= number:
        summands.append(summands[-1] + summands[-2])
    bits, rest = "", number
    for summand in reversed(summands):
        bits = ("1" if summand <= rest else "0") + bits
        rest -= summand if summand <= rest else 0
    return bits.rstrip("0") + "1"


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0)), max_size=30))
def test_numbers_come_back(pairs: list[tuple[int, int]]) -> None:
    cut = [(size, number % (1 << size)) for size, number in pairs]
    reader = Bits(written("".join(f"{number:0{size}b}" for size, number in cut)))

    assert [reader.number(size) for size, _ in cut] == [number for _, number in cut]


@given(st.lists(st.integers(1, 10_000), max_size=30))
def test_fibonacci_codes_come_back(numbers: list[int]) -> None:
    reader = Bits(written("".join(map(fibonacci, numbers))))

    assert [reader.fibonacci() for _ in numbers] == numbers


@pytest.mark.parametrize("text", ["", "A", "AAAA"])
def test_behind_the_end_there_is_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="ends in the middle"):
        Bits(text).number(6 * len(text) + 1)


@pytest.mark.parametrize("text", ["A.", "A~", "ä", "A B"])
def test_no_letter_but_those_of_base64_is_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its words are the standard library's)
        Bits(text)
