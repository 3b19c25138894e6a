"""Settled: what an import comes to, before it is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The new rows as Parquet files, and the counts of rows of the files that were imported."""

    files: list[Path]
    accepted: int
    """Rows without a fault."""
    stored: int
    duplicate: int
    replaced_days: int = 0
    repeated: dict[int, str] = field(default_factory=dict)
    """SQL per file that lists rows (row, raw) which another row of the import overrides."""
