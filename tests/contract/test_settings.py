"""Settings: what may be chosen, what is refused, and that equal settings have equal versions."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from headwater.contract.errors import UnknownSettingError, UsageError
from headwater.contract.settings import Goal, Settings, parsed


def test_nothing_chosen_gives_the_defaults() -> None:
    assert parsed({}) == Settings()


def test_lists_become_values_that_cannot_change() -> None:
    settings = parsed({"own_domains": ["shop.example"], "custom_weights": [0.5, 0.2, 0.3]})

    assert settings.own_domains == ("shop.example",)
    assert settings.custom_weights == (0.5, 0.2, 0.3)


def test_a_goal_is_read_from_an_object() -> None:
    settings = parsed({"goals": [{"name": "trial", "events": ["trial started"], "is_macro": True}]})

    assert settings.goals == (Goal(name="trial", events=("trial started",), is_macro=True),)


def test_what_is_written_as_json_is_read_as_the_same_settings() -> None:
    settings = parsed({"currency": "EUR", "source_aliases": {"fb-ads": "facebook"}, "window_days": 30})

    assert parsed(json.loads(settings.to_json())) == settings


def test_equal_settings_have_equal_versions_and_others_do_not() -> None:
    assert parsed({"currency": "EUR"}).version() == Settings(currency="EUR").version()
    assert parsed({"currency": "EUR"}).version() != Settings().version()


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UnknownSettingError, match="window_day'") as raised:
        parsed({"window_day": 30})

    assert "'window_days'" in raised.value.hint


def test_an_unknown_key_of_a_goal_names_the_nearest() -> None:
    with pytest.raises(UnknownSettingError) as raised:
        parsed({"goals": [{"name": "trial", "event": ["trial started"]}]})

    assert "goals.events" in raised.value.hint


@pytest.mark.parametrize(
    "raw",
    [
        {"time_zone": "Mars/Olympus"},
        {"position_ends": 0.0},
        {"position_ends": 0.6},
        {"markov_order": 4},
        {"window_days": -1},
        {"half_life_days": 0},
        {"session_idle_minutes": 0},
        {"currency": "euro"},
        {"currency": "eur"},
        {"custom_weights": [1.0, 2.0]},
        {"custom_weights": [0.0, 0.0, 0.0]},
        {"custom_weights": [-0.1, 0.6, 0.5]},
        {"goals": ["purchase"]},
        {"internal_addresses": ["203.0.113.0/24", "the office"]},
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        parsed(raw)


@pytest.mark.parametrize("raw", [{"window_days": 0}, {"position_ends": 0.5}, {"markov_order": 3}], ids=str)
def test_the_ends_of_a_range_are_inside_it(raw: dict[str, Any]) -> None:
    assert asdict(parsed(raw)).items() >= raw.items()
