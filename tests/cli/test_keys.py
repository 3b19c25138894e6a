"""Keys: write keys from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.shell import as_json, well

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_are_added_listed_and_removed(tmp_path: Path) -> None:
    given = well("key", "add", "--value", "recorded", "--dir", tmp_path).strip()
    made = as_json("key", "add", "--dir", tmp_path)["key"]
    before = as_json("key", "list", "--dir", tmp_path)["keys"]
    well("key", "remove", "recorded", "--dir", tmp_path)

    assert (given, made[:3]) == ("recorded", "hw_")
    assert sorted(before) == sorted(["recorded", made])
    assert well("key", "list", "--dir", tmp_path) == f"{made}\n"
