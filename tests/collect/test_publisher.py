"""From the journal to the archive: every id once, everything counted, exactly once."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.parquet as pq
import pytest
from collecting import KEY, came, publishing, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.collect import archive, intake, message, publisher
from headwater.collect.alone import Forgetful
from headwater.collect.journal import DAY, Journal
from headwater.collect.publisher import Publisher
from headwater.collect.register import Register
from headwater.contract.tables import ARCHIVE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNTED = ("received", "stored", "duplicate", "conflicting", "refused")


class Killed(BaseException):
    """Stands for the end of the process: nothing may handle it."""


class Place:
    """A folder with a journal and a publisher."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder / "journal.sqlite")
        self.publisher = Publisher(folder, Forgetful(KEY))

    def take(self, *messages: Any, at: int = DAY) -> tuple[int, ...]:
        """Store one request, publish it, and return what it added to the counts (see COUNTED)."""
        before = self.journal.counts()
        self.journal.store(came(*messages, at=at))
        self.publisher.publish()
        after = self.journal.counts()
        return tuple(after[name] - before[name] for name in COUNTED)

    def ids(self) -> list[str]:
        """Return the ids of the events in the archive."""
        return [row["event_id"] for row in rows(self.folder, "events")]

    def close(self) -> None:
        self.publisher.close()
        self.journal.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with closing(Place(tmp_path)) as found:
        yield found


def hit(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": key} | more


def test_an_id_is_stored_once_however_often_it_comes(place: Place) -> None:
    outcomes = [
        place.take(hit("a"), hit("b")),
        place.take(hit("b"), hit("c"), hit("c")),
        place.take(hit("a")),
    ]

    assert outcomes == [(2, 2, 0, 0, 0), (3, 1, 2, 0, 0), (1, 0, 1, 0, 0)]
    assert place.ids() == ["a", "b", "c"]


def test_an_id_is_stored_once_also_among_the_portions_of_one_plan(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "AT_ONCE", 1)
    monkeypatch.setattr(intake, "AT_ONCE", 2)
    place.journal.store(came(hit("a"), hit("b"), hit("a"), at=DAY))
    place.journal.store(came(hit("b"), hit("c"), at=DAY))

    assert place.take(hit("c"), hit("d"), at=DAY) == (7, 4, 3, 0, 0)
    assert place.ids() == ["a", "b", "c", "d"]


def test_ids_are_remembered_after_a_restart(tmp_path: Path) -> None:
    with closing(Place(tmp_path)) as first:
        first.take(hit("a"))
    with closing(Place(tmp_path)) as second:
        assert second.take(hit("a")) == (1, 0, 1, 0, 0)


def test_other_content_under_a_known_id_is_a_duplicate_and_counted_as_conflicting(place: Place) -> None:
    place.take(hit("a", properties={"value": 1}))

    assert place.take(hit("a", properties={"value": 2})) == (1, 0, 1, 1, 0)


def test_a_retry_with_another_sending_time_does_not_conflict(place: Place) -> None:
    place.take(hit("a", sentAt="2026-03-15T12:00:00Z"))

    again = hit("a", sentAt="2026-03-15T12:00:09Z", _metadata={"retryCount": 1})
    assert place.take(again) == (1, 0, 1, 0, 0)


def test_equal_messages_without_an_id_are_one_event(place: Place) -> None:
    place.take(hit("", timestamp="2026-03-15T12:00:00Z"))

    assert place.take(hit("", timestamp="2026-03-15T12:00:00Z"), at=40 * DAY) == (1, 0, 1, 0, 0)
    assert place.take(hit("", timestamp="2026-03-15T12:00:01Z")) == (1, 1, 0, 0, 0)


def test_equal_messages_without_id_and_time_are_one_event_within_an_hour_only(place: Place) -> None:
    place.take(hit(""), at=DAY)

    assert place.take(hit(""), at=DAY + 1_000_000) == (1, 0, 1, 0, 0)
    assert place.take(hit(""), at=DAY + 2 * 3_600_000_000) == (1, 1, 0, 0, 0)


MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["track", "page", "nonsense"]), "messageId": st.sampled_from("abcdef")},
            optional={"userId": st.just("ada"), "event": st.just("x"), "properties": st.integers(0, 2)},
        ),
        st.none(),
        st.integers(-(2**53), 2**53),
    ),
    max_size=6,
)


@settings(max_examples=30, deadline=None)
@given(batches=st.lists(st.tuples(MESSAGES, st.booleans()), max_size=6))
def test_received_is_stored_and_duplicate_and_refused_also_after_restarts(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[list[Any], bool]]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    place = Place(folder)
    for messages, restarts in batches:
        place.journal.store(came(*messages, at=DAY))
        if restarts:
            place.publisher.publish()
            place.close()
            place = Place(folder)
    place.publisher.publish()
    counts, stored = place.journal.counts(), place.ids()
    place.close()

    assert counts["received"] == sum(len(messages) for messages, _ in batches)
    assert counts["received"] == counts["stored"] + counts["duplicate"] + counts["refused"]
    assert counts["stored"] == len(stored) == len(set(stored))
    assert counts["refused"] == sum(n for name, n in counts.items() if name.startswith("refused:"))


