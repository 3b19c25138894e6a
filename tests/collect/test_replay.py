"""What was set aside is put through again: nothing counts twice, and the counts add up at every moment."""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from collecting import KEY, came, rows

from headwater.collect import aside, intake, replay
from headwater.collect.alone import Forgetful
from headwater.collect.journal import Journal
from headwater.collect.publisher import Publisher
from headwater.collect.suspects import DEATHS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = 1_790_000_000_000_000
COUNTED = ("received", "stored", "duplicate", "refused")
NAMELESS = {"type": "track", "event": "Without An Id", "userId": "ada"}
BAD = {"type": "no such type", "userId": "ada", "messageId": "bad"}


def hit(name: str) -> dict[str, str]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": name}


def journal(folder: Path) -> Journal:
    return Journal(folder / "journal.sqlite")


def publish(folder: Path) -> None:
    with closing(Publisher(folder, Forgetful(KEY))) as publisher:
        publisher.publish()


def counts(folder: Path) -> list[int]:
    """Return the four counts, which add up in the register and say the same as the archive."""
    with closing(journal(folder)) as opened:
        found = opened.counts()
    assert found["received"] == found["stored"] + found["duplicate"] + found["refused"]
    assert found["stored"] == len(rows(folder, "events"))
    for name in COUNTED:
        assert sum(row[name] for row in rows(folder, "intake")) == found[name], name
    return [found[name] for name in COUNTED]


@pytest.fixture
def poison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Set a request of four messages aside between two good ones; return what makes it readable."""
    whole, words = intake.receipts, [b"poison"]

    def receipts(found: Any) -> Any:
        if any(word in found.request.body for word in words):
            raise ValueError("no table takes this")
        return whole(found)

    monkeypatch.setattr(intake, "receipts", receipts)
    with closing(journal(tmp_path)) as opened:
        for some in ([hit("a")], [hit("poison"), hit("a"), NAMELESS, BAD], [hit("b")]):
            opened.store(came(*some, at=NOON))
    _worn_out(tmp_path)
    publish(tmp_path)
    return words.clear


def _worn_out(folder: Path) -> None:
    for _ in range(DEATHS + 1):
        with pytest.raises(ValueError, match="no table"):
            publish(folder)


def fulfilled(folder: Path) -> int:
    replay.wish(folder)
    with closing(journal(folder)) as opened:
        return replay.fulfilled(opened)


def test_before_while_and_after_it_the_counts_add_up(tmp_path: Path, poison: Callable[[], None]) -> None:
    before = counts(tmp_path)
    poison()

    asked = fulfilled(tmp_path)
    meanwhile = counts(tmp_path)
    publish(tmp_path)

    assert (before, asked, meanwhile) == ([3, 2, 0, 1], 1, [3, 2, 0, 1])
    assert counts(tmp_path) == [7, 4, 1, 2]
    assert aside.counted(tmp_path) == aside.Counted()


def test_events_keep_their_ids_and_the_time_of_their_receipt(
    tmp_path: Path, poison: Callable[[], None]
) -> None:
    poison()
    fulfilled(tmp_path)
    publish(tmp_path)
    first = {row["event_id"]: row["known_at"] for row in rows(tmp_path, "events")}

    with closing(journal(tmp_path)) as opened:  # the client sends the same once more, as clients do
        opened.store(came(hit("poison"), hit("a"), NAMELESS, at=NOON))
    publish(tmp_path)

    assert {"a", "b", "poison"} < first.keys()
    assert len(set(first.values())) == 1
    assert {row["event_id"]: row["known_at"] for row in rows(tmp_path, "events")} == first
    assert counts(tmp_path)[:3] == [10, 4, 4]


def test_however_often_it_is_asked_for_it_is_put_through_once(
    tmp_path: Path, poison: Callable[[], None]
) -> None:
    poison()

    asked = [fulfilled(tmp_path), fulfilled(tmp_path)]
    publish(tmp_path)
    asked.append(fulfilled(tmp_path))
    publish(tmp_path)

    assert asked == [1, 1, 0]
    assert counts(tmp_path) == [7, 4, 1, 2]


@pytest.mark.usefixtures("poison")
def test_what_still_ends_the_worker_is_set_aside_again_and_kept_once(tmp_path: Path) -> None:
    [before] = aside.names(tmp_path)

    fulfilled(tmp_path)
    _worn_out(tmp_path)
    publish(tmp_path)

    [after] = aside.names(tmp_path)
    assert after != before
    assert counts(tmp_path) == [4, 2, 0, 2]


def test_without_a_wish_and_with_nothing_kept_nothing_happens(tmp_path: Path) -> None:
    with closing(journal(tmp_path)) as opened:
        assert replay.fulfilled(opened) == 0

    assert replay.put_through(tmp_path, working=nullcontext()) == replay.Outcome(0, 0, 0)
    assert not replay.is_wished(tmp_path)
