"""Checkup: what is wrong is found, said and never raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headwater.checkup import findings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", "a secret key for tests only")
    monkeypatch.delenv("HEADWATER_DATABASE_URL", raising=False)


def test_a_folder_that_is_not_there_is_the_only_finding(tmp_path: Path) -> None:
    (found,) = findings(tmp_path / "none")

    assert (found.check, found.is_well) == ("folder", False)


def test_a_broken_journal_is_found(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"no database at all, but long enough to look like one" * 20)

    by_check = {one.check: one for one in findings(tmp_path)}

    assert not by_check["journal"].is_well
    assert by_check["folder"].is_well


def test_a_missing_secret_is_found_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", "short")

    by_check = {one.check: one for one in findings(tmp_path)}

    assert not by_check["secret key"].is_well
    assert by_check["secret key"].hint


def test_conservation_is_stated_in_figures(tmp_path: Path) -> None:
    by_check = {one.check: one for one in findings(tmp_path)}

    assert by_check["conservation"].found == "0 received = 0 stored + 0 duplicate + 0 refused"
    assert by_check["conservation"].is_well
