"""Full disks, failing disks, jumping clocks and floods: never a 2xx for what is not stored, and it passes."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from collecting import ADA, KEY, Answer, Process, Running, alone, rows, running

from headwater.collect import app
from headwater.collect.journal import Journal
from headwater.collect.writer import JournalUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEGABYTE = 1024 * 1024
PATIENCE = 60.0
YEAR = 365 * 86_400
RECOVERED = "recovered"


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


class Beside(Running):
    """Sends to a collector in another process."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.port, self.folder, self.pid = process.port, folder, process.pid

    def taken(self, key: str, *, text: str = "") -> bool:
        """Send one event; tell whether it was taken, and hold that it was told rightly if not."""
        answer = self.post(ADA | {"messageId": key, "properties": {"text": text}})
        assert answer.status in (200, 503), answer.body
        assert answer.status == 200 or answer.headers["Retry-After"] == "2"
        return answer.status == 200

    def archived(self) -> list[str]:
        return sorted(row["event_id"] for row in rows(self.folder, "events"))


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Beside]:
    with alone(tmp_path) as process:
        yield Beside(process, tmp_path)


# -- a disk that fails ---------------------------------------------------------------------------------


@contextlib.contextmanager
def failing(pid: int, fault: str) -> Iterator[None]:
    """Let system calls of a running process fail while the block lasts."""
    tracer = subprocess.Popen(
        [
            "strace",
            "-f",
            "-p",
            str(pid),
            "-e",
            "trace=" + fault[len("inject=") :].split(":", 1)[0],
            "-e",
            fault,
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert tracer.stderr is not None
    drain = None
    try:
        said = tracer.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"a running process cannot be traced here: {said}")
        drain = threading.Thread(target=tracer.stderr.read)
        drain.start()
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        if drain is not None:
            drain.join()
        tracer.stderr.close()


def test_a_commit_whose_failed_sync_reached_the_disk_keeps_its_number(tmp_path: Path) -> None:
    with running(tmp_path) as collector:
        assert collector.post(ADA).status == 200
        with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)) as disk:
            disk.execute(
                "insert into commits select number + 1, day, requests, upto + 1, bytes, content from commits"
            )
        collector.publisher.publish()
        with pytest.raises(JournalUnavailableError):
            collector.journal._writer.perform(failed)

        assert collector.post(ADA | {"messageId": "after"}).status == 200
        assert [row["event_id"] for row in collector.rows("events")] == ["m1", "after"]


def failed(_connection: sqlite3.Connection) -> None:
    raise sqlite3.OperationalError("disk I/O error")


needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="there is no strace")


@needs_strace
@pytest.mark.parametrize(
    "fault",
    [
        "inject=fdatasync:error=EIO",
        "inject=pwrite64:error=ENOSPC",
        "inject=fdatasync,pwrite64:error=EIO:when=1+3",
        "inject=openat,ftruncate,pwrite64:error=ENOSPC",
    ],
)
def test_what_a_failing_disk_does_not_hold_is_answered_503_until_it_holds_it(
    collector: Beside, fault: str
) -> None:
    taken = [f"before {n}" for n in range(3) if collector.taken(f"before {n}")]
    with failing(collector.pid, fault):
        during = [f"during {n}" for n in range(12) if collector.taken(f"during {n}")]
    until(lambda: collector.taken(RECOVERED))

    assert len(taken) == 3
    assert len(during) < 12
    until(lambda: RECOVERED in collector.archived())
    assert set(taken + during) <= set(collector.archived())
    assert len(collector.archived()) == len(set(collector.archived()))


@needs_strace
@pytest.mark.parametrize("fault", ["inject=write,pwrite64:error=ENOSPC", "inject=fsync,fdatasync:error=EIO"])
def test_a_worker_whose_disk_fails_goes_on_when_it_works_again(collector: Beside, fault: str) -> None:
    assert collector.taken("before")
    until(lambda: "before" in collector.archived())
    (worker,) = [int(pid) for pid in children(collector.pid)]
    with failing(worker, fault):
        assert all(collector.taken(f"during {n}") for n in range(3))
        time.sleep(1)

    until(lambda: "during 2" in collector.archived())
    assert collector.archived() == ["before", "during 0", "during 1", "during 2"]


