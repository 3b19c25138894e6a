"""Alone: the collector by itself on a port, for tests and measurements.

Usage: python -m headwater.collect.alone DIR PORT KEY [SECONDS]

It journals to DIR/journal.sqlite and publishes to DIR/archive every second (or SECONDS). It keeps no personal
data: e-mail addresses and phone numbers become hashes keyed with KEY and are forgotten.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from headwater.collect.app import collector
from headwater.collect.journal import Journal
from headwater.collect.metrics import Metrics
from headwater.collect.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

EVERY_SECONDS = 1.0


class Forgetful:
    """A personal store that returns keyed hashes and keeps nothing."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def keyed(self, kind: str, values: Iterable[str]) -> Mapping[str, str | None]:
        """Return the keyed hash of each value, lower case and without spaces."""
        return {value: self._hash(kind, value) for value in values}

    def _hash(self, kind: str, value: str) -> str:
        plain = "".join(value.lower().split())
        return hmac.new(self._key, f"{kind}:{plain}".encode(), "sha256").hexdigest()[:32]


@contextlib.contextmanager
def publishing(publisher: Publisher, *, every: float = EVERY_SECONDS) -> Iterator[None]:
    """Publish in a thread until the block ends, and once more then."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every):
            publisher.publish()

    thread = threading.Thread(target=run, name="publisher", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        publisher.publish()


def serve(root: Path, port: int, key: str, *, every: float = EVERY_SECONDS) -> None:
    """Collect on 127.0.0.1 until the process is told to stop."""
    journal = Journal(root / "journal.sqlite", key=hashlib.sha256(key.encode()).digest())
    app = collector(journal, lambda: (key,), Metrics(journal))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again when it has stopped
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
    with contextlib.closing(journal), publishing(Publisher(journal, root, Forgetful(key)), every=every):
        uvicorn.Server(config).run()


if __name__ == "__main__":
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else EVERY_SECONDS
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], every=seconds)
