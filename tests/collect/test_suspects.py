"""A request that the worker dies of is set aside, whole; everything beside it is archived."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from collecting import KEY, came, rows

from headwater.collect import intake
from headwater.collect.alone import Forgetful, journal_key
from headwater.collect.aside import Aside
from headwater.collect.frames import Seal
from headwater.collect.journal import Journal
from headwater.collect.publisher import Publisher
from headwater.collect.suspects import DEATHS

if TYPE_CHECKING:
    from pathlib import Path

WORKER = """
import re, signal, sys
from pathlib import Path
from headwater.collect import alone, intake, publisher, worker

whole = intake.receipts

def receipts(found):
    if b"poison" in found.request.body:
        {end}
    yield from whole(found)

publisher.intake.receipts = receipts
folder = Path(sys.argv[1])
worker.SECONDS = 0.5
worker.work(folder, lambda: alone.publisher(folder, {key!r}), every=0.02)
"""
ENDS = {
    "a kill": "import os; os.kill(os.getpid(), signal.SIGKILL)",
    "a crash": "import ctypes; ctypes.string_at(0)",
    "a hang": "while True: pass",
    "a hang in C": "re.match(r'(a|a)*$', 'a' * 60 + 'b')",
}


def hit(key: str) -> dict[str, str]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": key}


def filled(folder: Path, *keys: str) -> None:
    with closing(Journal(folder / "journal.sqlite", key=journal_key(KEY))) as journal:
        for key in keys:
            journal.store(came(hit(key)))


def opened(folder: Path) -> Publisher:
    return Publisher(folder, Forgetful(KEY), key=journal_key(KEY))


def worked(folder: Path, end: str) -> int:
    """Run one worker until it has nothing left to do, or dies; return how it ended."""
    script = textwrap.dedent(WORKER).format(end=end, key=KEY)
    ran = subprocess.run(
        [sys.executable, "-c", script, str(folder)], input=b"stop\n", capture_output=True, check=False
    )
    return ran.returncode


@pytest.mark.parametrize("end", ENDS)
def test_a_request_that_is_the_end_of_worker_after_worker_is_set_aside(tmp_path: Path, end: str) -> None:
    filled(tmp_path, "a", "poison", "b", "c")

    ends = [worked(tmp_path, ENDS[end]) for _ in range(DEATHS + 2)]

    died = -(signal.SIGPROF if "hang" in end else signal.SIGSEGV if "crash" in end else signal.SIGKILL)
    assert ends == [died] * (DEATHS + 1) + [0]
    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "b", "c"]
    assert [row["reason"] for row in rows(tmp_path, "refused")] == ["set_aside"]
    assert sum(row["received"] for row in rows(tmp_path, "intake")) == 4


def test_each_of_several_is_set_aside_and_kept_sealed_and_whole(tmp_path: Path) -> None:
    filled(tmp_path, "poison 1", "a", "poison 2", "b", "poison 3")

    ends = [worked(tmp_path, ENDS["a kill"]) for _ in range(3 * DEATHS + 2)]

    with closing(Aside(tmp_path, Seal(journal_key(KEY)))) as aside:
        kept = list(aside.kept())
    assert ends[-1] == 0
    assert [one.found.request for one in kept] == [came(hit(f"poison {number}")) for number in (1, 2, 3)]
    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "b"]
    assert b"poison" not in (tmp_path / "ids.sqlite").read_bytes()


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize(
    "fault", [OSError("full"), sqlite3.OperationalError("disk I/O error"), MemoryError()]
)
def test_what_the_machine_lacks_is_no_requests_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    filled(tmp_path, "a", "b")
    failing: list[Any] = [fault]

    def receipts(found: Any) -> Any:
        if failing:
            raise fault
        return whole(found)

    whole = intake.receipts
    monkeypatch.setattr(intake, "receipts", receipts)
    for _ in range(DEATHS + 4):
        with closing(opened(tmp_path)) as publisher, pytest.raises(type(fault)):
            publisher.publish()
    failing.clear()
    with closing(opened(tmp_path)) as publisher:
        publisher.publish()

    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "b"]
    assert rows(tmp_path, "refused") == []


def test_a_request_that_only_raises_is_set_aside_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, "a", "poison", "b")
    whole = intake.receipts

    def receipts(found: Any) -> Any:
        if b"poison" in found.request.body:
            raise ValueError("no table takes this")
        return whole(found)

    monkeypatch.setattr(intake, "receipts", receipts)
    with closing(opened(tmp_path)) as publisher:
        for _ in range(DEATHS + 1):
            with pytest.raises(ValueError, match="no table"):
                publisher.publish()
        publisher.publish()

    assert [row["event_id"] for row in rows(tmp_path, "events")] == ["a", "b"]
    assert [row["reason"] for row in rows(tmp_path, "refused")] == ["set_aside"]


def test_an_end_between_requests_sets_nothing_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, "a", "b")

    def written(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as crash:
        crash.setattr(Publisher, "_written", written)
        for _ in range(DEATHS + 4):
            with closing(opened(tmp_path)) as publisher, pytest.raises(Killed):
                publisher.publish()
    with closing(opened(tmp_path)) as publisher:
        publisher.publish()

    assert sorted(row["event_id"] for row in rows(tmp_path, "events")) == ["a", "b"]
    assert rows(tmp_path, "refused") == []


def test_a_note_of_another_plan_or_of_nonsense_says_nothing(tmp_path: Path) -> None:
    filled(tmp_path, "a")
    (tmp_path / "worker.hand").write_bytes(os.urandom(48))

    with closing(opened(tmp_path)) as publisher:
        publisher.publish()

    assert [row["event_id"] for row in rows(tmp_path, "events")] == ["a"]
