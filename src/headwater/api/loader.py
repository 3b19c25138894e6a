"""Loader: the thread that brings what was collected into the tables, within seconds.

Reads  the journal, the control database
Makes  archive files (every half second while events wait), builds (at most every second)

A failed turn is told in the log and tried again: what is in the journal stays there until the archive
holds it. A build that takes long is given as long a rest, so that reports are never starved.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.api.served import Served

PUBLISH_EVERY = 0.5
"""Seconds between two looks into the journal."""
REST = 1.0
"""Least seconds between two builds."""
REST_AFTER_FAILURE = 10.0

log = logging.getLogger("headwater.loader")


class Loader(threading.Thread):
    """Publishes and builds until `served.stopping`, then publishes a last time."""

    def __init__(self, served: Served, *, publish: Callable[[], bool], refresh: Callable[[], bool]) -> None:
        """Take the functions that do the work; each says whether a build is due after it.

        `publish` moves what waits in the journal to the archive, `refresh` takes over changed
        settings and keys.
        """
        super().__init__(name="loader", daemon=True)
        self._served = served
        self._publish = publish
        self._refresh = refresh
        self._is_due = True
        self._rest_until = 0.0

    def run(self) -> None:
        """Work until the server stops."""
        while not self._served.stopping.is_set():
            self.turn()
            self._served.stopping.wait(PUBLISH_EVERY)
        self._attempt(self._publish)

    def turn(self) -> None:
        """Publish what waits, and build if something is new and the last build has rested."""
        published = self._attempt(self._publish)
        refreshed = self._attempt(self._refresh)
        self._is_due = self._is_due or published or refreshed
        now = time.monotonic()
        if self._is_due and now >= self._rest_until:
            self._is_due = not self._attempt(self._built)
            ended = time.monotonic()
            rest = REST_AFTER_FAILURE if self._is_due else max(REST, ended - now)
            self._rest_until = ended + rest

    def _built(self) -> bool:
        self._served.build()
        return True

    def _attempt(self, work: Callable[[], bool]) -> bool:
        try:
            return work()
        except Exception:
            log.exception("%s failed and will be tried again", getattr(work, "__name__", work))
            return False
