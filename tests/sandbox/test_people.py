"""The plan of visits: the same seed gives the same world, and the world is a plausible shop."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from headwater.sandbox.people import MOST_VISITS, Visit, history, person, visits

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = END - timedelta(days=30)


@pytest.fixture(scope="module")
def month() -> list[Visit]:
    return history(seed=7, persons=4000, since=START, until=END)


def test_same_seed_gives_the_same_visits(month: list[Visit]) -> None:
    assert history(seed=7, persons=4000, since=START, until=END) == month


def test_another_seed_gives_other_persons() -> None:
    assert person(1, seed=7).email != person(1, seed=8).email


def test_visits_come_in_time_order(month: list[Visit]) -> None:
    assert [visit.at for visit in month] == sorted(visit.at for visit in month)


def test_a_person_has_one_to_eight_visits_over_days(month: list[Visit]) -> None:
    counts = Counter(visit.person.number for visit in month)

    assert set(counts.values()) <= set(range(1, MOST_VISITS + 1))
    assert len(set(counts.values())) >= 5


def test_visits_of_one_person_are_hours_apart() -> None:
    ways = [visits(person(number, seed=7), start=START, seed=7) for number in range(300)]

    gaps = [later.at - sooner.at for way in ways for sooner, later in itertools.pairwise(way)]

    assert min(gaps) >= timedelta(hours=6)


def test_two_to_four_percent_of_visits_end_in_an_order(month: list[Visit]) -> None:
    orders = sum(visit.deed == "order" for visit in month)

    assert 0.02 <= orders / len(month) <= 0.04


def test_every_channel_brings_somebody(month: list[Visit]) -> None:
    channels = Counter(visit.arrival.channel for visit in month)

    assert set(channels) == {
        "paid_search", "display", "paid_social", "organic_search", "organic_social", "email", "affiliate",
        "ai_assistant", "referral", "direct",
    }  # fmt: skip


def test_some_persons_use_several_devices(month: list[Visit]) -> None:
    devices = {visit.person.number: len(visit.person.devices) for visit in month}

    assert set(devices.values()) == {1, 2, 3}


def test_journeys_still_open_at_the_end_are_kept_for_later(month: list[Visit]) -> None:
    assert sum(visit.at >= END for visit in month) > 100


def test_nobody_gets_letters_without_having_been_there_before(month: list[Visit]) -> None:
    first = {}
    for visit in month:
        first.setdefault(visit.person.number, visit)

    assert not [visit for visit in first.values() if visit.arrival.channel == "email"]
