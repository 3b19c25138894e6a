"""Values that may be anything are taken as what they are, or not at all."""

from __future__ import annotations

from headwater.collect import reading


def test_only_a_text_that_says_something_is_a_text() -> None:
    assert [reading.text(value) for value in ("a", "", None, 1, ["a"])] == ["a", None, None, None, None]


def test_one_message_is_a_list_of_one_and_none_is_an_empty_list() -> None:
    assert [reading.items(value) for value in ([1, 2], {"a": 1}, None)] == [[1, 2], [{"a": 1}], []]


def test_zero_and_false_say_something() -> None:
    assert reading.filled({"a": 0, "b": False, "c": "", "d": None, "e": {}}) == {"a": 0, "b": False}
    assert reading.first({"a": None, "b": "", "c": 0}, "a", "b", "c") == 0


def test_keys_are_texts_and_each_stands_once() -> None:
    assert reading.keys("a", None, 7, "a", "", {"b": 1}, "c") == ("a", "c")


def test_a_campaign_is_named_as_the_segment_spec_names_it() -> None:
    tags = {"utm_source": "news", "utm_campaign": "spring", "utm_medium": None, "utm_term": 7}

    assert reading.campaign(tags) == {"campaign": {"source": "news", "name": "spring"}}
    assert reading.campaign({}) == {}
