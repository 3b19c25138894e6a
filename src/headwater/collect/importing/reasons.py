"""Reasons: why a row of a file did not become a fact, as a closed set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a row was refused; the values are what `report quality` lists."""

    MISSING_VALUE = "missing_value"
    BAD_TIMESTAMP = "bad_timestamp"
    BAD_PERIOD = "bad_period"
    BAD_NUMBER = "bad_number"
    NEGATIVE_VALUE = "negative_value"
    UNKNOWN_CURRENCY = "unknown_currency"
    TOO_LONG = "too_long"
    BAD_JSON = "bad_json"
    BAD_ENCODING = "bad_encoding"
    BAD_ROW = "bad_row"
    BAD_PATH = "bad_path"
    BAD_IDENTIFIER = "bad_identifier"
    REPEATED_KEY = "repeated_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a row can be wrong: the condition that finds it and the words that say it."""

    condition: str
    """SQL, true for a row that is wrong."""
    field: str
    reason: Reason
    detail: str
