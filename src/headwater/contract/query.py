"""Queries and results of reports: what is asked, and the table that answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.contract.models import Model
    from headwater.contract.ports import Reader
    from headwater.contract.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """What a report is asked; every option of `headwater report` in plain values."""

    by: str = "channel"
    """Dimension: channel, source, medium, campaign, content, term, ad, landing_page, referrer, ..."""
    models: tuple[str, ...] = ()
    """Names of models; empty means the report's default."""
    goal: str | None = None
    """One goal; None means every macro goal."""
    window: timedelta | None = None
    """None means the window of the settings; `ALL_TIME` means every earlier touchpoint."""
    since: date | None = None
    """First day of conversion, in the workspace's zone."""
    until: date | None = None
    """Last day of conversion, included."""
    segment: str | None = None
    """Condition on persons, `attribute=value`."""
    currency: str | None = None
    """Reporting currency; None means the workspace's."""
    as_of: datetime | None = None
    """What was known at this time, UTC; None means everything."""
    with_flagged: bool = False
    """Count flagged touchpoints and conversions (bots, staff, tests, ...) as well."""
    limit: int | None = None
    """Most rows to return; None means the report's default."""


ALL_TIME = timedelta(days=36500)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """The table that answers: column names, rows as dictionaries, and what stands behind them.

    Money is Decimal, credit float, times datetime in UTC, days date, paths lists of strings.
    """

    report: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """What a report may use: a reader of the tables, the settings and the models by name."""

    reader: Reader
    settings: Settings
    models: Mapping[str, Model]
    settled_at: datetime | None = None
    """Since when these settings hold, UTC; None: since ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report: a pure function from tables and a query to a table."""

    name: str
    summary: str
    answer: Callable[[ReportContext, ReportQuery], ReportTable]
