"""Errors: every failure that Headwater raises on purpose names the problem and the way out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


class HeadwaterError(Exception):
    """Base of every error that this package raises on purpose.

    `problem` says what is wrong and where (file, row, field); `hint` says the way out.
    """

    def __init__(self, problem: str, *, hint: str) -> None:
        super().__init__(f"{problem}\n\nHint: {hint}")
        self.problem = problem
        self.hint = hint


class UsageError(HeadwaterError):
    """The caller asked for something that cannot be meant; the command line exits with 2."""


class UnknownNameError(UsageError):
    """Something was named that does not exist; the hint offers the nearest that does."""

    kind = "thing"

    @classmethod
    def named(cls, name: str, *, known: Iterable[str]) -> Self:
        """Build the message from the name as typed and the names that exist."""
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}."
        return cls(f"No {cls.kind} is called {name!r}.", hint=hint)


class UnknownSettingError(UnknownNameError):
    """The settings bear a key that Headwater does not know."""

    kind = "setting"


class UnknownStepError(UnknownNameError):
    """No step of the pipeline makes this table."""

    kind = "step"


class UnknownModelError(UnknownNameError):
    """No attribution model has this name."""

    kind = "model"


class UnknownReportError(UnknownNameError):
    """No report has this name."""

    kind = "report"


class UnknownDimensionError(UnknownNameError):
    """Reports cannot be broken down by this."""

    kind = "dimension"


class NotFoundError(HeadwaterError):
    """A conversion, person or file that was named is not in the workspace."""


class WorkspaceBusyError(HeadwaterError):
    """Another process holds the workspace."""
