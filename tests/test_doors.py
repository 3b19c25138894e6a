"""Doors: which door opens, and how a running server is told from a file left behind."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

import headwater
from headwater.contract.errors import UsageError
from headwater.doors import folder, mapping_of, server_of
from headwater.remote import RemoteWorkspace


def test_the_folder_is_the_given_one_else_the_environments_else_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HEADWATER_DIR", raising=False)
    assert folder() == Path("headwater-data")

    monkeypatch.setenv("HEADWATER_DIR", "/srv/shop")
    assert folder() == Path("/srv/shop")
    assert folder("here") == Path("here")


def test_an_address_is_a_remote_workspace() -> None:
    opened = headwater.open("https://headwater.example/", token="t")

    assert isinstance(opened, RemoteWorkspace)
    assert opened.url == "https://headwater.example"
    opened.close()


@pytest.mark.parametrize("content", ["", "{", "{}", '{"url": "http://127.0.0.1:9"}', "[]"])
def test_a_broken_note_is_no_server(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.json").write_text(content)

    assert server_of(tmp_path) is None


def test_a_note_of_a_process_that_is_gone_is_no_server(tmp_path: Path) -> None:
    note = {"url": "http://127.0.0.1:9", "pid": 2**22 + 1, "token": "t"}
    (tmp_path / "server.json").write_bytes(orjson.dumps(note))

    assert server_of(tmp_path) is None


def test_a_note_whose_process_number_went_to_another_is_no_server(tmp_path: Path) -> None:
    note = {"url": "http://127.0.0.1:9", "pid": os.getpid(), "token": "t"}
    (tmp_path / "server.json").write_bytes(orjson.dumps(note))

    assert server_of(tmp_path) is None


def test_a_map_keeps_spaces_inside_names_and_equals_signs_in_theirs() -> None:
    assert mapping_of("Order No=conversion_id, a=b=value") == {"Order No": "conversion_id", "a=b": "value"}
    assert mapping_of(None) == {}


@pytest.mark.parametrize("text", ["cost", "=cost", "Cost="])
def test_a_part_of_a_map_without_both_names_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        mapping_of(text)


def test_importing_headwater_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    asked = "import sys, headwater; print([n for n in ('duckdb', 'pyarrow', 'numpy', 'sqlalchemy') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
