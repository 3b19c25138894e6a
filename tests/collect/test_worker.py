"""The worker beside the server: it archives, it is started again, and it never outlives its server."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

from collecting import KEY, came, rows

from headwater.collect import worker
from headwater.collect.alone import journal_key
from headwater.collect.journal import Journal
from headwater.collect.worker import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

PATIENCE = 60.0


def command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "headwater.collect.alone", str(folder), "worker", KEY, "0.02"]


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def hit(key: str) -> dict[str, str]:
    return {"type": "track", "event": "x", "userId": "ada", "messageId": key}


def test_what_is_journalled_is_archived_and_a_worker_that_was_killed_is_replaced(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", key=journal_key(KEY))
    supervisor = Supervisor(command(tmp_path), journal)
    supervisor.start()
    journal.store(came(hit("a")))
    until(lambda: journal.waiting() == 0)
    first = supervisor.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    journal.store(came(hit("b")))
    until(lambda: journal.waiting() == 0)
    journal.store(came(hit("c")))
    supervisor.stop()
    waiting = journal.waiting()
    journal.close()

    assert [row["event_id"] for row in rows(tmp_path, "events")] == ["a", "b", "c"]
    assert (waiting, supervisor.deaths) == (0, 1)


def test_a_worker_ends_when_its_server_is_gone(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.sqlite").close()
    process = subprocess.Popen(command(tmp_path), stdin=subprocess.PIPE)

    process.communicate(timeout=PATIENCE)

    assert process.returncode == 1


def test_only_the_server_can_tell_a_worker_to_stop(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.sqlite").close()
    process = subprocess.Popen(command(tmp_path), stdin=subprocess.PIPE)
    until((tmp_path / "ids.sqlite.lock").exists)
    for number in (signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)

    process.communicate(b"stop\n", timeout=PATIENCE)

    assert process.returncode == 0


def test_a_worker_pauses_while_requests_pour_in_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(worker.sys, "stdin", io.TextIOWrapper(io.BytesIO(b"busy\nstop\n")))
    word = worker.Word()

    word.stop = never_set()
    word.listen()
    started = time.monotonic()
    word.pause()
    first = time.monotonic() - started
    word.pause()

    assert first >= 0.1
    assert time.monotonic() - started - first < first


def test_requests_pour_in_when_many_come_and_keep_the_server_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([(0.0, 0.0, 0.0), (1.0, 0.9, 1000.0), (2.0, 1.0, 2000.0), (3.0, 1.9, 2001.0)])
    monkeypatch.setattr(worker.Load, "_looked", lambda _self: next(looks))

    load = worker.Load(SimpleNamespace(is_filling=lambda: False))  # type: ignore[arg-type]

    assert [load.is_high() for _ in range(3)] == [True, False, False]


def test_a_journal_that_fills_up_is_worked_on_whatever_pours_in(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([(0.0, 0.0, 0.0), (1.0, 0.9, 1000.0)])
    monkeypatch.setattr(worker.Load, "_looked", lambda _self: next(looks))

    assert not worker.Load(SimpleNamespace(is_filling=lambda: True)).is_high()  # type: ignore[arg-type]


def never_set() -> threading.Event:
    """Return an event that nothing sets, so that a pause is as long as it would be."""
    event = threading.Event()
    event.set = lambda: None  # type: ignore[method-assign]
    return event
