"""A commit that the disk has damaged is counted and kept; everything beside it is archived."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from collecting import KEY, came, rows

from headwater.collect import aside
from headwater.collect.alone import Forgetful
from headwater.collect.journal import Journal
from headwater.collect.publisher import Publisher
from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from pathlib import Path

TIGHT, OPEN = b"k" * 32, None
NOON = 1_790_000_000_000_000
COUNTED = ("received", "stored", "duplicate", "refused")


def hit(name: str) -> dict[str, str]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": name}


def journalled(folder: Path, key: bytes | None, *names: str) -> None:
    """Journal a request for each name, each in a commit of its own."""
    with closing(Journal(folder / "journal.sqlite", key=key)) as journal:
        for name in names:
            journal.store(came(hit(name), at=NOON))


def damaged(folder: Path, place: int, *, number: int = 2) -> None:
    """Flip a byte of a commit's blob, as a disk may."""
    with closing(sqlite3.connect(folder / "journal.sqlite")) as journal, journal:
        wanted = "select content from commits where number = ?"
        content = bytearray(journal.execute(wanted, (number,)).fetchone()[0])
        content[place % len(content)] ^= 0x41
        journal.execute("update commits set content = ? where number = ?", (bytes(content), number))


def published(folder: Path, key: bytes | None) -> dict[str, int]:
    """Publish what waits; return the counts."""
    with closing(Publisher(folder, Forgetful(KEY), key=key)) as publisher:
        publisher.publish()
    with closing(Journal(folder / "journal.sqlite", key=key)) as journal:
        return journal.counts()


@pytest.mark.parametrize("key", [TIGHT, OPEN], ids=["sealed", "open"])
@pytest.mark.parametrize("place", [0, 1, 4, 5, 6, 9, 17, 30, -20, -1])
def test_a_flipped_byte_costs_its_own_commit_and_no_other(
    tmp_path: Path, key: bytes | None, place: int
) -> None:
    journalled(tmp_path, key, "a", "b", "c")
    damaged(tmp_path, place)

    counts = published(tmp_path, key)

    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "c"]
    assert [(row["reason"], row["origin"]) for row in rows(tmp_path, "refused")] == [("damaged", "unknown")]
    assert [counts[name] for name in COUNTED] == [3, 2, 0, 1]
    assert {name: sum(row[name] for row in rows(tmp_path, "intake")) for name in COUNTED} == {
        name: counts[name] for name in COUNTED
    }


def test_what_is_left_of_it_is_kept_and_its_requests_are_counted(tmp_path: Path) -> None:
    journalled(tmp_path, TIGHT, "a", "b")
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as journal, journal:
        journal.execute("update commits set requests = 7 where number = 2")
    damaged(tmp_path, 40)

    counts = published(tmp_path, TIGHT)

    found = aside.counted(tmp_path)
    assert (found.requests, found.damaged, found.newest_damage // 86_400_000_000) == (
        0, 7, NOON // 86_400_000_000,
    )  # fmt: skip
    assert counts["refused:damaged"] == 7
    with closing(sqlite3.connect(tmp_path / "ids.sqlite")) as register:
        [(content,)] = register.execute("select content from damaged")
    assert len(content) > 40


def test_with_another_key_nothing_goes_on_and_nothing_is_blamed(tmp_path: Path) -> None:
    journalled(tmp_path, TIGHT, "a")

    with pytest.raises(HeadwaterError, match="this key"):
        published(tmp_path, b"o" * 32)

    assert published(tmp_path, TIGHT)["stored"] == 1
    assert aside.counted(tmp_path) == aside.Counted()


def test_journals_of_earlier_versions_without_a_checksum_are_read(tmp_path: Path) -> None:
    journalled(tmp_path, TIGHT, "a", "b")
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as journal, journal:
        journal.execute("update commits set content = substr(content, 6)")

    assert published(tmp_path, TIGHT)["stored"] == 2


def test_damage_of_the_database_itself_costs_its_own_commit_and_no_other(tmp_path: Path) -> None:
    journalled(tmp_path, None, "a")
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        bulky = hit("b") | {"properties": {str(n): sha256(bytes([n])).hexdigest() for n in range(250)}}
        journal.store(came(bulky, at=NOON))
    journalled(tmp_path, None, "c")
    _break_chain(tmp_path / "journal.sqlite")

    counts = published(tmp_path, None)

    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "c"]
    assert [counts[name] for name in COUNTED] == [3, 2, 0, 1]


def _break_chain(path: Path) -> None:
    """Let an overflow page of a blob name a next page that is not there."""
    with closing(sqlite3.connect(path)) as journal:
        journal.execute("pragma wal_checkpoint(truncate)").fetchall()
        size = journal.execute("pragma page_size").fetchone()[0]
        content = bytearray(path.read_bytes())
        pages = range(len(content) // size - 1, 0, -1)
        links = {page: int.from_bytes(content[page * size : page * size + 4], "big") for page in pages}
    page = next(page for page, link in links.items() if 0 < link <= len(content) // size)
    content[page * size : page * size + 4] = (10**6).to_bytes(4, "big")
    path.write_bytes(content)
