"""Findings: what one check of the set-up found, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    is_well: bool
    found: str
    hint: str = ""
    """The way out where it is not well; advice where it is."""
