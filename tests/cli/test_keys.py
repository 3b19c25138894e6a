"""Keys: write keys from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.shell import as_json, headwater, well

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


def test_the_tag_names_the_key_and_where_the_server_is(tmp_path: Path) -> None:
    well("key", "add", "--value", "hw_1", "--dir", tmp_path)

    plain = as_json("key", "tag", "--url", "https://hw.shop.example/", "--dir", tmp_path)
    pinned = as_json("key", "tag", "hw_1", "--pinned", "--dir", tmp_path)["tag"]

    assert plain["tag"] == ('<script async src="https://hw.shop.example/hw.js" data-key="hw_1"></script>')
    assert plain["stub"] in well("key", "tag", "--dir", tmp_path)
    if plain["integrity"]:
        assert f'integrity="{plain["integrity"]}" crossorigin="anonymous"' in pinned


def test_a_key_that_there_is_not_has_no_tag(tmp_path: Path) -> None:
    well("key", "add", "--value", "hw_1", "--dir", tmp_path)

    done = headwater("key", "tag", "hw_2", "--dir", tmp_path)

    assert done.returncode != 0
    assert "did you mean 'hw_1'" in done.stderr
