"""Naming: the convention is checked when it is given, not when a link is."""

from __future__ import annotations

import pytest

from headwater.contract.errors import UsageError
from headwater.contract.naming import Naming, matches, parsed_naming
from headwater.contract.settings import parsed


def test_a_settings_file_brings_the_convention() -> None:
    settings = parsed({"naming": {"sources": ["google"], "patterns": {"campaign": "[a-z]+_[0-9]{4}"}}})

    assert settings.naming == Naming(sources=("google",), patterns={"campaign": "[a-z]+_[0-9]{4}"})


def test_exported_settings_are_read_back_as_they_were() -> None:
    import orjson

    settings = parsed({"naming": {"sources": ["google"]}, "medium_aliases": {"PPC": "cpc"}})

    assert parsed(orjson.loads(settings.to_json())) == settings


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"source": ["google"]}, "naming.source"),
        ({"sources": "google"}, "naming.sources"),
        ({"sources": [1]}, "naming.sources"),
        ({"longest": "9"}, "naming.longest"),
        ({"longest": True}, "naming.longest"),
        ({"longest": 0}, "positive"),
        ({"lower_case": 1}, "naming.lower_case"),
        ({"required": ["utm_source"]}, "utm_source"),
        ({"patterns": {"campaign": "("}}, "naming.patterns.campaign"),
        ({"patterns": {"campaign": "(a)\\1"}}, "naming.patterns.campaign"),
        (["google"], "naming"),
    ],
)
def test_a_convention_that_cannot_be_is_refused_by_name(raw: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parsed_naming(raw)


@pytest.mark.parametrize("raw", [{"source_aliases": ["fb"]}, {"medium_aliases": {"a": ""}}])
def test_an_alias_has_a_spelling_and_a_name(raw: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="aliases"):
        parsed(raw)


@pytest.mark.parametrize(
    ("pattern", "value", "is_whole"),
    [("a|b", "b", True), ("a|b", "ab", False), ("[a-z]+", "ab\n", False), ("", "", True), (".*", "ü", True)],
)
def test_a_pattern_speaks_of_the_whole_value(pattern: str, value: str, is_whole: bool) -> None:
    assert matches(pattern, value) is is_whole
