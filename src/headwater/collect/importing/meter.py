"""Meter: how far an import has come, in bytes of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

READING = 0.5
"""Share of the work that is done when the files have been taken apart."""


class Meter:
    """Turns parts that are done into bytes done and bytes in all; never goes backwards."""

    def __init__(self, sizes: Sequence[int], progress: Callable[[int, int], None] | None) -> None:
        self._sizes = sizes
        self._total = max(sum(sizes), 1)
        self._progress = progress
        self._done = 0.0

    def reading(self, place: int) -> Callable[[float], None]:
        """Return the tick for taking one file apart."""
        before = sum(self._sizes[:place])
        return lambda part: self._tell((before + part * self._sizes[place]) / self._total * READING)

    def settling(self) -> Callable[[float], None]:
        """Return the tick for casting and comparing; each new start of it counts for less."""
        return lambda part: self._tell(READING + (1 - READING) * part * 0.98)

    def finish(self) -> None:
        """Say that all is done."""
        self._tell(1.0)

    def _tell(self, share: float) -> None:
        self._done = max(self._done, min(share, 1.0))
        if self._progress:
            self._progress(int(self._done * self._total), self._total)
