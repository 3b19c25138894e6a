"""Shapes: what the API's JSON answers look like, for OpenAPI and the typed web client."""

from typing import Any

from pydantic import BaseModel


class ReportListed(BaseModel):
    """One report that can be asked for."""

    name: str
    summary: str


class ReportAnswer(BaseModel):
    """The answer of a report; money is a decimal string, credit a number, times ISO 8601 in UTC."""

    report: str
    columns: list[str]
    rows: list[dict[str, Any]]
    meta: dict[str, Any]


class RecentConversion(BaseModel):
    """One conversion, as a list of the latest shows it."""

    conversion_id: str
    person_id: str
    """A number of 60 bits, as text: JavaScript would round it."""
    occurred_at: str
    goal: str
    net_value: str | None
    refunded: str | None
    step_count: int
    """Touchpoints in its window."""


class StepShown(BaseModel):
    """One step of the pipeline."""

    name: str
    kind: str
    """sql, solve or loop"""
    doc: str
    reads: list[str]
    columns: list[str]
    sql: str | None


class Status(BaseModel):
    """How the workspace stands; received = stored + duplicate + refused."""

    version: str
    started_at: str
    received: int
    stored: int
    duplicate: int
    refused: int
    waiting: int
    """Receipts of the collector that are not in the tables yet."""
    events: int
    """Events in the tables."""
    touchpoints: int
    conversions: int
    persons: int
    last_build: dict[str, Any]
    complete_to: str | None
    """Reports hold everything that was learned up to this time, UTC."""
    settings_version: str


class SqlQuestion(BaseModel):
    """One SELECT over the workspace's tables, of now or of a past time."""

    query: str
    as_of: str | None = None


class BuildWish(BaseModel):
    """What to build; nothing given means whatever is new."""

    full: bool = False
    as_of: str | None = None


class SettingsShown(BaseModel):
    """The settings that hold, and what of them was chosen."""

    version: str
    settings: dict[str, Any]
    chosen: dict[str, Any]


class Problem(BaseModel):
    """RFC 9457 problem JSON: every failure looks like this."""

    type: str
    title: str
    status: int
    detail: str
    hint: str


class Pong(BaseModel):
    """Who answers."""

    version: str
    pid: int
