"""Alone: the collector by itself on a port, for tests and measurements.

Usage: python -m headwater.collect.alone DIR PORT KEY [SECONDS]

It journals to DIR/journal.sqlite; its worker publishes to DIR/archive every fifth of a second (or
SECONDS). It keeps no personal data: e-mail addresses and phone numbers become hashes keyed with KEY
and are forgotten.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from headwater.collect.worker import EVERY_SECONDS, Supervisor, work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.collect.publisher import Publisher


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


def serve(root: Path, port: int, key: str, *, every: float = EVERY_SECONDS) -> None:
    """Collect on 127.0.0.1 until the process is told to stop."""
    import uvicorn

    from headwater.collect.app import collector
    from headwater.collect.connections import SERVED_WITH
    from headwater.collect.journal import Journal
    from headwater.collect.metrics import Metrics
    from headwater.collect.writer import SWITCH_SECONDS

    sys.setswitchinterval(SWITCH_SECONDS)
    journal = Journal(root / "journal.sqlite", key=journal_key(key))
    command = [sys.executable, "-m", "headwater.collect.alone", str(root), "worker", key, str(every)]
    supervisor = Supervisor(command, journal)
    app = collector(journal, lambda: (key,), Metrics(journal))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again when it has stopped
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", access_log=False, **SERVED_WITH
    )
    with contextlib.closing(journal):
        supervisor.start()
        try:
            uvicorn.Server(config).run()
        finally:
            supervisor.stop()


def publisher(root: Path, key: str) -> Publisher:
    """Return what the worker works with."""
    from headwater.collect.publisher import Publisher

    return Publisher(root, Forgetful(key), key=journal_key(key))


def journal_key(key: str) -> bytes:
    """Return the key that seals the journal."""
    return hashlib.sha256(key.encode()).digest()


if __name__ == "__main__":
    folder, place, secret = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else EVERY_SECONDS
    if place == "worker":
        work(folder, lambda: publisher(folder, secret), every=seconds)
    else:
        serve(folder, int(place), secret, every=seconds)
