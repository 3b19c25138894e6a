"""Replay: put requests that were set aside through the worker's translation again.

Reads  what is kept (see `aside`)
Makes  the same requests in the journal once more, and worker.replay: the wish, until it is fulfilled

Only the process that holds the journal may write to it, so a wish is a file: the server takes it up
within a second. A request keeps its time of receipt and so every event its id; one that is in the
journal twice is taken apart once, since the worker lets go of it with what it brought.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from headwater.collect import aside

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from headwater.collect.journal import Journal

NAME = "worker.replay"


PATIENCE = 120.0
"""Seconds for all of it: a request that the worker dies of again takes some of them."""


class Outcome(NamedTuple):
    """What became of requests that were set aside."""

    put_through: int
    """Taken apart: their events are in the archive, or were there already."""
    set_aside_again: int
    waiting: int
    """In the journal, and not reached yet."""


def put_through(
    folder: Path, *, working: AbstractContextManager[object], patience: float = PATIENCE
) -> Outcome:
    """Put through what is set aside, and wait for it; a worker must be at work in the block `working`."""
    before = aside.names(folder)
    if not before:
        return Outcome(0, 0, 0)
    wish(folder)
    until = time.monotonic() + patience
    with working:
        while (is_wished(folder) or before & aside.names(folder)) and time.monotonic() < until:
            time.sleep(0.1)
    after = aside.names(folder)
    waiting, again = len(before & after), len(after - before)
    return Outcome(len(before) - waiting - again, again, waiting)


def wish(folder: Path) -> None:
    """Ask whoever holds the journal to put through again what is set aside."""
    (folder / NAME).touch()


def is_wished(folder: Path) -> bool:
    """Tell whether a wish is not fulfilled yet."""
    return (folder / NAME).exists()


def fulfilled(journal: Journal) -> int:
    """Journal what is set aside once more, where that is wished; return how many requests.

    Raises JournalUnavailableError where the journal is full; the wish stands until it is not.
    """
    folder = journal.path.parent
    if not is_wished(folder):
        return 0
    kept = journal.aside()
    for one in kept:
        journal.store(one.found.request, is_cut=one.found.is_cut, again=one.name)
    (folder / NAME).unlink(missing_ok=True)
    return len(kept)
