"""Queries and results of reports: what is asked, and the table that answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    import pyarrow as pa

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
    between: tuple[datetime, datetime] | None = None
    """Two times, UTC: what changed from what was shown at the first to what was shown at the second."""
    move: str | None = None
    """Money to move in `budget`, `FROM:TO:AMOUNT`; others refuse it."""
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
class KnownApart:
    """The identifiers (as stable hashes), persons and links of some tables."""

    persons: pa.Table
    """hash, person_id, is_device"""
    links: pa.Table
    """hash, other_hash"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remake:
    """Tables to make from some of the facts: what would have been shown if only they were known."""

    until: datetime
    """Facts that were known by then, UTC."""
    settings_at: datetime
    """Settings that held then, UTC."""
    admitted: Mapping[str, str] = field(default_factory=dict)
    """By kind of archive file, the SQL condition over its columns that a fact must meet; else all count."""
    apart: KnownApart | None = None
    """Persons whom no new link may join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """What a report may use: a reader of the tables, the settings and the models by name."""

    reader: Reader
    settings: Settings
    models: Mapping[str, Model]
    settled_at: datetime | None = None
    """Since when these settings hold, UTC; None: since ever."""
    remade: Callable[[Remake], AbstractContextManager[ReportContext]] | None = None
    """Gives the same of other tables; None where there is no archive to make them from."""
    solve: Callable[[str], None] | None = None
    """Brings a table up to date that is only made when somebody asks; None where all tables are as they should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report: a pure function from tables and a query to a table."""

    name: str
    summary: str
    answer: Callable[[ReportContext, ReportQuery], ReportTable]
    moves_money: bool = False
    """It can be asked for a move, `ReportQuery.move`, and others refuse one."""
    compares_times: bool = False
    """It asks for two times, `ReportQuery.between`, and others refuse them."""
