"""A journal of the old form is taken over: its ids and counts go on to count, what waits is published."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from collecting import came, publishing, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.collect import archive
from headwater.collect.frames import Seal
from headwater.collect.journal import DAY, Journal
from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from pathlib import Path

from collecting import posted

OLD = """
create table commits (
    number integer primary key, day integer not null, messages integer not null, content blob not null
);
create table counts (name text primary key, n integer not null) without rowid;
create table state (name text primary key, n integer not null) without rowid;
create table ids (id blob primary key, first blob not null) without rowid;
"""


def hit(key: str) -> dict[str, Any]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": key}


def old_journal(folder: Path, commits: list[list[str]], *, published: int = 0, planned: int = 0) -> None:
    """Make a journal of the old form, one message id of each commit's list in each message."""
    with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as connection:
        connection.executescript("pragma journal_mode = wal;" + OLD)
        connection.execute("insert into state values ('planned', ?), ('published', ?)", (planned, published))
        for number, keys in enumerate(commits, start=1):
            receipt = posted([hit(key) for key in keys], at=DAY)
            place = number.to_bytes(8, "big")
            for stamp in receipt.stamps:
                connection.execute("insert into ids values (?, ?)", (stamp[:16], place + stamp[16:]))
            if number > published:
                line = {
                    "messages": receipt.messages,
                    "origin": "segment",
                    "received_at": DAY,
                    "sent_at": None,
                }
                line |= {"duplicate": 1, "refused": [["not_an_object", None, "no object", "7"]]}
                blob = Seal(None).closed(orjson.dumps(line), number)
                row = (number, 1, len(keys) + 1, blob)
                connection.execute("insert into commits values (?, ?, ?, ?)", row)
        total, lines = sum(map(len, commits)), len(commits)
        counts = {"received": total + 2 * lines, "stored": total, "duplicate": lines, "refused": lines}
        connection.executemany("insert into counts values (?, ?)", list(counts.items()))


def test_ids_and_counts_of_an_old_journal_go_on_to_count(tmp_path: Path) -> None:
    old_journal(tmp_path, [["a"], ["b"]], published=2, planned=2)

    journal = Journal(tmp_path / "journal.sqlite")
    journal.store(came(hit("a"), hit("c"), at=2 * DAY))
    with publishing(tmp_path) as publisher:
        publisher.publish()
    counts = journal.counts()
    journal.close()

    assert [row["event_id"] for row in rows(tmp_path, "events")] == ["c"]
    assert (counts["received"], counts["stored"], counts["duplicate"]) == (6 + 2, 2 + 1, 2 + 1)
    assert archive.files(tmp_path, "events")[0].stem == "collected-000000000003-000000000003"


@pytest.mark.parametrize("planned", [0, 1, 2])
def test_what_waits_in_an_old_journal_is_published_first(tmp_path: Path, planned: int) -> None:
    old_journal(tmp_path, [["a"], ["b", "c"]], planned=planned)

    journal = Journal(tmp_path / "journal.sqlite")
    journal.store(came(hit("b"), hit("d"), at=2 * DAY))
    with publishing(tmp_path) as publisher:
        publisher.publish()
        again = publisher.publish()
    counts, waiting = journal.counts(), journal.waiting()
    journal.close()

    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "b", "c", "d"]
    assert len(rows(tmp_path, "refused")) == 2
    intake = rows(tmp_path, "intake")
    for name in ("received", "stored", "duplicate", "refused"):
        assert sum(row[name] for row in intake) == counts[name]
    assert (again, waiting) == ([], 0)


@settings(max_examples=20, deadline=None)
@given(commits=st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=4), published=st.integers(0, 4))
def test_no_id_of_an_old_journal_is_stored_again(
    tmp_path_factory: pytest.TempPathFactory, commits: list[list[int]], published: int
) -> None:
    folder = tmp_path_factory.mktemp("old")
    fresh = iter(range(1000))
    named = [[f"{next(fresh)}-{key}" for key in keys] for keys in commits]
    done = min(published, len(named))
    old_journal(folder, named, published=done, planned=done)
    keys = [key for some in named for key in some]

    journal = Journal(folder / "journal.sqlite")
    journal.store(came(*(hit(key) for key in keys), hit("new"), at=DAY))
    with publishing(folder) as publisher:
        publisher.publish()
    journal.close()

    waited = [key for some in named[done:] for key in some]
    assert sorted(row["event_id"] for row in rows(folder, "events")) == sorted([*waited, "new"])


def test_an_old_journal_beside_a_register_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.sqlite").close()
    (tmp_path / "journal.sqlite").unlink()
    old_journal(tmp_path, [["a"]])

    with pytest.raises(HeadwaterError, match="earlier version"):
        Journal(tmp_path / "journal.sqlite")
