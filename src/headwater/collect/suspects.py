"""Suspects: requests that the worker died of are set aside, so that they hold up nothing else.

Reads  which request the worker had in hand when it ended
Makes  worker.hand (what it has in hand now), whole requests beside the archive (see `aside`)

A plan that was begun and not finished is done again with care: one request at a time, each noted
before it is touched. The request that was in hand at DEATHS such ends in a row is refused (`set_aside`).
The note is not synced: it must outlive the process, not the machine.
"""

from __future__ import annotations

import mmap
import signal
from struct import Struct
from typing import TYPE_CHECKING

from headwater.collect.admit import Refusal, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from headwater.collect.aside import Aside
    from headwater.collect.frames import Framed

NAME = "worker.hand"
NOTE = Struct("<qqqqqq")
"""First and last commit of the plan, how often it was begun; then the place in hand, the place suspected
and how often it was in hand at an end. Places count from 1; 0 is none."""
DEATHS = 5
"""Fewer would blame a request for kill -9, or for memory that others took, two times by chance."""
SECONDS = 40.0
"""Of processor time that one portion of messages may take before it counts as a hang."""
DETAIL = "the worker died of this request more than once; it is kept: `headwater replay --list` shows it"


class Suspects:
    """What one worker has in hand, and what its predecessors had."""

    def __init__(self, folder: Path, aside: Aside) -> None:
        self.seconds = 0.0
        """Processor time after which the process ends itself over one portion; 0: never."""
        self._kept = aside
        path = folder / NAME
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(NOTE.size)
            self._note = mmap.mmap(file.fileno(), NOTE.size)
        self._plan = (0, 0)
        self._aside: set[int] = set()

    def begin(self, first: int, last: int) -> bool:
        """Note that a plan is begun; tell whether its requests must be taken one at a time."""
        *plan, begun, held, suspect, deaths = NOTE.unpack(self._note)
        if plan == [first, last]:
            begun += 1
            if held:
                suspect, deaths = held, deaths + 1 if held == suspect else 1
        else:
            begun, suspect, deaths = 1, 0, 0
        if suspect and deaths >= DEATHS:
            self._kept.name(first, suspect)
        NOTE.pack_into(self._note, 0, first, last, begun, 0, suspect, deaths)
        self._aside = self._kept.places(first)
        self._plan = first, last
        self.alive()
        return begun > 1 or bool(self._aside)

    def refused(self, place: int, found: Framed) -> Refused | None:
        """Return why the request at a place must not be touched, and keep it; None: it is in hand now."""
        if place not in self._aside:
            NOTE.pack_into(self._note, 0, *NOTE.unpack(self._note)[:3], place, *self._suspected())
            return None
        self._kept.keep(self._plan[0], place, found)
        return Refused(Refusal.SET_ASIDE, None, DETAIL)

    def let_go(self) -> None:
        """Note that no request is in hand: what fails now is not a request's fault."""
        NOTE.pack_into(self._note, 0, *NOTE.unpack(self._note)[:3], 0, *self._suspected())

    def alive(self) -> None:
        """Say that there is progress: the time of a portion begins anew."""
        if self.seconds:
            signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def finish(self) -> None:
        """Note that the plan is done."""
        NOTE.pack_into(self._note, 0, 0, 0, 0, 0, 0, 0)
        if self.seconds:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def close(self) -> None:
        """Let go of the note."""
        self._note.close()

    def _suspected(self) -> tuple[int, int]:
        *_, suspect, deaths = NOTE.unpack(self._note)
        return suspect, deaths
