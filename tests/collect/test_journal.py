"""The journal: durable, exact, and every id once."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from collecting import posted
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.collect.journal import DAY, Journal
from headwater.collect.receipts import Outcome, Receipt
from headwater.collect.writer import JournalUnavailableError
from headwater.contract.errors import HeadwaterError, WorkspaceBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def hits(*ids: str, at: int = DAY, **more: Any) -> Receipt:
    messages = [{"type": "track", "event": "x", "userId": "ada", "messageId": key} | more for key in ids]
    return posted(messages, at=at)


def ids(journal: Journal, first: int = 1, last: int = 10**9) -> list[str]:
    return [message["messageId"] for found in journal.receipts(first, last) for message in found.messages]


def test_an_id_is_stored_once_however_often_it_comes(journal: Journal) -> None:
    outcomes = [journal.store(hits("a", "b")), journal.store(hits("b", "c", "c")), journal.store(hits("a"))]

    assert outcomes == [Outcome(2, 2, 0, 0, 0), Outcome(3, 1, 2, 0, 0), Outcome(1, 0, 1, 0, 0)]
    assert ids(journal) == ["a", "b", "c"]


def test_ids_are_remembered_after_publication_and_restart(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.sqlite")
    first.store(hits("a"))
    first.published(first.newest())
    first.close()

    second = Journal(tmp_path / "journal.sqlite")
    outcome = second.store(hits("a"))
    second.close()

    assert outcome == Outcome(1, 0, 1, 0, 0)


def test_other_content_under_a_known_id_is_a_duplicate_and_counted_as_conflicting(journal: Journal) -> None:
    journal.store(hits("a", properties={"value": 1}))

    outcome = journal.store(hits("a", properties={"value": 2}))

    assert outcome == Outcome(1, 0, 1, 1, 0)


def test_a_retry_with_another_sending_time_does_not_conflict(journal: Journal) -> None:
    journal.store(hits("a", sentAt="2026-03-15T12:00:00Z"))

    outcome = journal.store(hits("a", sentAt="2026-03-15T12:00:09Z", _metadata={"retryCount": 1}))

    assert outcome == Outcome(1, 0, 1, 0, 0)


def test_equal_messages_without_an_id_are_one_event(journal: Journal) -> None:
    journal.store(hits("", timestamp="2026-03-15T12:00:00Z"))

    same = journal.store(hits("", timestamp="2026-03-15T12:00:00Z", at=40 * DAY))
    other = journal.store(hits("", timestamp="2026-03-15T12:00:01Z"))

    assert (same.duplicate, other.stored) == (1, 1)


def test_equal_messages_without_id_and_time_are_one_event_within_an_hour_only(journal: Journal) -> None:
    journal.store(hits("", at=DAY))

    soon = journal.store(hits("", at=DAY + 1_000_000))
    later = journal.store(hits("", at=DAY + 2 * 3_600_000_000))

    assert (soon.duplicate, later.stored) == (1, 1)


def test_many_threads_at_once_lose_and_double_nothing(journal: Journal) -> None:
    def store(number: int) -> Outcome:
        return journal.store(hits(f"own-{number}", "shared"))

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(store, range(200)))

    assert sum(outcome.stored for outcome in outcomes) == 201
    assert sorted(ids(journal)) == sorted(["shared", *(f"own-{number}" for number in range(200))])


MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["track", "page", "nonsense"]), "messageId": st.sampled_from("abcdef")},
            optional={"userId": st.just("ada"), "event": st.just("x"), "properties": st.integers(0, 2)},
        ),
        st.none(),
        st.integers(),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(batches=st.lists(st.tuples(MESSAGES, st.booleans()), max_size=6))
def test_received_is_stored_and_duplicate_and_refused_also_after_restarts(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[list[Any], bool]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    journal = Journal(path)
    stored: set[str] = set()

    for messages, restarts in batches:
        journal.store(posted(messages, at=DAY))
        if restarts:
            journal.close()
            journal = Journal(path)
    stored = set(ids(journal))
    counts = journal.counts()
    journal.close()

    assert counts["received"] == sum(len(messages) for messages, _ in batches)
    assert counts["received"] == counts["stored"] + counts["duplicate"] + counts["refused"]
    assert counts["stored"] == len(stored)
    assert counts["refused"] == sum(n for name, n in counts.items() if name.startswith("refused:"))


def test_a_plan_stays_the_same_until_it_is_published(journal: Journal) -> None:
    journal.store(hits("a"))
    plan = journal.plan(most=100, newest=journal.newest())
    journal.store(hits("b"))

    again = journal.plan(most=100, newest=journal.newest())
    journal.published(1)

    assert plan == again == (1, 1)
    assert journal.plan(most=100, newest=journal.newest()) == (2, 2)


def test_a_plan_holds_one_day_and_not_much_more_than_asked(journal: Journal) -> None:
    journal.store(hits("a", "b", at=DAY - 1))
    journal.store(hits("c", at=DAY))
    journal.store(hits("d", "e", at=DAY))

    assert journal.plan(most=100, newest=journal.newest()) == (1, 1)
    journal.published(1)
    assert journal.plan(most=2, newest=journal.newest()) == (2, 2)
    journal.published(2)
    assert journal.plan(most=2, newest=journal.newest()) == (3, 3)


def test_numbers_go_on_after_everything_was_published(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.sqlite")
    first.store(hits("a"))
    first.plan(most=100, newest=first.newest())
    first.published(1)
    first.close()

    second = Journal(tmp_path / "journal.sqlite")
    second.store(hits("b"))
    plan = second.plan(most=100, newest=second.newest())
    second.close()

    assert plan == (2, 2)


def test_with_a_key_nothing_readable_lies_on_the_disk(tmp_path: Path) -> None:
    sealed = Journal(tmp_path / "journal.sqlite", key=b"k" * 32)
    sealed.store(hits("a", traits={"email": "ada@shop.example"}))

    on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    inside = [message["traits"] for found in sealed.receipts(1, 1) for message in found.messages]
    sealed.close()

    assert b"ada@shop" not in on_disk
    assert inside == [{"email": "ada@shop.example"}]


@pytest.mark.parametrize("key", [None, b"x" * 32])
def test_another_key_is_named_as_the_problem(tmp_path: Path, key: bytes | None) -> None:
    first = Journal(tmp_path / "journal.sqlite", key=b"k" * 32)
    first.store(hits("a"))
    first.close()

    second = Journal(tmp_path / "journal.sqlite", key=key)
    with pytest.raises(HeadwaterError, match="secret key"):
        list(second.receipts(1, 1))
    second.close()


def test_a_second_process_cannot_open_the_journal(journal: Journal) -> None:
    with pytest.raises(WorkspaceBusyError, match="Another process"):
        Journal(journal.path)


def test_work_that_fails_stops_nothing_else(journal: Journal) -> None:
    def broken(_connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(JournalUnavailableError, match="disk I/O error"):
        journal._writer.perform(broken)

    assert journal.store(hits("a")).stored == 1
    assert journal.counts()["received"] == 1


def test_a_full_disk_is_said_and_stores_nothing_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.store(hits("a"))
    journal._writer.perform(lambda connection: connection.execute("pragma max_page_count = 1"))

    with pytest.raises(JournalUnavailableError, match="full"):
        journal.store(hits("b", properties={"long": "x" * 20_000}))
    after = journal.store(hits("b"))
    counts = journal.counts()
    journal.close()

    assert after.stored == 1
    assert (counts["received"], counts["stored"]) == (2, 2)


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.close()

    with pytest.raises(JournalUnavailableError, match="closed"):
        journal.store(hits("a"))


def test_the_tail_shows_the_latest_events_and_nobodys_address(journal: Journal) -> None:
    journal.store(hits("a", "b", traits={"email": "ada@shop.example"}))
    journal.store(hits("b", "c", userId="ada@shop.example"))

    tail = journal.tail()

    assert [seen["number"] for seen in tail] == [1, 2, 3]
    assert [seen["user_id"] for seen in tail] == ["ada", "ada", None]
    assert journal.tail(since=2) == tail[2:]
    assert b"shop.example" not in orjson.dumps(tail)
