"""The worker beside the server: it archives, it is started again, and it never outlives its server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from collecting import KEY, came, rows

from headwater.collect.alone import journal_key
from headwater.collect.journal import Journal
from headwater.collect.worker import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
