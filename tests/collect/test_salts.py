"""Salts: what a day's ids were hashed with is gone soon after the day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from headwater.collect.salts import Salts

if TYPE_CHECKING:
    from pathlib import Path


def test_salts_of_days_gone_are_thrown_away_and_those_of_today_survive_a_restart(tmp_path: Path) -> None:
    first = [Salts(tmp_path).of_day(date(2026, 3, day)) for day in (1, 2, 3)]

    again = Salts(tmp_path)

    assert again.of_day(date(2026, 3, 3)) == first[2]
    assert again.of_day(date(2026, 3, 1)) != first[0]
    assert (tmp_path / "salts.json").stat().st_mode & 0o077 == 0
