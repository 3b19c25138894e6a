"""Freezing: keep an answer, show it again, and hold it against what the same question says today.

Reads  reports, and the frozen answers of the control database
Makes  frozen answers, and the cells in which today's answer as of the same time differs
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import orjson

from headwater.options import moment_of
from headwater.report.render import plain
from headwater.result import ReportResult
from headwater.store.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headwater.store.control import Control

MOST_DIFFERENCES = 100
"""Cells that a check lists."""


class Freezer:
    """The frozen answers of one workspace; `report` answers, `made_by` names the code that does."""

    def __init__(self, report: Callable[..., ReportResult], control: Control, *, made_by: str) -> None:
        self._report = report
        self._control = control
        self._kept = Frozen(control.engine)
        self._made_by = made_by

    def freeze(self, name: str, report: str, **options: Any) -> ReportResult:
        """Ask a report, keep the answer under `name` and return it.

        Raises UsageError for a name that cannot be or is given, and what the report raises.
        """
        self._kept.check_free(name)
        answer = self._report(report, **options)
        as_of = answer.meta.get("as_of")
        settings, _ = self._control.settings_at(moment_of(as_of) if as_of else None)
        self._kept.keep(
            name,
            report=report,
            asked=plain(options),
            answer=answer.to_json(),
            settings=settings.to_json(),
            made_by=self._made_by,
        )
        return answer

    def runs(self) -> list[dict[str, Any]]:
        """Return what stands behind each frozen answer, the newest first, in plain values."""
        return [plain(run.about()) for run in self._kept.runs()]

    def run(self, name: str) -> ReportResult:
        """Return a frozen answer; its JSON is that which was shown. Raises NotFoundError."""
        return _result(self._kept.run(name).answer)

    def check(self, name: str) -> dict[str, Any]:
        """Ask the same again as of the same time and return in what the answer differs.

        `is_same` is of all bytes; `differences` lists up to 100 cells of rows (by number from 0) and meta.
        """
        run = self._kept.run(name)
        moment = {"as_of": run.as_of} if run.as_of and "between" not in run.asked else {}
        today = self._report(run.report, **(run.asked | moment)).to_json()
        found = list(_differences(orjson.loads(run.answer), orjson.loads(today)))
        return {
            **plain(run.about()),
            "made_today_by": self._made_by,
            "is_same": today == run.answer,
            "difference_count": len(found),
            "differences": found[:MOST_DIFFERENCES],
        }


def _result(answer: bytes) -> ReportResult:
    form = orjson.loads(answer)
    return ReportResult(form["report"], form["columns"], form["rows"], form["meta"])


def _differences(frozen: dict[str, Any], today: dict[str, Any]) -> Iterator[dict[str, Any]]:
    both = [*zip_longest(frozen["rows"], today["rows"], fillvalue={}), (frozen["meta"], today["meta"])]
    for number, (then, now) in enumerate(both):
        row = number if number < len(both) - 1 else "meta"
        for column in dict.fromkeys([*then, *now]):
            if then.get(column) != now.get(column):
                yield {"row": row, "column": column, "frozen": then.get(column), "today": now.get(column)}
