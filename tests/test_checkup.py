"""Checkup: what is wrong is found, said and never raised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from headwater.checkup import findings
from headwater.collect import archive
from headwater.collect.journal import Journal
from headwater.collect.request import Request

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


def test_what_waits_in_the_journal_is_counted(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.store(Request("GET", "/i", "", {}, b"", 0))
    journal.close()

    by_check = {one.check: one for one in findings(tmp_path)}

    assert (by_check["journal"].is_well, by_check["journal"].found) == (True, "ok, 1 requests wait")


def test_a_missing_secret_is_found_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", "short")

    by_check = {one.check: one for one in findings(tmp_path)}

    assert not by_check["secret key"].is_well
    assert by_check["secret key"].hint


def test_conservation_is_stated_in_figures(tmp_path: Path) -> None:
    by_check = {one.check: one for one in findings(tmp_path)}

    assert by_check["conservation"].found == "0 received = 0 stored + 0 duplicate + 0 refused"
    assert by_check["conservation"].is_well


def test_a_broken_file_of_the_archive_is_named(tmp_path: Path) -> None:
    place = tmp_path / "archive" / "spend" / "received=2026-03-01"
    place.mkdir(parents=True)
    (place / "import-1.parquet").write_bytes(b"PAR1 and then nothing")

    by_check = {one.check: one for one in findings(tmp_path)}

    assert not by_check["archive"].is_well
    assert "received=2026-03-01/import-1.parquet" in by_check["archive"].found


def test_a_token_that_others_may_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text("{}")
    (tmp_path / "server.json").chmod(0o644)

    by_check = {one.check: one for one in findings(tmp_path)}

    assert not by_check["permissions"].is_well
    assert by_check["permissions"].hint.startswith("chmod go-rwx")


def test_something_that_came_later_than_now_shows_a_wrong_clock(tmp_path: Path) -> None:
    later = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    row = dict.fromkeys(archive.schema("intake").names, 0)
    row |= {"receipt_id": "r", "origin": "o", "kind": "events", "known_at": later}
    content = pa.Table.from_pylist([row], schema=archive.schema("intake"))
    archive.publish(tmp_path, "intake", content, name="late", received_on=later.date())

    by_check = {one.check: one for one in findings(tmp_path)}

    assert not by_check["clock"].is_well
    assert "NTP" in by_check["clock"].hint
