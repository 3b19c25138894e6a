"""From the journal to the archive, exactly once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from collecting import KEY, posted, rows

from headwater.collect import archive, message
from headwater.collect.alone import Forgetful
from headwater.collect.journal import DAY, Journal
from headwater.collect.publisher import Publisher
from headwater.contract.tables import ARCHIVE_KINDS

if TYPE_CHECKING:
    from pathlib import Path


class Killed(BaseException):
    """Stands for the end of the process: nothing may handle it."""


def taken(journal: Journal, *messages: Any, at: int = DAY) -> None:
    journal.store(posted(list(messages), at=at))


def hit(key: str) -> dict[str, Any]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": key}


def test_everything_is_published_once_by_the_day_it_came(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    publisher = Publisher(journal, tmp_path, Forgetful(KEY))
    taken(journal, hit("a"), hit("b"), hit("a"), None)
    taken(journal, hit("c"), at=2 * DAY)

    files = publisher.publish()
    again = publisher.publish()
    journal.close()

    assert [row["event_id"] for row in rows(tmp_path, "events")] == ["a", "b", "c"]
    assert {path.parent.name for path in files} == {"received=1970-01-02", "received=1970-01-03"}
    assert again == []


def test_the_files_have_the_columns_and_types_of_the_tables(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    taken(journal, hit("a"), None)
    Publisher(journal, tmp_path, Forgetful(KEY)).publish()
    journal.close()

    for kind in ("events", "refused", "intake"):
        schema = pq.ParquetFile(archive.files(tmp_path, kind)[0]).schema_arrow
        assert schema.names == ARCHIVE_KINDS[kind].names()
        assert schema.equals(archive.schema(kind))


def test_the_counts_in_the_archive_add_up_to_those_of_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    publisher = Publisher(journal, tmp_path, Forgetful(KEY))
    taken(journal, hit("a"), hit("a"), None)
    publisher.publish()
    taken(journal, hit("a"), hit("b"))
    publisher.publish()

    counts, found = journal.counts(), rows(tmp_path, "intake")
    journal.close()

    for name in ("received", "stored", "duplicate", "refused"):
        assert sum(row[name] for row in found) == counts[name]
    assert len({row["receipt_id"] for row in found}) == 2


@pytest.mark.parametrize("point", range(8))
def test_a_crash_at_any_point_leaves_every_event_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    taken(journal, hit("a"), None, hit("b"))
    steps = iter(range(100))

    def dying(original: Any) -> Any:
        def step(*args: Any, **more: Any) -> Any:
            if next(steps) == point:
                raise Killed
            done = original(*args, **more)
            if next(steps) == point:
                raise Killed
            return done

        return step

    with monkeypatch.context() as crash:
        crash.setattr(archive, "publish", dying(archive.publish))
        crash.setattr(Journal, "published", dying(Journal.published))
        with pytest.raises(Killed):
            Publisher(journal, tmp_path, Forgetful(KEY)).publish()
    journal.close()
    reopened = Journal(tmp_path / "journal.sqlite")
    taken(reopened, hit("c"), hit("a"))
    Publisher(reopened, tmp_path, Forgetful(KEY)).publish()
    waiting = reopened.waiting()
    reopened.close()

    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "b", "c"]
    assert len(rows(tmp_path, "refused")) == 1
    assert sum(row["received"] for row in rows(tmp_path, "intake")) == 5
    assert waiting == 0


def test_a_message_that_cannot_be_translated_is_parked_and_counted_as_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    taken(journal, hit("a"), hit("poison"), hit("b"))
    whole = message.event

    def event(admitted: dict[str, Any], around: Any) -> dict[str, Any]:
        return {} if admitted["messageId"] == "poison" else whole(admitted, around)

    monkeypatch.setattr(message, "event", event)
    Publisher(journal, tmp_path, Forgetful(KEY)).publish()
    counts = journal.counts()
    journal.close()

    assert [row["event_id"] for row in rows(tmp_path, "events")] == ["a", "b"]
    assert [row["reason"] for row in rows(tmp_path, "refused")] == ["untranslatable"]
    assert (counts["received"], counts["stored"], counts["refused"]) == (3, 2, 1)
    assert [(row["stored"], row["refused"]) for row in rows(tmp_path, "intake")] == [(2, 1)]


def test_a_file_is_named_for_the_day_it_came(tmp_path: Path) -> None:
    rows_of_none = archive.schema("events").empty_table()

    path = archive.publish(tmp_path, "events", rows_of_none, name="n", received_on=date(2026, 3, 15))

    assert path == tmp_path / "archive" / "events" / "received=2026-03-15" / "n.parquet"
    assert [found.name for found in path.parent.iterdir()] == ["n.parquet"]
