"""Loader: the thread that brings what was collected into the tables, within seconds.

Reads  how far the worker has archived, the control database
Makes  builds (at most every second)

A failed turn is told in the log and tried again: what is in the archive stays there. A build that takes long is given as long a rest, so that reports are never starved.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.api.served import Served

LOOK_EVERY = 0.5
"""Seconds between two looks for something new."""
REST = 1.0
"""Least seconds between two builds."""
REST_AFTER_FAILURE = 10.0

log = logging.getLogger("headwater.loader")


class Loader(threading.Thread):
    """Builds what is new until `served.stopping`."""

    def __init__(self, served: Served, *, arrived: Callable[[], bool], refresh: Callable[[], bool]) -> None:
        """Take the functions that say whether a build is due.

        `arrived` tells whether something is in the archive since it was asked last; `refresh` takes
        over changed settings and keys.
        """
        super().__init__(name="loader", daemon=True)
        self._served = served
        self._arrived = arrived
        self._refresh = refresh
        self._is_due = True
        self._rest_until = 0.0

    def run(self) -> None:
        """Work until the server stops."""
        while not self._served.stopping.is_set():
            self.turn()
            self._served.stopping.wait(LOOK_EVERY)

    def turn(self) -> None:
        """Build if something is new and the last build has rested."""
        arrived = self._attempt(self._arrived)
        refreshed = self._attempt(self._refresh)
        self._is_due = self._is_due or arrived or refreshed
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