def test_everything_is_published_once_by_the_day_it_came(place: Place) -> None:
    place.journal.store(came(hit("a"), hit("b"), hit("a"), None, at=DAY))
    place.journal.store(came(hit("c"), at=2 * DAY))

    files = place.publisher.publish()
    again = place.publisher.publish()

    assert place.ids() == ["a", "b", "c"]
    assert {path.parent.name for path in files} == {"received=1970-01-02", "received=1970-01-03"}
    assert again == []


def test_the_files_have_the_columns_and_types_of_the_tables(place: Place) -> None:
    place.take(hit("a"), None)

    for kind in ("events", "refused", "intake"):
        schema = pq.ParquetFile(archive.files(place.folder, kind)[0]).schema_arrow
        assert schema.names == ARCHIVE_KINDS[kind].names()
        assert schema.equals(archive.schema(kind))


def test_the_counts_in_the_archive_add_up_to_those_of_the_register(place: Place) -> None:
    place.take(hit("a"), hit("a"), None)
    place.take(hit("a"), hit("b"))

    counts, found = place.journal.counts(), rows(place.folder, "intake")

    for name in ("received", "stored", "duplicate", "refused"):
        assert sum(row[name] for row in found) == counts[name]
    assert len({row["receipt_id"] for row in found}) == 2


@pytest.mark.parametrize("point", range(12))
def test_a_crash_at_any_point_leaves_every_event_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    place = Place(tmp_path)
    place.take(hit("z"))
    place.journal.store(came(hit("a"), None, hit("b"), hit("z"), at=DAY))
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
        crash.setattr(Register, "planned", dying(Register.planned))
        crash.setattr(Register, "claimed", dying(Register.claimed))
        crash.setattr(Register, "published", dying(Register.published))
        with pytest.raises(Killed):
            place.publisher.publish()
    place.journal.store(came(hit("y"), at=DAY))
    place.close()
    with closing(Place(tmp_path)) as reopened:
        reopened.take(hit("c"), hit("a"))
        waiting, counts, ids = reopened.journal.waiting(), reopened.journal.counts(), reopened.ids()

    assert sorted(ids) == ["a", "b", "c", "y", "z"]
    assert len(rows(tmp_path, "refused")) == 1
    assert sum(row["received"] for row in rows(tmp_path, "intake")) == counts["received"] == 8
    assert waiting == 0


def test_a_message_that_cannot_be_translated_is_refused_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = message.event

    def event(admitted: dict[str, Any], around: Any) -> dict[str, Any]:
        return {} if admitted["messageId"] == "poison" else whole(admitted, around)

    monkeypatch.setattr(message, "event", event)

    assert place.take(hit("a"), hit("poison"), hit("b")) == (3, 2, 0, 0, 1)
    assert place.ids() == ["a", "b"]
    assert [row["reason"] for row in rows(place.folder, "refused")] == ["untranslatable"]
    assert [(row["stored"], row["refused"]) for row in rows(place.folder, "intake")] == [(2, 1)]


def test_a_plan_that_is_over_its_time_is_not_begun(place: Place) -> None:
    place.journal.store(came(hit("a"), at=DAY))

    assert place.publisher.publish(until=0.0) == []
    assert place.journal.waiting() == 1


def test_the_latest_events_are_shown_with_nobodys_address(place: Place) -> None:
    place.take(hit("a"), hit("b", traits={"email": "ada@shop.example"}))
    place.take(hit("b"), hit("c", userId="ada@shop.example"))

    tail = place.journal.tail()

    assert [seen["number"] for seen in tail] == [1, 2, 3]
    assert [seen["event"] for seen in tail] == ["x"] * 3
    assert tail[0]["received_at"] == DAY
    assert place.journal.tail(since=2) == tail[2:]
    assert b"shop.example" not in orjson.dumps(tail)


def test_a_file_is_named_for_the_day_it_came(tmp_path: Path) -> None:
    rows_of_none = archive.schema("events").empty_table()

    path = archive.publish(tmp_path, "events", rows_of_none, name="n", received_on=date(2026, 3, 15))

    assert path == tmp_path / "archive" / "events" / "received=2026-03-15" / "n.parquet"
    assert [found.name for found in path.parent.iterdir()] == ["n.parquet"]


def test_a_publisher_of_an_empty_folder_has_nothing_to_do(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.sqlite").close()

    with publishing(tmp_path) as found:
        assert found.publish() == []
