"""Identifiers: every raw key once, placeholders kept but never linking."""

from __future__ import annotations

from headwater.identity.identifiers import identifiers
from tests.worlds import event, made, told, vectors


def test_every_id_on_an_event_is_an_identifier_with_its_kind() -> None:
    events = [event(anonymous_id="laptop", user_id="ada", email="ada@hash", phone="+hash")]

    rows = made(identifiers(), events=events)

    assert [row["identifier"] for row in rows] == [
        "anonymous:laptop", "email:ada@hash", "phone:+hash", "user:ada",
    ]  # fmt: skip
    assert [row["kind"] for row in rows] == ["anonymous", "email", "phone", "user"]
    assert [row["value"] for row in rows] == ["laptop", "ada@hash", "+hash", "ada"]


def test_an_identifier_has_one_row_however_often_it_is_seen() -> None:
    rows = made(identifiers(), events=told("laptop page | laptop page | laptop identify ada | - track ada X"))

    assert [row["identifier"] for row in rows] == ["anonymous:laptop", "user:ada"]


def test_an_id_with_a_colon_in_it_keeps_its_value() -> None:
    rows = made(identifiers(), events=[event(user_id="crm:7:b")])

    assert [(row["kind"], row["value"]) for row in rows] == [("user", "crm:7:b")]


def test_an_empty_id_is_no_identifier() -> None:
    assert made(identifiers(), events=[event(user_id="", anonymous_id="", email="", phone=None)]) == []


def test_imports_bring_identifiers_too() -> None:
    rows = made(
        identifiers(),
        imported_touchpoints=[{"touchpoint_id": "t1", "person": "user:ada"}],
        imported_conversions=[{"conversion_id": "c1", "person": "email:bo@hash"}, {"conversion_id": "c2"}],
        imported_persons=[{"person": "user:cy"}],
        imported_paths=[{"path_id": "p1", "step": 1}, {"path_id": "p1", "step": 2}],
    )

    assert [row["identifier"] for row in rows] == ["email:bo@hash", "path:p1", "user:ada", "user:cy"]
    assert all(row["may_link"] for row in rows)


def test_placeholders_are_kept_and_may_not_link() -> None:
    given = {case["id"]: case["may_link"] for case in vectors("identity_blocklist.json")["cases"]}
    events = [event(f"e{number}", user_id=value) for number, value in enumerate(given)]

    rows = made(identifiers(), events=events)

    assert {row["value"]: row["may_link"] for row in rows} == {k: v for k, v in given.items() if k}


def test_a_placeholder_stands_for_nobody_as_a_device_either() -> None:
    rows = made(identifiers(), events=[event(anonymous_id="undefined"), event("e2", anonymous_id="laptop")])

    assert {row["value"]: row["may_link"] for row in rows} == {"undefined": False, "laptop": True}


def test_hashes_of_placeholder_addresses_may_not_link() -> None:
    events = [event(email="hash-of-test@test.com"), event("e2", email="hash-of-ada")]

    rows = made(identifiers(placeholder_hashes={"hash-of-test@test.com"}), events=events)

    assert {row["value"]: row["may_link"] for row in rows} == {
        "hash-of-test@test.com": False,
        "hash-of-ada": True,
    }
