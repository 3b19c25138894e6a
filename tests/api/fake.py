"""A small workspace that remembers what it was asked, to test the doors without data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from headwater.contract.errors import NotFoundError, UnknownModelError, UnknownReportError
from headwater.contract.settings import Settings
from headwater.readonly import checked
from headwater.result import ReportResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMPARE = ReportResult(
    "compare",
    ("channel", "first", "first_value"),
    [
        {"channel": "paid_search", "first": 1.5, "first_value": Decimal("30.000000")},
        {"channel": "email", "first": 0.5, "first_value": Decimal("0.333333")},
    ],
    {"as_of": datetime(2026, 3, 1, tzinfo=UTC), "models": ["first"], "currency": "EUR"},
)


@dataclass
class Counts:
    said: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return self.said


@dataclass
class FakeWorkspace:
    """Stands where a Workspace stands; `asked` holds every call."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    def import_(self, files: Sequence[Path], *, kind: str, **options: Any) -> Counts:
        texts = [file.read_bytes() for file in files]
        self.asked.append(("import", [file.name for file in files], texts, kind, options))
        return Counts(
            {"received": 2, "stored": 1, "duplicate": 1, "refused": 0, "reasons": {}, "files": ["a"]}
        )

    def build(self, *, full: bool = False, as_of: Any = None) -> Counts:
        self.asked.append(("build", full, as_of))
        return Counts(
            {"mode": "full", "events": 7, "touchpoints": 3, "conversions": 2, "persons": 2, "seconds": 0.1}
        )

    def report(self, name: str, **options: Any) -> ReportResult:
        self.asked.append(("report", name, options))
        if name == "bug":
            message = "an inner secret"
            raise RuntimeError(message)
        if name != "compare":
            raise UnknownReportError.named(name, known=["compare"])
        if options.get("model") == "frist":
            raise UnknownModelError.named("frist", known=["first", "last"])
        return COMPARE

    def explain(
        self, conversion_id: str, *, model: str | None = None, as_of: str | None = None
    ) -> dict[str, Any]:
        self.asked.append(("explain", conversion_id, model, as_of))
        if conversion_id != "order/1":
            raise NotFoundError(
                f"There is no conversion {conversion_id!r}.", hint="`headwater sql` finds it."
            )
        return {"conversion": {"conversion_id": conversion_id, "value": Decimal("9.500000")}, "touches": []}

    def person(self, identifier: str, *, as_of: str | None = None) -> dict[str, Any]:
        self.asked.append(("person", identifier, as_of))
        return {"person_id": "1", "identifiers": [{"identifier": identifier}], "timeline": []}

    def sql(self, query: str, *, as_of: str | None = None) -> pa.Table:
        self.asked.append(("sql", query, as_of))
        checked(query)
        return pa.table({"n": [1, 2], "value": pa.array([Decimal("1.5"), None], pa.decimal128(18, 6))})

    def steps(self) -> list[Any]:
        from headwater.contract.steps import Step
        from headwater.contract.tables import EVENTS, LINKS

        return [Step(makes=LINKS, reads=(EVENTS,), sql="select cast(:n as varchar) as x", params={"n": 1})]

    def close(self) -> None:
        self.asked.append(("close",))