def children(pid: int) -> list[str]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for thread in threads for child in thread.read_text().split()]


# -- a disk that is full -------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"nothing can be mounted here: {made.stderr}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_takes_nothing_loses_nothing_and_passes(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Journal.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Journal.__init__.__kwdefaults__, "least_free", 0)
    taken: list[str] = []

    def sent(collector: Running, name: str) -> Answer:
        text = secrets.token_hex(10_000)
        answer = collector.post(ADA | {"messageId": name, "properties": {"text": text}})
        taken.extend([name] if answer.status == 200 else [])
        return answer

    with running(small_disk) as collector:
        assert all(sent(collector, f"before {n}").status == 200 for n in range(5))
        before = len(collector.rows("events"))
        with (small_disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(65536))
        answers = [sent(collector, f"full {n}") for n in range(200)]
        full = [answer for answer in answers if answer.status != 200]
        with contextlib.suppress(OSError, sqlite3.Error):  # it may need no more room than there is
            collector.publisher.publish()
        readable = len(rows(small_disk, "events"))
        (small_disk / "filler").unlink()
        until(lambda: sent(collector, f"after {time.monotonic()}").status == 200)
        stored = [row["event_id"] for row in collector.rows("events")]

    assert full
    assert {(answer.status, answer.headers["Retry-After"]) for answer in full} == {(503, "2")}
    assert readable == before == 5
    assert sorted(stored) == sorted(taken)


# -- clocks and servers ---------------------------------------------------------------------------------


class Clock:
    """A clock that can be set."""

    perf_counter = staticmethod(time.perf_counter)

    def __init__(self) -> None:
        self.ahead = 0

    def time_ns(self) -> int:
        return max(0, time.time_ns() + self.ahead * 1_000_000_000)


def test_a_clock_that_jumps_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(app, "time", clock)
    jumps = [0, -3600, 86_400, -86_400, 10 * YEAR, -10 * YEAR, -100 * YEAR, 0]
    with running(tmp_path) as collector:
        for number, clock.ahead in enumerate(jumps):
            assert (
                collector.post(ADA | {"messageId": f"m{number}"}, ADA | {"messageId": "same"}).status == 200
            )
            if number % 2:
                collector.publisher.publish()
        counts = collector.counts()
        waiting = collector.journal.waiting()
        found = collector.rows("events")

    assert sorted(row["event_id"] for row in found) == sorted([f"m{n}" for n in range(len(jumps))] + ["same"])
    assert (counts["duplicate"], waiting) == (len(jumps) - 1, 0)
    assert all(row["occurred_at"] <= row["known_at"] for row in found)
    days = {path.parent.name for path in (tmp_path / "archive" / "events").rglob("*.parquet")}
    assert "received=1970-01-01" in days
    assert len(days) >= 5


def test_a_second_server_on_a_folder_is_refused_and_the_first_goes_on(collector: Beside) -> None:
    command = [sys.executable, "-m", "headwater.collect.alone", str(collector.folder), "0", KEY]

    second = subprocess.run(command, capture_output=True, text=True, check=False)

    assert second.returncode != 0
    assert "Another process is writing the journal" in second.stderr
    assert collector.taken("after")


# -- floods -----------------------------------------------------------------------------------------------


def test_a_flood_of_large_bodies_that_never_end_leaves_memory_and_room_for_others(collector: Beside) -> None:
    head = f"POST /v1/batch?writeKey={KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: 19000000\r\n\r\n".encode()
    before = Process(collector.pid, collector.port).peak()
    with contextlib.ExitStack() as held:
        for _ in range(40):
            stream = held.enter_context(socket.create_connection(("127.0.0.1", collector.port), timeout=30))
            stream.sendall(head + bytes(12 * MEGABYTE))

        assert collector.send("/healthz", None, method="GET").status == 200
        assert all(collector.taken(f"during {n}") for n in range(10))
    peak = Process(collector.pid, collector.port).peak()

    assert peak - before < 250 * MEGABYTE
