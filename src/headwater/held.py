"""Held: one moment of the warehouse, from which any number of answers are read without fitting again.

Reads  the tables as they are when the moment is taken, the lazy ones solved
Makes  answers that are all of that moment

What is fitted to all journeys takes seconds and is void with the next event. Whoever can do with answers that
are a little old shares a moment: each number in them is what the same question as of that moment says. A moment is
an open transaction, and the file cannot be tidied while there is one; so it is let go when the next is fitted, the file
is tidied, and then the next is opened. Answers that it gave stand in until that is there.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from headwater import report
from headwater.contract.errors import HeadwaterError
from headwater.options import query_of
from headwater.report.explain import explanation
from headwater.result import ReportResult

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from headwater.contract.query import ReportContext

REST = 9
"""A moment lasts at least so many times as long as it took: fits take a tenth of the time at most."""
UNUSED_SECONDS = 300
"""A moment that nobody has asked for so long is let go with the next build."""
MOST_ANSWERS = 500
"""Answers that a moment remembers."""

log = logging.getLogger("headwater.held")
Answer = TypeVar("Answer")


class GoneError(HeadwaterError):
    """The moment was let go while somebody was asking it."""

    def __init__(self) -> None:
        super().__init__("The tables are not held any more.", hint="ask again.")


class Moment:
    """The tables as they were at one moment; one question is worked out at a time, and only once."""

    def __init__(
        self,
        context: ReportContext,
        *,
        close: Callable[[], None],
        is_now: Callable[[], bool],
        seconds: float,
    ) -> None:
        """Take a context whose reader stays at the moment, the way to close it, and the seconds that it took.

        `is_now` tells whether nothing has been built since.
        """
        self._context = context
        self._close = close
        self._is_now = is_now
        self._lock = threading.Lock()
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._is_open = True
        self.seconds = seconds
        self.taken_at = time.monotonic()

    def report(self, name: str, **options: Any) -> ReportResult:
        """Return the answer of one report; the options are those of Workspace.report, without `as_of`."""
        query = query_of(options)

        def answer() -> ReportResult:
            return ReportResult.of(report.answer(name, self._context, query))

        found: ReportResult = self._once((name, *sorted(options.items())), answer)
        return found

    def explain(self, conversion_id: str, model: str | None = None) -> dict[str, Any]:
        """Return the credit of one conversion. Raises NotFoundError for one that came later."""

        def answer() -> dict[str, Any]:
            return explanation(self._context, conversion_id, model)

        found: dict[str, Any] = self._once(("explain", conversion_id, model), answer)
        return found

    def rows(self, sql: str) -> pa.Table:
        """Return the rows of one SELECT of ours."""
        found: pa.Table = self._once(("sql", sql), lambda: self._context.reader.query(sql))
        return found

    def _once(self, question: tuple[Any, ...], answer: Callable[[], Any]) -> Any:
        if question in self._answers:
            return self._answers[question]
        with self._lock:
            if question not in self._answers:
                if not self._is_open:
                    raise GoneError
                try:
                    found = answer()
                except duckdb.Error:  # the transaction is of no more use
                    self._let_go()
                    raise
                if len(self._answers) >= MOST_ANSWERS:
                    self._answers.clear()
                self._answers[question] = found
            return self._answers[question]

    def is_good(self, max_age: float) -> bool:
        """Tell whether it may still be asked by somebody who takes answers of `max_age` seconds."""
        age = time.monotonic() - self.taken_at
        return self._is_open and (self._is_now() or age <= max(max_age, REST * self.seconds))

    def close(self) -> None:
        """Let go of the tables; answers that were given stay."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._is_open:
            self._is_open = False
            self._close()


class Held:
    """The moment that is held; the next is taken aside, by one thread for all who ask."""

    def __init__(self, take: Callable[[Callable[[], None]], Moment]) -> None:
        """Take the function that takes a moment of now; it calls what it is given when the last is to be let go."""
        self._take = take
        self._changed = threading.Condition()
        self._moment: Moment | None = None
        self._is_taking = False
        self._is_closed = False
        self._drops = 0
        self._failed: Exception | None = None
        self._asked_at = time.monotonic()

    def ask(self, question: Callable[[Moment], Answer], *, max_age: float) -> Answer:
        """Return what a moment answers that is not much older than `max_age` seconds.

        While the next one is being fitted the last one answers.
        """
        self._asked_at = time.monotonic()
        while True:
            moment = self._latest(max_age)
            try:
                return question(moment)
            except GoneError:
                self._wait_for_other_than(moment)

    def renew(self) -> None:
        """Take a moment of now, and wait for it."""
        with self._changed:
            last = self._moment
            self._start()
        if last is not None:
            self._wait_for_other_than(last)

    def drop(self) -> None:
        """Let the moment go: what it told does not hold any more."""
        with self._changed:
            last, self._moment = self._moment, None
            self._drops += 1
        if last is not None:
            last.close()

    def drop_unused(self) -> None:
        """Let the moment go where nobody has asked for long."""
        if time.monotonic() - self._asked_at > UNUSED_SECONDS:
            self.drop()

    def close(self) -> None:
        """Take no more moments."""
        self._is_closed = True
        self.drop()

    def _latest(self, max_age: float) -> Moment:
        with self._changed:
            if self._moment is None or not self._moment.is_good(max_age):
                self._start()
            while self._moment is None:
                if not self._is_taking:
                    raise self._failed or GoneError
                self._changed.wait()
            return self._moment

    def _start(self) -> None:
        """Begin to take the next moment, where nobody does."""
        if not self._is_taking and not self._is_closed:
            self._is_taking = True
            threading.Thread(target=self._taken, name="held", daemon=True).start()

    def _taken(self) -> None:
        fresh: Moment | None = None
        failed: Exception | None = None
        try:
            fresh = self._good()
        except Exception as error:  # noqa: BLE001 (whoever waits is told)
            failed = error
            log.warning("the tables could not be held: %s", error)
            if self._moment is not None:
                self._moment.close()
        with self._changed:
            self._moment, self._failed, self._is_taking = fresh, failed, False
            self._changed.notify_all()

    def _good(self) -> Moment | None:
        """Return a moment that was not to be dropped while it was taken."""
        last = self._moment
        while True:
            drops = self._drops
            fresh = self._take(last.close if last else lambda: None)
            if drops == self._drops:
                return fresh
            fresh.close()
            if self._is_closed:
                return None

    def _wait_for_other_than(self, moment: Moment) -> None:
        with self._changed:
            if self._moment is moment:
                self._start()
            while self._is_taking and self._moment is moment:
                self._changed.wait()
