"""Worker: the process that takes requests apart and archives them, so that answering need not wait.

Reads  the journal; its standard input, which ends when the server does
Makes  archive files and the register, about every fifth of a second while requests wait

The server starts it, starts it again when it dies, and tells it by lines to stop, or that requests
pour in: then it all but rests, since what waits is safe and a client that waits is not. Killed at any
moment it leaves a plan that the next one does again.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from headwater.collect import replay
from headwater.collect.register import NAME
from headwater.collect.suspects import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from headwater.collect.journal import Journal
    from headwater.collect.publisher import Publisher

EVERY_SECONDS = 0.2
"""Between two looks into the journal."""
STOP_SECONDS = 10.0
"""How long a worker goes on after it was told to stop; the rest waits in the journal."""
LATE_SECONDS = 20.0
"""Added to that for the plan in hand; a worker that takes longer is ended."""
REST_AFTER_FAILURE = 5.0
NICE = 10
TIDY_SECONDS = 0.5
BUSY_REQUESTS, BUSY_SHARE = 300.0, 0.6
"""Requests a second, and the server's share of a processor, from which on requests pour in."""
BUSY_SECONDS = 2 * TIDY_SECONDS
"""How long the word that requests pour in holds."""
LONGEST_PAUSE = 5.0
"""Between two portions while requests pour in: so the worker goes on, but hardly takes part."""
BUSY, STOP = b"busy\n", b"stop\n"
SHORTEST_REST, LONGEST_REST = 0.1, 30.0
"""Before a worker that died is started again: doubled each time that it does not live a minute."""
LONG_LIFE = 60.0

log = logging.getLogger("headwater.worker")


def work(folder: Path, opened: Callable[[], Publisher], *, every: float = EVERY_SECONDS) -> None:
    """Publish until standard input says stop; end at once when it ends.

    `opened` makes the publisher; it is called when no other worker holds the folder.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the server hears them too, and says when
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # it ends a worker that hangs (see suspects)
    with contextlib.suppress(OSError):
        os.nice(NICE)
    word = Word()
    threading.Thread(target=word.listen, name="server", daemon=True).start()
    stop = word.stop
    with (folder / f"{NAME}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with contextlib.closing(opened()) as publisher:
            publisher.pause = word.pause
            publisher.suspects.seconds = SECONDS
            while not stop.is_set():
                stop.wait(every if _published(publisher) else REST_AFTER_FAILURE)
            _published(publisher, until=time.monotonic() + STOP_SECONDS)


def _published(publisher: Publisher, *, until: float | None = None) -> bool:
    try:
        publisher.publish(until=until)
    except Exception:
        log.exception("what waits could not be archived and will be tried again")
        return False
    return True


class Word:
    """What the server says to its worker."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._busy_until = 0.0

    def listen(self) -> None:
        """Hear the server until it says stop. One that is gone says nothing: then nothing may go on."""
        while (line := sys.stdin.buffer.readline()) != STOP:
            if not line:
                os._exit(1)
            self._busy_until = time.monotonic() + BUSY_SECONDS
        self.stop.set()

    def pause(self) -> None:
        """Wait while requests pour in, for LONGEST_PAUSE at most."""
        end = time.monotonic() + LONGEST_PAUSE
        while (rest := min(end, self._busy_until) - time.monotonic()) > 0 and not self.stop.wait(rest):
            pass


class Supervisor(threading.Thread):
    """Runs a worker, and keeps the journal in order, until it is told to stop."""

    def __init__(self, command: Sequence[str], journal: Journal) -> None:
        """Take the command that starts a worker; its first word is the program."""
        super().__init__(name="supervisor", daemon=True)
        self.deaths = 0
        """How often a worker died of itself."""
        self._command = list(command)
        self._journal = journal
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start the worker, and again whenever it has died."""
        rest = SHORTEST_REST
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603 (our own)
            load = Load(self._journal)
            while self._process.poll() is None and not self._stopping.wait(TIDY_SECONDS):
                if load.is_high():
                    self._say(BUSY)
                self._tidy()
            if self._process.poll() is None:
                break
            self._process.communicate()
            self.deaths += 1
            log.error("the worker ended with %s and is started again", self._process.returncode)
            rest = SHORTEST_REST if time.monotonic() - started > LONG_LIFE else min(2 * rest, LONGEST_REST)
            self._stopping.wait(rest)
        self._end()
        self._tidy()

    def stop(self) -> None:
        """Let the worker archive what waits, for STOP_SECONDS at most, and end."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    @property
    def pid(self) -> int | None:
        """The process that works at this moment."""
        return None if self._process is None else self._process.pid

    def _end(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            process.communicate(STOP, timeout=STOP_SECONDS + LATE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def _say(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it died; that is seen elsewhere
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _tidy(self) -> None:
        try:
            self._journal.tidy()
            if again := replay.fulfilled(self._journal):
                log.warning("%d requests that were set aside are put through again", again)
        except Exception:
            log.exception("the journal could not be tidied and will be again")


@contextlib.contextmanager
def working(command: Sequence[str], journal: Journal) -> Iterator[None]:
    """Let a worker work while the block lasts, where there is no server that does."""
    supervisor = Supervisor(command, journal)
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


class Load:
    """Tells whether requests pour in, from one look to the next."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._last = self._looked()

    def is_high(self) -> bool:
        """Return whether the server is busy with requests, unless the journal fills up with them."""
        before, self._last = self._last, self._looked()
        seconds, processor, requests = (now - then for now, then in zip(self._last, before, strict=True))
        is_busy = requests > BUSY_REQUESTS * seconds and processor > BUSY_SHARE * seconds
        return is_busy and not self._journal.is_filling()

    def _looked(self) -> tuple[float, float, float]:
        return time.monotonic(), time.process_time(), float(self._journal.stored())
