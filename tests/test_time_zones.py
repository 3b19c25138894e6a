"""Days and hours are those of the workspace's zone, also where its clocks are set."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contract.query import ReportQuery
from headwater.report.filters import bounds
from headwater.workspace import Workspace
from tests.worlds import vectors

if TYPE_CHECKING:
    from pathlib import Path

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")


def listed(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = vectors("timezones.json")[name]
    return found


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def test_a_day_is_as_long_as_the_zone_makes_it() -> None:
    for case in listed("days"):
        day = date.fromisoformat(case["local_date"])
        first, after = bounds(ReportQuery(since=day, until=day), zone=case["zone"])

        assert (first, after) == (naive(case["start_utc"]), naive(case["end_utc"])), case
        assert first is not None
        assert after is not None
        assert (after - first) == timedelta(hours=case["hours"])


@given(zone=st.sampled_from(ZONES), day=st.dates(date(1970, 1, 2), date(2037, 12, 30)))
def test_the_end_of_a_day_is_the_start_of_the_next(zone: str, day: date) -> None:
    after = day + timedelta(days=1)

    _, end = bounds(ReportQuery(since=day, until=day), zone=zone)
    start, _ = bounds(ReportQuery(since=after, until=after), zone=zone)

    assert end == start


@given(zone=st.sampled_from(ZONES), minutes=st.integers(0, 60 * 24 * 365 * 60))
def test_every_moment_lies_in_exactly_one_day(zone: str, minutes: int) -> None:
    moment = datetime(1972, 1, 1) + timedelta(minutes=minutes)
    here = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()

    within = [
        day
        for day in (here - timedelta(days=1), here, here + timedelta(days=1))
        for first, after in [bounds(ReportQuery(since=day, until=day), zone=zone)]
        if first is not None and after is not None and first <= moment < after
    ]

    assert within == [here]


def shop(folder: Path, zone: str, moments: list[str]) -> Workspace:
    """Return a workspace in a zone with a conversion at each of the moments."""
    workspace = Workspace(folder)
    workspace.control.apply({"time_zone": zone, "currency": "EUR"})
    lines = ["conversion_id,person,occurred_at,value,currency"]
    lines += [f"c{number},p{number},{moment},1,EUR" for number, moment in enumerate(moments)]
    source = folder.parent / f"{folder.name}.csv"
    source.write_text("\n".join(lines))
    workspace.import_([source], kind="conversions")
    workspace.build()
    return workspace


def by_day(workspace: Workspace) -> dict[str, int]:
    """Return conversions by local day, as the overview draws them."""
    return {row["day"]: row["conversions"] for row in workspace.report("overview").meta["days"]}


def on_day(workspace: Workspace, day: str) -> int:
    """Return the conversions of one local day, asked by since and until."""
    return int(workspace.report("overview", since=day, until=day).rows[0]["conversions"])


def test_moments_are_reported_on_their_local_day(tmp_path: Path) -> None:
    cases = listed("instants")
    for number, zone in enumerate(sorted({case["zone"] for case in cases})):
        own = [case for case in cases if case["zone"] == zone]
        expected = Counter(case["local_date"] for case in own)
        with shop(tmp_path / str(number), zone, [case["utc"] for case in own]) as workspace:
            assert by_day(workspace) == expected, zone
            assert {day: on_day(workspace, day) for day in expected} == expected, zone


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/New_York", "2026-03-08 02:30:00", "2026-03-08T07:30:00"),  # no clock ever showed it
        ("America/New_York", "2026-11-01 01:30:00", "2026-11-01T05:30:00"),  # shown twice: the first
        ("America/New_York", "2026-11-01 02:30:00", "2026-11-01T07:30:00"),
        ("America/New_York", "2026-07-01 12:00:00", "2026-07-01T16:00:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45:00", "2026-04-04T14:45:00"),  # half an hour twice
    ],
)
def test_a_time_without_a_zone_is_read_on_the_clock_of_the_workspace(
    tmp_path: Path, zone: str, local: str, utc: str
) -> None:
    with shop(tmp_path / "shop", zone, [local]) as workspace:
        found = workspace.sql("select occurred_at from conversions").column(0).to_pylist()

    assert found == [datetime.fromisoformat(utc)]


def test_a_day_that_the_zone_left_out_holds_nothing(tmp_path: Path) -> None:
    moments = ["2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"]
    with shop(tmp_path / "shop", "Pacific/Apia", moments) as workspace:
        assert [on_day(workspace, f"2011-12-{day}") for day in (29, 30, 31)] == [1, 0, 1]
        assert by_day(workspace) == {"2011-12-29": 1, "2011-12-31": 1}


def test_another_zone_deals_the_same_conversions_to_other_days(tmp_path: Path) -> None:
    hours = [f"2026-03-29T{hour:02}:30:00Z" for hour in range(24)]
    with shop(tmp_path / "shop", "Europe/London", hours) as workspace:
        seen = set()
        for zone in ZONES:
            workspace.control.apply({"time_zone": zone, "currency": "EUR"})
            workspace.build()
            assert sum(by_day(workspace).values()) == 24, zone
            seen.add(tuple(by_day(workspace).values()))

    assert (23, 1) in seen  # London set its clocks forward on that day
    assert len(seen) > 2
