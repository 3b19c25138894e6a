"""The time of an event, whatever the client's clock says."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from collecting import DATA
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.clock import FUTURE_TOLERANCE, Doubt, moment, occurred_at

when = datetime.fromisoformat
NOON = when("2026-03-15T12:00:00")
VECTORS = DATA / "vectors" / "timestamps.json"


def test_a_clock_that_is_wrong_cancels_out() -> None:
    assert occurred_at("2036-03-12T11:57:00Z", sent="2036-03-12T12:00:00Z", received=NOON) == (
        NOON - timedelta(minutes=3),
        None,
    )


def test_a_time_set_by_hand_stays_when_the_clock_is_right() -> None:
    backdated = occurred_at("2026-03-01T08:00:00.123Z", sent="2026-03-15T11:59:58Z", received=NOON)

    assert backdated == (when("2026-03-01T08:00:00.123"), None)


def test_without_a_sending_time_the_client_is_believed() -> None:
    assert occurred_at("2026-03-15T11:00:00Z", sent=None, received=NOON) == (NOON - timedelta(hours=1), None)


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_time_the_event_happened_when_it_came(nothing: str | None) -> None:
    assert occurred_at(nothing, sent=None, received=NOON) == (NOON, None)


@pytest.mark.parametrize(
    ("claimed", "doubt"),
    [
        ("2099-01-01T00:00:00Z", Doubt.FUTURE),
        ("9999-12-31T23:59:59Z", Doubt.FUTURE),
        ("2026-03-16T11:00:00.001Z", Doubt.FUTURE),
        ("0000-01-01T00:00:00Z", Doubt.UNREADABLE),
        ("+275760-09-13T00:00:00.000Z", Doubt.UNREADABLE),
        ("2026-02-30T00:00:00Z", Doubt.UNREADABLE),
        ("15/03/2026", Doubt.UNREADABLE),
        ("2026-03-15T12:00:00+25:00", Doubt.UNREADABLE),
        ("now", Doubt.UNREADABLE),
        ({}, Doubt.UNREADABLE),
        (True, Doubt.UNREADABLE),
        (10**30, Doubt.UNREADABLE),
        (0, Doubt.PAST),
        (-1, Doubt.PAST),
        ("1999-12-31T23:59:59Z", Doubt.PAST),
    ],
)
def test_what_cannot_be_believed_is_the_time_of_receipt_with_a_doubt(claimed: Any, doubt: Doubt) -> None:
    assert occurred_at(claimed, sent=None, received=NOON) == (NOON, doubt)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-15T12:00:00", NOON),
        ("2026-03-15T12:00:00Z", NOON),
        ("2026-03-15T12:00:00+14:00", NOON - timedelta(hours=14)),
        ("2026-03-15T12:00:00-12:00", NOON + timedelta(hours=12)),
        ("2026-03-15", when("2026-03-15")),
        ("1773576000", NOON),
        ("1773576000000", NOON),
        (1773576000, NOON),
        (1773576000.0, NOON),
        (1773576000000, NOON),
        (1773576000000000, NOON),
        ("2016-12-31T23:59:60Z", when("2017-01-01")),
        ("2026-03-15T12:00:00.123456789Z", when("2026-03-15T12:00:00.123456")),
    ],
)
def test_times_are_read_as_clients_write_them(written: Any, meant: datetime) -> None:
    assert moment(written) == meant


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside this repository")
def test_the_skew_vectors_hold() -> None:
    cases = json.loads(VECTORS.read_bytes())["skew"]

    found = [
        occurred_at(case["timestamp"], sent=case["sent_at"], received=moment(case["received_at"]) or NOON)[0]
        for case in cases
    ]

    assert found == [moment(case["expect_event_time"]) for case in cases]


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside this repository")
def test_no_odd_value_of_the_vectors_lies_in_the_future() -> None:
    values = [case["value"] for case in json.loads(VECTORS.read_bytes())["odd_values"]]

    assert max(occurred_at(value, sent=None, received=NOON)[0] for value in values) <= NOON + FUTURE_TOLERANCE


ANYTHING = st.one_of(
    st.text(max_size=40),
    st.integers(),
    st.floats(),
    st.none(),
    st.booleans(),
    st.datetimes().map(datetime.isoformat),
    st.datetimes().map(lambda time: time.isoformat() + "-11:30"),
)


@given(claimed=ANYTHING, sent=ANYTHING)
def test_every_time_whatever_was_sent_lies_within_bounds(claimed: Any, sent: Any) -> None:
    happened, _ = occurred_at(claimed, sent=sent, received=NOON)

    assert when("2000-01-01") <= happened <= NOON + FUTURE_TOLERANCE
