"""Control: settings by version, and write keys."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from headwater.contract.errors import NotFoundError, UnknownSettingError, UsageError
from headwater.contract.settings import Settings
from headwater.store.control import Control, ControlError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    made = Control(tmp_path / "shop" / "control.sqlite")
    yield made
    made.close()


def test_a_new_workspace_bears_its_folders_name_and_the_default_settings(control: Control) -> None:
    assert control.workspace().name == "shop"
    assert control.settings() == Settings()
    assert control.history() == []
    assert control.keys() == set()


def test_applied_settings_hold_after_reopening(control: Control, tmp_path: Path) -> None:
    version = control.apply({"currency": "EUR", "custom_weights": [0.5, 0.0, 0.5]}, author="ada")

    again = Control(tmp_path / "shop" / "control.sqlite")

    assert again.settings().currency == "EUR"
    assert again.settings().custom_weights == (0.5, 0.0, 0.5)
    assert again.settings().version() == version
    assert [(entry.number, entry.author, entry.version) for entry in again.history()] == [(1, "ada", version)]


def test_applying_replaces_everything_and_keeps_the_history(control: Control) -> None:
    control.apply({"currency": "EUR"})
    control.apply({"window_days": 30})

    assert control.settings() == Settings(window_days=30)
    assert [entry.chosen for entry in control.history()] == [{"window_days": 30}, {"currency": "EUR"}]


def test_applying_equal_settings_adds_no_version(control: Control) -> None:
    first = control.apply({"currency": "EUR"})
    second = control.apply({"currency": "EUR", "window_days": 90})

    assert first == second
    assert len(control.history()) == 1


def test_wrong_settings_change_nothing(control: Control) -> None:
    control.apply({"currency": "EUR"})

    with pytest.raises(UnknownSettingError, match="currencies"):
        control.apply({"currencies": "USD"})
    with pytest.raises(UsageError):
        control.apply({"currency": "euro"})

    assert control.settings().currency == "EUR"


def test_the_export_of_settings_applies_to_the_same_settings(control: Control) -> None:
    import orjson

    before = control.settings()

    control.apply(orjson.loads(before.to_json()))

    assert control.settings() == before


def test_a_generated_key_is_accepted_and_no_two_are_equal(control: Control) -> None:
    first, second = control.add_key(), control.add_key()

    assert first != second
    assert first.startswith("hw_")
    assert control.keys() == {first, second}


def test_a_given_key_may_be_added_twice(control: Control) -> None:
    control.add_key("test")
    control.add_key("test")

    assert control.keys() == {"test"}


@pytest.mark.parametrize("bad", ["", "a b", "a:b", "ключ", "k" * 129])
def test_a_key_that_no_client_could_send_is_refused(control: Control, bad: str) -> None:
    with pytest.raises(UsageError):
        control.add_key(bad)


def test_a_removed_key_is_gone_and_an_unknown_one_is_named(control: Control) -> None:
    control.add_key("test")

    control.remove_key("test")

    assert control.keys() == set()
    with pytest.raises(NotFoundError, match="test"):
        control.remove_key("test")


def test_the_file_is_durable(control: Control, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop" / "control.sqlite")) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_database_url_takes_the_place_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")

    Control.in_folder(tmp_path / "shop").add_key("test")

    assert not (tmp_path / "shop").exists()
    assert Control(tmp_path / "elsewhere.db").keys() == {"test"}


def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="cannot be opened"):
        Control(tmp_path)
