"""What the headers of a browser say, and texts that write a number or a size."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.protocols.visitor import PICTURE, number, screen, visitor
from headwater.collect.request import Request


def made(headers: dict[str, str], address: str | None = None) -> Request:
    return Request("GET", "/p.gif", "", headers, b"", 0, address)


def test_headers_give_agent_address_and_first_language() -> None:
    headers = {"user-agent": "Firefox", "accept-language": "de-DE,de;q=0.9,en;q=0.5"}

    assert visitor(made(headers, "203.0.113.9")) == {
        "userAgent": "Firefox",
        "ip": "203.0.113.9",
        "locale": "de-DE",
    }


def test_what_is_not_said_is_absent() -> None:
    assert visitor(made({"accept-language": "*"})) == {}


def test_the_picture_is_a_gif_that_no_cache_keeps() -> None:
    assert PICTURE.content[:6] == b"GIF89a"
    assert len(PICTURE.content) == 43
    assert "no-store" in dict(PICTURE.headers)["cache-control"]


@pytest.mark.parametrize("written", ["1280x", "x720", "large", "1e3x5", "²x3", None, 7])
def test_a_size_that_is_none_says_nothing(written: Any) -> None:
    assert screen(written) == {}


@given(st.integers(-(10**13), 10**13))
def test_a_whole_number_is_read_as_one(value: int) -> None:
    assert number(str(value)) == value


@given(st.text())
def test_a_text_is_never_lost(text: str) -> None:
    found = number(text)

    assert found == text or float(text) == found
