"""Freezing on the command line, in the folder and through a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import headwater as package
from headwater.remote import RemoteWorkspace
from tests.cli.shell import SECRET, as_json, headwater, serving, shop, well

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_runs_are_frozen_listed_shown_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", SECRET)
    place = shop(tmp_path)
    asked = ("report", "compare", "--model", "linear", "--dir", place)
    shown = well(*asked, "--freeze", "may", "--json")

    assert well("runs", "may", "--json", "--dir", place) == shown
    assert "the same" in well("runs", "may", "--check", "--dir", place)
    assert headwater(*asked, "--freeze", "may").returncode == 2
    with serving(place):
        assert well("runs", "may", "--json", "--dir", place) == shown
        again = well(*asked, "--freeze", "june", "--json")
        assert [run["name"] for run in as_json("runs", "--dir", place)] == ["june", "may"]
        assert as_json("runs", "june", "--check", "--dir", place)["is_same"]
        with package.open(place) as door:
            assert isinstance(door, RemoteWorkspace)
            assert door.frozen.run("june").to_json().decode() + "\n" == again
            moment = door.frozen.run("june").meta["as_of"]
            assert door.report("compare", model="linear", as_of=moment).to_json().decode() + "\n" == again
            rows = door.report("restatement", between=("2026-01-01", moment), model="linear").rows
            assert {row["cause"] for row in rows} > {"late events", "late deals"}
            assert door.sql("select * from conversions", as_of="2020-01-01").num_rows == 0
    assert well(*asked, "--as-of", moment, "--json") == again
