"""Writer: one thread that commits whatever queued up while its last commit ran.

Reads  items: entries of the journal, or functions of the database connection
Makes  their effects, durable before anyone who waits hears of them

There is no linger: a single client waits for one sync, a thousand share one. When a group fails, its
items are tried one by one, so that one that cannot be done stops no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol

from headwater.contract.errors import HeadwaterError

WAITING_BYTES = 48 * 1024 * 1024
"""Handed over but not yet committed; beyond this the writer says that it is busy."""
GROUP_BYTES = 8 * 1024 * 1024
"""What one transaction holds, but for a single item that is larger."""
SWITCH_SECONDS = 0.001
"""How long a busy thread keeps the interpreter from the one that commits; a server sets it for its process."""


class JournalUnavailableError(HeadwaterError):
    """The journal cannot take the work now: the disk is full or broken, or too much is waiting."""


class Ledger(Protocol):
    """What gives the work its meaning; all of it is called by the writer thread alone."""

    def opened(self) -> sqlite3.Connection:
        """Return a new connection, in autocommit mode."""
        ...

    def applied(self, connection: sqlite3.Connection, items: list[Any]) -> list[Any]:
        """Do what one transaction holds and return a result for each item."""
        ...

    def committed(self) -> None:
        """Take over what the transaction added up to: it is durable now."""
        ...


class _Waiting(NamedTuple):
    item: Any
    size: int
    future: asyncio.Future[Any] | Future[Any]
    loop: asyncio.AbstractEventLoop | None


class Writer:
    """The only thread that writes to one SQLite database."""

    def __init__(self, ledger: Ledger, connection: sqlite3.Connection) -> None:
        self._ledger = ledger
        self._connection: sqlite3.Connection | None = connection
        self._wake = threading.Condition()
        self._queue: list[_Waiting] = []
        self._queued_bytes = 0
        self._turns: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, item: Any, *, size: int) -> asyncio.Future[Any]:
        """Queue an item of about `size` bytes from an event loop; the future ends when it is durable.

        The thread is woken once for all items of one turn of the loop: they share a commit.
        """
        self._refuse_if_busy()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        turn = self._turns.get(loop)
        if turn is None:
            turn = self._turns[loop] = []
            loop.call_soon(self._end_turn, loop)
        turn.append(_Waiting(item, size, future, loop))
        return future

    def _end_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        turn = self._turns.pop(loop)
        try:
            self._enqueue(turn)
        except JournalUnavailableError as error:
            _settle([(waiting.future, error) for waiting in turn])

    def perform(self, item: Any) -> Any:
        """Hand over an item from another thread and return its result once it is durable."""
        future: Future[Any] = Future()
        self._enqueue([_Waiting(item, 0, future, None)])
        return future.result()

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def _refuse_if_busy(self) -> None:
        if self._closing:
            raise JournalUnavailableError("The journal is closed.", hint="start the server again.")
        if self._queued_bytes > WAITING_BYTES:
            raise JournalUnavailableError("Too much is waiting for the disk.", hint="send again in a moment.")

    def _enqueue(self, more: list[_Waiting]) -> None:
        with self._wake:
            self._refuse_if_busy()
            self._queue += more
            self._queued_bytes += sum(waiting.size for waiting in more)
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
                if not self._queue:
                    return
                taken = self._group()
            _answer(taken, self._results([waiting.item for waiting in taken]))

    def _group(self) -> list[_Waiting]:
        """Take from the queue what goes into the next transaction."""
        size, count = 0, 0
        for waiting in self._queue:
            if count and size + waiting.size > GROUP_BYTES:
                break
            size, count = size + waiting.size, count + 1
        taken, self._queue = self._queue[:count], self._queue[count:]
        self._queued_bytes -= size
        return taken

    def _results(self, items: list[Any]) -> list[Any]:
        try:
            return self._transaction(items)
        except Exception as error:  # noqa: BLE001 (whatever fails, those who wait must hear of it)
            if len(items) == 1:
                return [error]
        return [self._results([item])[0] for item in items]

    def _transaction(self, items: list[Any]) -> list[Any]:
        """Apply the items in one transaction; on an error nothing of it is done."""
        try:
            if self._connection is None:
                self._connection = self._ledger.opened()
            connection = self._connection
            connection.execute("begin immediate")
            results = self._ledger.applied(connection, items)
            connection.execute("commit")
        except Exception as error:
            self._abandon()
            if isinstance(error, sqlite3.Error):
                raise JournalUnavailableError(
                    f"The journal could not be written: {error}.", hint="free space on its disk."
                ) from error
            raise
        self._ledger.committed()
        return results

    def _abandon(self) -> None:
        """Roll back and open anew before the next attempt: after a failed sync nothing is certain."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("rollback")
            with contextlib.suppress(sqlite3.Error):
                connection.close()


def _answer(taken: list[_Waiting], results: list[Any]) -> None:
    """Hand each waiter its result; one call into each event loop for the whole group."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Any, Any]]] = {}
    for waiting, result in zip(taken, results, strict=True):
        if waiting.loop is None:
            _settle([(waiting.future, result)])
        else:
            loops.setdefault(waiting.loop, []).append((waiting.future, result))
    for loop, settled in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[tuple[Any, Any]]) -> None:
    for future, result in settled:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
