"""Links: which identifiers one event shows to belong together, and which it does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.identity.identifiers import identifiers
from headwater.identity.links import links
from tests.worlds import Row, at, built, told

STEPS = (identifiers(placeholder_hashes={"test@test"}), links())


def pairs(events: list[Row]) -> list[tuple[str, str]]:
    return [(row["identifier"], row["other_identifier"]) for row in built(*STEPS, events=events)["links"]]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("laptop page", []),
        ("laptop identify ada", [("anonymous:laptop", "user:ada")]),
        ("- identify ada ada@hash", [("email:ada@hash", "user:ada")]),
        ("- identify ada +49", [("phone:+49", "user:ada")]),
        ("laptop identify - ada@hash", [("anonymous:laptop", "email:ada@hash")]),
        ("laptop identify - +49", [("anonymous:laptop", "phone:+49")]),
        ("- identify - ada@hash +49", [("email:ada@hash", "phone:+49")]),
        ("laptop identify ada ada@hash", [("anonymous:laptop", "user:ada"), ("email:ada@hash", "user:ada")]),
        ("laptop track ada Lead", [("anonymous:laptop", "user:ada")]),
    ],
)
def test_an_event_links_its_customer_id_else_its_device(line: str, shown: list[tuple[str, str]]) -> None:
    assert pairs(told(line)) == shown


def test_an_alias_links_the_id_before_as_device_and_as_customer() -> None:
    assert pairs(told("- alias ada old")) == [("anonymous:old", "user:ada"), ("user:ada", "user:old")]


def test_an_alias_of_the_own_device_names_no_customer() -> None:
    assert pairs(told("laptop alias ada laptop")) == [("anonymous:laptop", "user:ada")]


def test_an_alias_without_customer_links_two_devices() -> None:
    assert pairs(told("tablet alias - laptop")) == [("anonymous:laptop", "anonymous:tablet")]


def test_an_alias_to_itself_links_nothing() -> None:
    assert pairs(told("- alias ada ada")) == []


@pytest.mark.parametrize(
    "line",
    ["laptop identify null", "undefined identify ada", "- identify ada test@test", "- alias ada null"],
)
def test_a_placeholder_is_never_part_of_a_link(line: str) -> None:
    assert pairs(told(line)) == []


def test_a_placeholder_in_place_of_the_customer_id_hides_no_address() -> None:
    assert pairs(told("laptop identify undefined ada@hash")) == [("anonymous:laptop", "email:ada@hash")]


def test_a_link_says_how_often_and_when_it_was_seen() -> None:
    events = told("laptop identify ada | laptop page | laptop track ada Lead")

    [row] = built(*STEPS, events=events)["links"]

    assert (row["link_count"], row["first_at"], row["last_at"]) == (2, at("09:00"), at("11:00"))
    assert (row["evidence"], row["event_id"]) == ("identify", "e1")


WORDS = st.lists(
    st.sampled_from(
        ["laptop identify ada", "laptop alias ada tablet", "- alias bo ada", "tablet identify - bo@hash"]
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=20, deadline=None)
@given(WORDS, st.randoms(use_true_random=False))
def test_repeating_or_shuffling_events_shows_no_other_links(words: list[str], chance: object) -> None:
    events = told(" | ".join(words))
    again = [*events, *({**row, "event_id": row["event_id"] + "b"} for row in events)]
    chance.shuffle(again)  # type: ignore[attr-defined]

    assert pairs(again) == pairs(events)
