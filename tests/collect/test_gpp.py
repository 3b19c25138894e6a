"""A GPP string says who has opted out, wherever a section says so, and nothing that it does not hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_bits import fibonacci, written

from headwater.collect.gpp import SECTIONS, Gpp, parsed


def header(*numbers: int) -> str:
    """Return the header of a string with these sections, in order."""
    steps = [number - before for number, before in zip(numbers, (0, *numbers), strict=False)]
    return written(f"{3:06b}{1:06b}{len(numbers):012b}" + "".join("0" + fibonacci(step) for step in steps))


def section(number: int, *opt_outs: int, gpc: bool | None = None) -> str:
    """Return a section: every notice was given, then the opt-outs, then fields that say nothing here."""
    fields = (1,) * SECTIONS[number].notices + opt_outs
    core = written(f"{1:06b}" + "".join(f"{field:02b}" for field in fields) + "0" * 30)
    return core if gpc is None else f"{core}.{written(f'01{gpc:b}')}"


@pytest.mark.parametrize("number", SECTIONS)
def test_each_opt_out_of_each_section_is_one(number: int) -> None:
    count = SECTIONS[number].opt_outs
    for place in range(count):
        values = [1 if place == at else 2 for at in range(count)]
        assert parsed(f"{header(number)}~{section(number, *values)}") == Gpp(opted_out=True)

    assert parsed(f"{header(number)}~{section(number, *[2] * count)}") == Gpp(opted_out=False)
    assert parsed(f"{header(number)}~{section(number, *[0] * count)}") == Gpp()


def test_the_signal_of_a_browser_is_an_opt_out_too() -> None:
    assert parsed(f"{header(7)}~{section(7, 2, 2, 2, gpc=True)}") == Gpp(opted_out=True)
    assert parsed(f"{header(7)}~{section(7, 2, 2, 2, gpc=False)}") == Gpp(opted_out=False)


def test_one_state_is_enough_and_other_frameworks_are_handed_on() -> None:
    text = "~".join([header(2, 6, 7, 10), "CTCF", "1YYN", section(7, 2, 2, 2), section(10, 0, 1)])

    assert parsed(text) == Gpp(opted_out=True, tcf="CTCF", privacy="1YYN")


def test_sections_may_be_listed_as_a_range() -> None:
    several = written(f"{3:06b}{1:06b}{1:012b}" + "1" + fibonacci(9) + fibonacci(2))

    text = "~".join([several, section(9, 2, 2), section(10, 2, 2), section(11, 2, 1)])
    assert parsed(text) == Gpp(opted_out=True)


def test_strings_that_consent_banners_send_are_read() -> None:
    assert parsed("DBABLA~CUAQAAAAAABA.QA") == Gpp(opted_out=True)  # national, sold no more
    assert parsed("DBABBg~BQIAAABA.QA") == Gpp(opted_out=False)  # California, shared on
    assert parsed("DBABMA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA") == Gpp(
        tcf="CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"
    )


@pytest.mark.parametrize(
    "text", ["", "~", "CPXx", "DBABLA", "DBABLA~A~B", "DBAP", written("0" * 24), "DBABLA~ä"]
)
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    assert parsed(text) in (None, Gpp())


@given(st.text(alphabet=st.sampled_from("ABCDdwz019-_~."), max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    found = parsed("DB" + text)

    assert found is None or found.opted_out in (True, False, None)


def test_a_string_that_lists_sections_without_end_is_none() -> None:
    assert parsed(written(f"{3:06b}{1:06b}{1:012b}" + "1" + fibonacci(1) + fibonacci(1_000_000_000))) is None
