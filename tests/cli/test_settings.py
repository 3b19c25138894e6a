"""Settings: export, apply, history from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import as_json, headwater, well

if TYPE_CHECKING:
    from pathlib import Path


def test_an_export_applies_to_the_same_settings(tmp_path: Path) -> None:
    well("settings", "apply", "-", "--dir", tmp_path, stdin='{"currency": "EUR"}')
    exported = well("settings", "export", "--dir", tmp_path)
    (tmp_path / "settings.json").write_text(exported)

    well("settings", "apply", tmp_path / "settings.json", "--dir", tmp_path)

    assert well("settings", "export", "--dir", tmp_path) == exported
    assert len(as_json("settings", "history", "--dir", tmp_path)) == 1


def test_toml_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('window_days = 30\nown_domains = ["shop.example"]\n')

    said = as_json("settings", "apply", tmp_path / "settings.toml", "--dir", tmp_path)

    entry = as_json("settings", "history", "--dir", tmp_path)[0]
    assert entry["chosen"] == {"window_days": 30, "own_domains": ["shop.example"]}
    assert entry["version"] == said["settings_version"]


@pytest.mark.parametrize(
    ("text", "said"), [('{"currencies": 1}', "'currency'"), ("[1]", "EUR"), ("{", "export"), ("", "export")]
)
def test_wrong_settings_change_nothing_and_say_why(tmp_path: Path, text: str, said: str) -> None:
    done = headwater("settings", "apply", "-", "--dir", tmp_path, stdin=text)

    assert done.returncode == 2
    assert said in done.stderr
    assert as_json("settings", "history", "--dir", tmp_path) == []


def test_a_report_follows_the_new_settings(tmp_path: Path) -> None:
    from tests.cli.shell import shop

    place = shop(tmp_path)
    well("settings", "apply", "-", "--dir", place, stdin='{"window_days": 1}')

    said = as_json("report", "compare", "--model", "first", "--dir", place)

    assert said["meta"]["window"] == "1d"
    assert {row["channel"]: row["first"] for row in said["rows"]}["email"] == 1.0
