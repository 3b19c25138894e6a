"""Sessions: where a visit ends, in lines of clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.journey.click_ids import PARAMETER_PATTERN
from headwater.journey.sessions import sessions
from tests.worlds import Row, at, made, person, visits

STEP = sessions(idle=timedelta(minutes=30), tag_pattern=PARAMETER_PATTERN)


def cut(*lines: str) -> list[tuple[str, int]]:
    """Return (session_id, events) of each visit."""
    return [(row["session_id"], row["event_count"]) for row in made(STEP, person_events=visits(*lines))]


def test_silence_longer_than_idle_starts_a_new_session() -> None:
    assert cut("ada: 09:00 09:10 | 11:00") == [("ada-01", 2), ("ada-03", 1)]


def test_an_event_exactly_idle_after_the_one_before_still_belongs_to_the_visit() -> None:
    assert cut("ada: 09:00 09:30 10:00") == [("ada-01", 3)]


def test_a_moment_longer_than_idle_is_too_long() -> None:
    rows = visits("ada: 09:00 09:30")
    rows[1]["occurred_at"] += timedelta(microseconds=1)

    assert len(made(STEP, person_events=rows)) == 2


def test_persons_have_visits_of_their_own() -> None:
    assert cut("ada: 09:00 09:10", "bo: 09:05 | 09:40") == [("ada-01", 2), ("bo-01", 1), ("bo-02", 1)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ada: 09:00 | 09:05?utm_source=news", [("ada-01", 1), ("ada-02", 1)]),
        ("ada: 09:00?utm_source=a | 09:05?utm_source=b", [("ada-01", 1), ("ada-02", 1)]),
        ("ada: 09:00?gclid=a | 09:05?gclid=b", [("ada-01", 1), ("ada-02", 1)]),
        ("ada: 09:00?gclid=a | 09:05?gclid=A", [("ada-01", 1), ("ada-02", 1)]),
        ("ada: 09:00?utm_source=a 09:05?utm_source=a", [("ada-01", 2)]),
        ("ada: 09:00?utm_source=a 09:05hats 09:06hats", [("ada-01", 3)]),
        ("ada: 09:00?utm_source=a 09:05hats?utm_source=a", [("ada-01", 2)]),
        ("ada: 09:00?utm_source=a 09:05hats?size=4&utm_source=a#top", [("ada-01", 2)]),
        ("ada: 09:00?utm_source=a 09:05hats | 09:10?utm_source=a", [("ada-01", 2), ("ada-03", 1)]),
    ],
)
def test_tags_that_differ_from_the_event_before_start_a_session(
    line: str, found: list[tuple[str, int]]
) -> None:
    assert cut(line) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ada: 09:00 | 09:05<google.com", [("ada-01", 1), ("ada-02", 1)]),
        ("ada: 09:00<google.com 09:05hats", [("ada-01", 2)]),
        ("ada: 09:00<google.com 09:05<google.com 09:06hats<google.com", [("ada-01", 3)]),
        ("ada: 09:00<google.com | 09:05<bing.com", [("ada-01", 1), ("ada-02", 1)]),
        ("ada: 09:00<google.com 09:05hats | 09:06<google.com", [("ada-01", 2), ("ada-03", 1)]),
    ],
)
def test_an_outside_referrer_that_is_new_starts_a_session(line: str, found: list[tuple[str, int]]) -> None:
    assert cut(line) == found


def test_a_campaign_that_an_app_repeats_on_every_screen_is_one_visit() -> None:
    rows = [row | {"has_tags": True, "url": None} for row in visits("ada: 09:00 09:05 09:10")]

    assert [row["event_count"] for row in made(STEP, person_events=rows)] == [3]


def test_a_campaign_without_url_after_plain_pages_starts_a_session() -> None:
    rows = visits("ada: 09:00 09:05")
    rows[1] |= {"has_tags": True, "url": None}

    assert [row["event_count"] for row in made(STEP, person_events=rows)] == [1, 1]


def test_what_happened_on_no_page_is_no_part_of_a_visit() -> None:
    rows = visits("ada: 09:00 09:20 09:40")
    rows[1]["is_visit"] = False

    assert [row["event_count"] for row in made(STEP, person_events=rows)] == [1, 1]


def test_a_session_begins_and_ends_with_its_own_events() -> None:
    rows = made(STEP, person_events=visits("ada: 09:00?utm_source=x<google.com 09:10hats | 11:00 11:20"))

    assert [(row["started_at"], row["ended_at"]) for row in rows] == [
        (at("09:00"), at("09:10")),
        (at("11:00"), at("11:20")),
    ]
    assert rows[0] | {"person_id": 0} == rows[0] | {
        "person_id": 0,
        "has_tags": True,
        "referrer_host": "google.com",
        "url": "https://shop.example/?utm_source=x",
    }
    assert (rows[1]["has_tags"], rows[1]["referrer_host"]) == (False, None)


def test_of_events_at_one_moment_the_smaller_id_comes_first() -> None:
    rows = visits("ada: 09:00 09:00?utm_source=x 09:00hats")

    assert made(STEP, person_events=rows[::-1]) == made(STEP, person_events=rows)
    assert cut("ada: 09:00 | 09:00?utm_source=x 09:00hats") == [("ada-01", 1), ("ada-02", 2)]


WORDS = st.builds(
    lambda minute, page: f"{9 + minute // 60:02d}:{minute % 60:02d}{page}",
    st.integers(0, 200),
    st.sampled_from(["", "", "hats", "?utm_source=a", "?gclid=b", "<google.com", "?utm_source=a<bing.com"]),
)
LINES = st.lists(WORDS, min_size=1, max_size=8)


def reference(rows: list[Row]) -> list[tuple[str, int]]:
    """Cut the visits of one person, by the rule as it is written down."""
    found: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: (row["occurred_at"], row["event_id"])):
        before = found[-1][-1] if found else None
        if (
            before is None
            or row["occurred_at"] - before["occurred_at"] > timedelta(minutes=30)
            or (row["has_tags"] and row["url"].partition("?")[2] != before["url"].partition("?")[2])
            or (row["referrer_host"] and row["referrer_host"] != before["referrer_host"])
        ):
            found.append([])
        found[-1].append(row)
    return sorted((visit[0]["event_id"], len(visit)) for visit in found)


@settings(max_examples=50, deadline=None)
@given(LINES, LINES, st.randoms(use_true_random=False))
def test_every_event_is_in_the_one_session_that_the_rule_says(
    ada: list[str], bo: list[str], chance: object
) -> None:
    lines = [visits(f"ada: {' '.join(ada)}"), visits(f"bo: {' '.join(bo)}")]
    mixed = lines[0] + lines[1]
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    rows = made(STEP, person_events=mixed)

    assert sum(row["event_count"] for row in rows) == len(mixed)
    assert [(row["session_id"], row["event_count"]) for row in rows] == reference(lines[0]) + reference(
        lines[1]
    )


def test_flagged_events_have_visits_of_their_own_and_cut_no_other() -> None:
    rows = visits("ada: 09:00 09:10 09:20 09:30")
    rows[1]["flag"], rows[2]["flag"] = "prefetch", "bot"

    found = made(STEP, person_events=rows)

    assert [(row["session_id"], row["flag"], row["event_count"]) for row in found] == [
        ("ada-01", None, 2),
        ("ada-02", "prefetch", 1),
        ("ada-03", "bot", 1),
    ]
    assert {row["person_id"] for row in found} == {person("ada")}


def test_a_visit_with_more_events_a_minute_than_a_hand_can_make_is_a_burst() -> None:
    step = sessions(idle=timedelta(minutes=30), tag_pattern="x=", burst=3)

    fast = made(step, person_events=visits("ada: 09:00 09:00 09:00 09:00"))
    slow = made(step, person_events=visits("bo: 09:00 09:00 09:00 09:01"))

    assert [row["flag"] for row in (*fast, *slow)] == ["burst", None]
