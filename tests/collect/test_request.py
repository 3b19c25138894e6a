"""A request keeps what a translator may need, as it came."""

from __future__ import annotations

from headwater.collect.request import KEPT_HEADERS, Answer, Request


def made(query: str) -> Request:
    return Request("GET", "/p.gif", query, {}, b"", 0)


def test_query_parameters_keep_their_order_and_empty_values() -> None:
    assert made("b=2&a=&b=1").pairs() == [("b", "2"), ("a", ""), ("b", "1")]


def test_the_first_value_of_a_parameter_counts() -> None:
    assert made("k=first&k=second").asked("k") == "first"
    assert made("k=first").asked("absent") is None


def test_bytes_that_are_no_utf8_stop_nothing() -> None:
    assert made("k=%ff%fe").asked("k") == "\ufffd\ufffd"


def test_headers_are_named_in_lower_case() -> None:
    assert all(name == name.lower() for name in KEPT_HEADERS)


def test_the_answer_is_200_unless_a_protocol_says_otherwise() -> None:
    assert Answer().status == 200
