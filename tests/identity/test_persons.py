"""Persons: whose every event is, from raw events to the end of identity."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import IDENTITY, Row, at, built, event, hashed, owners, parties, told, vectors


def test_two_devices_with_the_same_placeholder_stay_two_persons() -> None:
    assert parties(told("laptop identify null | mobile identify null | laptop page")) == [
        ["e1", "e3"],
        ["e2"],
    ]


def test_no_placeholder_joins_two_devices() -> None:
    values = [case["id"] for case in vectors("identity_blocklist.json")["cases"] if not case["may_link"]]
    events = [
        event(f"{device}-{number}", anonymous_id=f"{device}-{number}", user_id=value, type="identify")
        for number, value in enumerate(values)
        for device in ("laptop", "phone")
    ]

    assert len(set(owners(events).values())) == len(events)


def test_ids_that_only_look_odd_do_join() -> None:
    values = [case["id"] for case in vectors("identity_blocklist.json")["cases"] if case["may_link"]]
    events = [
        event(f"{device}-{number}", anonymous_id=f"{device}-{number}", user_id=value, type="identify")
        for number, value in enumerate(values)
        for device in ("laptop", "phone")
    ]

    assert len(set(owners(events).values())) == len(set(values))


def test_a_shared_device_goes_to_whoever_was_named_last() -> None:
    events = told("till page | till identify bo | till page | till identify cy | till page")

    assert parties(events) == [["e1", "e2", "e3"], ["e4", "e5"]]


def test_an_event_with_a_customer_id_is_that_customers_on_any_device() -> None:
    events = told("till identify bo | till identify cy | till track bo Lead | till page | mobile identify bo")

    assert parties(events) == [["e1", "e3", "e4", "e5"], ["e2"]]


def test_a_shared_device_hears_an_alias_too() -> None:
    events = told("till page | - alias bo till | till page | till identify cy | till page")

    assert parties(events) == [["e1", "e2", "e3"], ["e4", "e5"]]


def test_two_customers_who_take_over_one_device_by_alias_stay_two() -> None:
    events = told("till page | till alias bo till | till page | till alias cy till | till page")

    assert parties(events) == [["e1", "e2", "e3"], ["e4", "e5"]]


def test_a_broken_customer_id_does_not_hide_whose_shared_device_it_is() -> None:
    events = told("till identify - bo@hash | till identify undefined cy@hash | till page")

    assert parties(events) == [["e1"], ["e2", "e3"]]


def test_two_customers_named_at_one_moment_make_no_empty_spans() -> None:
    events = [
        event("e1", "09:00", anonymous_id="till", user_id="bo"),
        event("e2", "09:00", anonymous_id="till", user_id="cy"),
        event("e3", "10:00", anonymous_id="till", user_id="bo"),
        event("e4", "10:00", anonymous_id="till", user_id="cy"),
        event("e5", "11:00", anonymous_id="till"),
    ]

    spans = built(*IDENTITY, events=events)["device_owners"]

    assert [row["until_at"] for row in spans][:-1] == [row["from_at"] for row in spans][1:]
    assert owners(events)["e5"] == owners(events)["e4"]


@pytest.mark.parametrize(("before", "old"), [("laptop page", "laptop"), ("- track old Lead", "old")])
def test_an_alias_joins_the_id_before_device_or_customer(before: str, old: str) -> None:
    assert parties(told(f"{before} | - alias ada {old} | - track ada Lead")) == [["e1", "e2", "e3"]]


def test_an_alias_said_twice_or_the_other_way_round_changes_nothing() -> None:
    once = parties(told("- track ada X | - track bo X | - alias ada bo"))

    assert once == [["e1", "e2", "e3"]]
    assert parties(told("- track ada X | - track bo X | - alias bo ada")) == once
    assert parties(
        told("- track ada X | - track bo X | - alias ada bo | - alias ada bo | - alias bo ada")
    ) == [["e1", "e2", "e3", "e4", "e5"]]


def test_a_late_link_gives_earlier_events_to_the_person() -> None:
    before = told("laptop page | mobile page | mobile identify ada")
    late = told("laptop page | mobile page | mobile identify ada | laptop identify ada")

    assert parties(before) == [["e1"], ["e2", "e3"]]
    assert parties(late) == [["e1", "e2", "e3", "e4"]]


def test_an_event_falls_back_from_customer_to_device_to_address() -> None:
    found = owners(told("laptop track ada X | laptop page | - identify - bo@hash | - identify - +49"))

    assert found == {
        "e1": min(hashed("user:ada"), hashed("anonymous:laptop")),
        "e2": min(hashed("user:ada"), hashed("anonymous:laptop")),
        "e3": hashed("email:bo@hash"),
        "e4": hashed("phone:+49"),
    }


def test_events_without_any_identifier_are_persons_of_their_own() -> None:
    assert parties(told("- page | - page | null identify undefined")) == [["e1"], ["e2"], ["e3"]]


def test_server_events_from_one_address_of_the_network_are_not_one_person() -> None:
    events = [event(f"e{number}", context={"ip": "203.0.113.7", "userAgent": "curl"}) for number in (1, 2, 3)]

    assert parties(events) == [["e1"], ["e2"], ["e3"]]


LINES = st.lists(
    st.sampled_from(
        [
            "laptop page", "laptop identify ada", "mobile page", "mobile identify ada", "till page",
            "till identify bo", "till identify cy", "till alias bo till", "- alias ada old", "- track old X",
            "- track ada X ada@hash", "- identify bo ada@hash", "tablet alias - mobile", "null identify null",
            "mobile identify undefined bo@hash", "- page",
        ]
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(LINES, st.randoms(use_true_random=False))
def test_shuffling_events_changes_nothing(lines: list[str], chance: object) -> None:
    events = told(" | ".join(lines))
    shuffled = list(events)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert owners(shuffled) == owners(events)


@settings(max_examples=25, deadline=None)
@given(LINES)
def test_repeating_events_under_new_ids_changes_no_persons(lines: list[str]) -> None:
    events = told(" | ".join(lines))
    again = [{**row, "event_id": f"{row['event_id']}-again"} for row in events]

    before, after = owners(events), owners([*events, *again])

    assert {event_id: after[event_id] for event_id in before} == before


@settings(max_examples=25, deadline=None)
@given(LINES)
def test_an_event_told_twice_is_the_same_persons_both_times(lines: list[str]) -> None:
    events = told(
        " | ".join(f"{line} own@hash" for line in lines if not line.endswith("@hash")) or "- page a@hash"
    )
    again = [{**row, "event_id": f"{row['event_id']}-again"} for row in events]

    found = owners([*events, *again])

    assert [found[row["event_id"]] for row in again] == [found[row["event_id"]] for row in events]


# -- what an event says of itself ------------------------------------------------------------------


def seen(**columns: object) -> Row:
    [row] = built(*IDENTITY, events=[event(**columns)])["person_events"]  # type: ignore[arg-type]
    return row


@pytest.mark.parametrize(
    ("url", "referrer", "host"),
    [
        ("https://shop.example/", "https://www.google.com/search?q=x", "www.google.com"),
        ("https://shop.example/", "https://WWW.Google.com:443", "www.google.com"),
        ("https://shop.example/", "https://news.example?x=1", "news.example"),
        ("https://shop.example/a", "https://shop.example/b", None),
        ("https://shop.example/a", "https://SHOP.example/b", None),
        ("https://shop.example/a", "https://checkout.shop.example/b", None),
        ("https://www.shop.example/a", "https://shop.example/b", None),
        ("https://shop.example/", "https://www.paypal.com/checkout", None),
        ("https://shop.example/", "https://accounts.google.com/o/oauth2", None),
        ("https://shop.example/", "", None),
        (None, "https://www.google.com/", "www.google.com"),
    ],
)
def test_a_referrer_counts_unless_it_is_own_or_a_payment_or_sign_in_page(
    url: str | None, referrer: str, host: str | None
) -> None:
    assert seen(url=url, referrer=referrer)["referrer_host"] == host


@pytest.mark.parametrize(
    ("columns", "has_tags"),
    [
        ({"url": "https://shop.example/?utm_source=x"}, True),
        ({"url": "https://shop.example/?a=1&gclid=x"}, True),
        ({"url": "https://shop.example/?id=1"}, False),
        ({"url": "https://shop.example/utm_source=x"}, False),
        ({"url": None}, False),
        ({"context": {"campaign": {"source": "news"}}}, True),
        ({"context": {"campaign": {}, "ip": "203.0.113.7"}}, False),
        ({"context": '{"campaign":{},"library":{"name":"x"}}'}, False),
        ({"context": '{"campaign":{"name":"x"}}'}, True),
        ({"context": {"campaign": None}}, False),
    ],
)
def test_tags_are_parameters_of_the_url_or_a_campaign_that_says_something(
    columns: dict[str, object], has_tags: bool
) -> None:
    assert seen(**columns)["has_tags"] is has_tags


def test_pages_and_screens_are_visits_and_so_is_whatever_happened_on_a_page() -> None:
    assert seen(type="page", url=None)["is_visit"] is True
    assert seen(type="screen", url=None)["is_visit"] is True
    assert seen(type="track", url="https://shop.example/")["is_visit"] is True
    assert seen(type="track", url=None)["is_visit"] is False
    assert seen(type="track", url="")["is_visit"] is False
    assert seen()["occurred_at"] == at("09:00")


@pytest.mark.parametrize("name", ["engagement", "user_engagement"])
def test_what_is_said_of_a_page_that_was_left_is_no_visit(name: str) -> None:
    url = "https://shop.example/?utm_source=x"

    assert seen(type="track", event=name, url=url)["is_visit"] is False
    assert seen(type="track", event="Engagement Survey", url=url)["is_visit"] is True
