"""The journal: what is acknowledged is on the disk, sealed, and stays until it is archived."""

from __future__ import annotations

import random
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from collecting import came, publishing

from headwater.collect.backlog import Backlog
from headwater.collect.frames import Framed, Seal
from headwater.collect.journal import DAY, Journal
from headwater.collect.request import Request
from headwater.collect.writer import JournalUnavailableError
from headwater.contract.errors import HeadwaterError, WorkspaceBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE = Request(
    "GET",
    "/i",
    "e=pv&page=%C3%BC",
    {"user-agent": "ü", "sp-anonymous": "*"},
    b"\x1f\x8b\0",
    DAY,
    "203.0.113.7",
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def hit(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": key} | more


def held(path: Path, *, key: bytes | None = None) -> list[Request]:
    """Return the requests that wait in a journal."""
    return [found.request for found in Backlog(path, Seal(key)).requests(1, 10**9)]


def test_a_request_comes_back_as_it_came(journal: Journal) -> None:
    cut = came(hit("a"))
    journal.store(WHOLE)
    journal.store(cut, is_cut=True)

    found = list(Backlog(journal.path, Seal(None)).requests(1, 10**9))

    assert found == [Framed(WHOLE, is_cut=False), Framed(cut, is_cut=True)]


def test_many_threads_at_once_lose_and_double_nothing(journal: Journal) -> None:
    requests = [WHOLE._replace(received_at=number) for number in range(200)]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(journal.store, requests))

    assert sorted(held(journal.path), key=lambda request: request.received_at) == requests
    assert journal.waiting() == 200


def test_what_waits_is_counted_until_it_is_archived(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.sqlite")
    first.store(came(hit("a")))
    first.store(came(hit("b")))
    with publishing(tmp_path) as publisher:
        publisher.publish()
    archived = first.waiting()
    first.store(came(hit("c")))
    first.close()

    second = Journal(tmp_path / "journal.sqlite")
    again = second.waiting()
    second.close()

    assert (archived, again) == (0, 1)


def test_what_is_archived_is_deleted_and_its_number_never_used_again(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.sqlite")
    for key in "abc":
        first.store(came(hit(key)))
    with publishing(tmp_path) as publisher:
        publisher.publish()
    first.tidy()
    left = held(first.path)
    first.close()

    second = Journal(tmp_path / "journal.sqlite")
    second.store(came(hit("d")))
    newest = Backlog(second.path, Seal(None)).newest()
    second.close()

    assert (left, newest) == ([], 4)


def test_a_journal_beside_a_newer_archive_takes_numbers_that_no_file_has(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    for key in "abc":
        journal.store(came(hit(key)))
    with publishing(tmp_path) as publisher:
        publisher.publish()
    journal.close()
    for file in tmp_path.glob("*.sqlite*"):
        file.unlink()

    restored = Journal(tmp_path / "journal.sqlite")
    restored.store(came(hit("d")))
    newest = Backlog(restored.path, Seal(None)).newest()
    restored.close()

    assert newest == 4


def test_a_run_holds_one_day_and_not_much_more_than_asked(journal: Journal) -> None:
    for at in (DAY - 1, DAY, DAY, DAY):
        journal.store(came(hit("a"), at=at))
    backlog = Backlog(journal.path, Seal(None))
    size = 1 + backlog_bytes(journal.path)

    assert backlog.run(after=0, newest=4, most=10**9) == 1
    assert backlog.run(after=1, newest=4, most=10**9) == 4
    assert backlog.run(after=1, newest=3, most=10**9) == 3
    assert backlog.run(after=1, newest=4, most=2 * size) == 3
    assert backlog.run(after=1, newest=4, most=1) == 2
    assert backlog.run(after=4, newest=4, most=10**9) is None


def backlog_bytes(path: Path) -> int:
    """Return the size of the largest commit."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select max(bytes) from commits").fetchone()[0])


def test_with_a_key_nothing_readable_lies_on_the_disk(tmp_path: Path) -> None:
    sealed = Journal(tmp_path / "journal.sqlite", key=b"k" * 32)
    sealed.store(came(hit("a", traits={"email": "ada@shop.example"})))

    on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    inside = held(sealed.path, key=b"k" * 32)
    sealed.close()

    assert b"ada@shop" not in on_disk
    assert b"ada@shop.example" in inside[0].body


@pytest.mark.parametrize("key", [None, b"x" * 32])
def test_another_key_is_named_as_the_problem(tmp_path: Path, key: bytes | None) -> None:
    first = Journal(tmp_path / "journal.sqlite", key=b"k" * 32)
    first.store(came(hit("a")))
    first.close()

    with pytest.raises(HeadwaterError, match="secret key"):
        held(tmp_path / "journal.sqlite", key=key)


def test_a_second_process_cannot_open_the_journal(journal: Journal) -> None:
    with pytest.raises(WorkspaceBusyError, match="Another process"):
        Journal(journal.path)


def test_work_that_fails_stops_nothing_else(journal: Journal) -> None:
    def broken(_connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(JournalUnavailableError, match="disk I/O error"):
        journal._writer.perform(broken)
    journal.store(came(hit("a")))

    assert len(held(journal.path)) == 1


def test_a_full_disk_is_said_and_stores_nothing_and_passes(journal: Journal) -> None:
    journal.store(WHOLE)
    journal._writer.perform(lambda connection: connection.execute("pragma max_page_count = 1"))
    noise = random.Random(1).randbytes(100_000)

    with pytest.raises(JournalUnavailableError, match="full"):
        journal.store(WHOLE._replace(body=noise))
    journal.store(WHOLE)

    assert held(journal.path) == [WHOLE, WHOLE]
    assert journal.waiting() == 2


def test_a_disk_with_little_room_takes_nothing_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.sqlite", least_free=1000)
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as small:
        small.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=999))
        journal.tidy()
        with pytest.raises(JournalUnavailableError, match="Only 999 bytes are free"):
            journal.store(WHOLE)
    journal.tidy()
    journal.store(WHOLE)
    journal.close()

    assert held(journal.path) == [WHOLE]


def test_no_more_waits_than_may(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", most_waiting=1)
    with pytest.raises(JournalUnavailableError, match="at most 1 may"):
        journal.store(WHOLE)
    journal.close()


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.close()

    with pytest.raises(JournalUnavailableError, match="closed"):
        journal.store(WHOLE)
