"""Importing rows that are wrong: each is refused with its place and reason, none stops the others."""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from import_shop import Shop

TOUCHES = "person,occurred_at,channel,cost\n"
GOOD = "ada,2026-03-15T09:30:00Z,Email,1.5\n"


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (",2026-03-15T09:30:00Z,Email,1", "person", "missing_value"),
        ("ada,,Email,1", "occurred_at", "missing_value"),
        ("ada,15/03/2026,Email,1", "occurred_at", "bad_timestamp"),
        ("ada,2026-02-30T00:00:00Z,Email,1", "occurred_at", "bad_timestamp"),
        ("ada,0000-01-01T00:00:00Z,Email,1", "occurred_at", "bad_timestamp"),
        ("ada,2026-03-15T12:00:00+25:00,Email,1", "occurred_at", "bad_timestamp"),
        ("ada,now,Email,1", "occurred_at", "bad_timestamp"),
        ("ada,-1,Email,1", "occurred_at", "bad_timestamp"),
        ('ada,2026-03-15T09:30:00Z,Email,"1,5"', "cost", "bad_number"),
        ("ada,2026-03-15T09:30:00Z,Email,$5", "cost", "bad_number"),
        ("ada,2026-03-15T09:30:00Z,Email,NaN", "cost", "bad_number"),
        ("ada,2026-03-15T09:30:00Z,Email,1_000", "cost", "bad_number"),
        ("ada,2026-03-15T09:30:00Z,Email,9999999999999", "cost", "bad_number"),
        ("ada,2026-03-15T09:30:00Z,Email,-5", "cost", "negative_value"),
        ("email:nobody,2026-03-15T09:30:00Z,Email,5", "person", "bad_identifier"),
        (f"{'a' * 2000},2026-03-15T09:30:00Z,Email,5", "person", "too_long"),
        ("ada,2026-03-15T09:30:00Z,Email", None, "bad_row"),
        ("ada,2026-03-15T09:30:00Z,Email,1,2", None, "bad_row"),
        ('ada,2026-03-15T09:30:00Z,"Email,1', None, "bad_row"),
        ('ada,2026-03-15T09:30:00Z,"Em"ail,1', None, "bad_row"),
    ],
)
def test_a_wrong_row_is_refused_and_the_others_go_on(
    shop: Shop, row: str, field: str | None, reason: str
) -> None:
    summary = shop.bring(TOUCHES + GOOD + row + "\n" + GOOD.replace("ada", "bo"), kind="touchpoints")

    assert (summary.received, summary.stored, summary.refused) == (3, 2, 1)
    assert summary.reasons == {reason: 1}
    assert shop.refusals() == [(2, field, reason)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-15T09:30:00Z", "2026-03-15T09:30:00.000Z", "2026-03-15 10:30:00+01:00", "2026-03-15T10:30:00+0100",
        "2026-03-15T10:30:00+01", "2026-03-15 09:30:00 UTC", "2026-03-15T09:30Z", "1773567000", "1773567000000",
        "1773567000.0", "2026-03-15 09:30:00", "2026/03/15 09:30", " 2026-03-15T09:30:00Z ",
    ],
)  # fmt: skip
def test_a_time_may_be_written_in_many_ways(shop: Shop, text: str) -> None:
    shop.bring(f"person,occurred_at\nada,{text}\n", kind="touchpoints")

    assert shop.one("touchpoints", "occurred_at") == (datetime(2026, 3, 15, 9, 30),)


def test_a_time_without_a_zone_is_read_in_the_workspace_s_zone_and_counted(shop: Shop) -> None:
    text = "person,occurred_at\nada,2026-07-15 09:30:00\nbo,2026-07-15T09:30:00Z\n"

    summary = shop.bring(text, kind="touchpoints", time_zone="Europe/Berlin")

    assert (summary.assumed_zone, summary.time_zone) == (1, "Europe/Berlin")
    assert shop.rows("touchpoints", "person, occurred_at", "person") == [
        ("user:ada", datetime(2026, 7, 15, 7, 30)), ("user:bo", datetime(2026, 7, 15, 9, 30)),
    ]  # fmt: skip


def test_a_leap_second_is_the_next_second(shop: Shop) -> None:
    shop.bring("person,occurred_at\nada,2016-12-31T23:59:60Z\n", kind="touchpoints")

    assert shop.one("touchpoints", "occurred_at") == (datetime(2017, 1, 1),)


@pytest.mark.parametrize(
    ("given", "person"),
    [
        ("ada", "user:ada"), ("42", "user:42"), ("user:ada", "user:ada"), ("anonymous:x", "anonymous:x"),
        ("Ada@Example.com", "email:hash-of-ada-at-example.com"), ("email:Ada@Example.com", "email:hash-of-ada-at-example.com"),
        ("email:0123456789abcdef", "email:0123456789abcdef"), ("phone:+1 650", "phone:hash-of-+1 650"), ("a:b", "user:a:b"),
        ("click:gclid=Ab", "click:gclid=Ab"),
    ],
)  # fmt: skip
def test_a_person_becomes_an_identifier(shop: Shop, given: str, person: str) -> None:
    shop.bring(f"person,occurred_at\n{given},2026-03-15T09:30:00Z\n", kind="touchpoints")

    assert shop.one("touchpoints", "person") == (person,)


def test_a_refused_row_is_kept_with_its_addresses_hashed(shop: Shop) -> None:
    shop.bring("email,phone,occurred_at\nada@example.com,+1 650 555,never\n", kind="events")

    (raw,) = shop.one("refused", "raw")

    assert (
        raw
        == '{"email":"email:hash-of-ada-at-example.com","phone":"phone:hash-of-+1 650 555","occurred_at":"never"}'
    )
    assert ("email", "ada@example.com") in shop.hashes.kept


def test_a_line_that_is_no_record_is_kept_as_it_came(shop: Shop) -> None:
    shop.bring(TOUCHES + "ada;2026-03-15;Email\n", kind="touchpoints")

    assert shop.one("refused", "row, raw, detail, origin, kind") == (
        1, "ada;2026-03-15;Email", "1 fields where the header has 4", "file.csv", "touchpoints",
    )  # fmt: skip


def test_bytes_that_are_no_utf8_refuse_their_row_alone(shop: Shop) -> None:
    text = (
        TOUCHES.encode()
        + b"J\xf6rg,2026-03-15T09:30:00Z,Email,1\n"
        + GOOD.encode()
        + b"a\0b,2026-03-15T09:30:00Z,Email,1\n"
    )

    summary = shop.bring(text, kind="touchpoints")

    assert summary.reasons == {"bad_encoding": 2}
    assert [row for row, _, _ in shop.refusals()] == [1, 3]
    assert shop.rows("refused", "raw", "row")[0] == ("J\\xf6rg,2026-03-15T09:30:00Z,Email,1",)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("cut", [",", ";", "\t", "|"])
def test_the_marks_and_line_ends_of_other_systems_are_understood(
    shop: Shop, end: str, start: bytes, cut: str
) -> None:
    text = (TOUCHES + GOOD + "\n" + GOOD.strip()).replace(",", cut).replace("\n", end)

    summary = shop.bring(start + text.encode(), kind="touchpoints")

    assert (summary.stored, summary.refused) == (2, 0)
    assert shop.rows("touchpoints", "channel, cost")[0][0] == "Email"


def test_quotes_may_hold_separators_quotes_and_line_ends(shop: Shop) -> None:
    shop.bring(
        'person,occurred_at,campaign\nada,2026-03-15T09:30:00Z,"a, ""b""\nc"\nbo,2026-03-15T09:30:00Z,5" nails\n',
        kind="touchpoints",
    )

    assert shop.rows("touchpoints", "campaign", "person") == [('a, "b"\nc',), ('5" nails',)]


def test_row_numbers_count_records_also_after_lines_that_are_none(shop: Shop) -> None:
    bad = "ada,never,Email,1\n"

    shop.bring(
        TOUCHES + 'x\n"q\nq",2026-03-15T09:30:00Z,Email,1\n\n' + bad + "y\n" + GOOD + bad, kind="touchpoints"
    )

    assert [row for row, _, _ in shop.refusals()] == [1, 3, 4, 6]


def test_json_lines_that_are_no_object_are_refused_alone(shop: Shop) -> None:
    good = '{"person":"ada","occurred_at":"2026-03-15T09:30:00Z"}\n'
    lines = [
        good,
        "{\n",
        "[1]\n",
        '{"a":1,}\n',
        '{"a":NaN}\n',
        '{"a":"\\ud800"}\n',
        "\n",
        '{"a":"\xff"}\n',
        good.replace("ada", "bo"),
    ]

    summary = shop.bring("".join(lines).encode("latin-1"), kind="touchpoints", name="file.jsonl")

    assert (summary.received, summary.stored, summary.refused) == (8, 2, 6)
    assert summary.reasons == {"bad_json": 5, "bad_encoding": 1}
    assert [row for row, _, _ in shop.refusals()] == [2, 3, 4, 5, 6, 8]


def test_json_lines_may_lack_keys(shop: Shop) -> None:
    lines = '{"person":"ada","occurred_at":1773567000}\n{"occurred_at":"2026-03-15T09:30:00Z"}\n{"person":7,"occurred_at":"2026-03-15T09:30:00Z"}\n'

    shop.bring(lines, kind="touchpoints", name="file.jsonl")

    assert shop.rows("touchpoints", "person", "person") == [("user:7",), ("user:ada",)]
    assert shop.refusals() == [(2, "person", "missing_value")]


def test_the_same_refused_row_is_listed_once_however_often_it_is_imported(shop: Shop) -> None:
    for _ in range(2):
        summary = shop.bring(TOUCHES + "ada,never,Email,1\n", kind="touchpoints")

    assert (summary.received, summary.refused) == (1, 1)
    assert len(shop.rows("refused")) == 1


def test_a_line_of_many_mebibytes_costs_one_row_and_little_memory(shop: Shop) -> None:
    text = TOUCHES.encode() + GOOD.encode() + b"x" * (30 << 20) + b"\n" + GOOD.replace("ada", "bo").encode()

    summary = shop.bring(text, kind="touchpoints")

    assert (summary.stored, summary.reasons) == (2, {"too_long": 1})
    assert shop.rows("refused", "row, length(raw)") == [(2, 65536)]
    assert len(summary.preview_refused[0]["raw"]) == 500


def test_a_json_line_of_many_mebibytes_costs_one_row(shop: Shop) -> None:
    good = b'{"person":"ada","occurred_at":"2026-03-15T09:30:00Z"}\n'

    summary = shop.bring(good + b'{"person":"' + b"x" * (30 << 20) + b'"}\n' + good, kind="touchpoints")

    assert (summary.stored, summary.reasons) == (2, {"too_long": 1})


def test_a_gzip_file_is_read_as_what_it_holds(shop: Shop) -> None:
    assert shop.bring(gzip.compress((TOUCHES + GOOD).encode()), kind="touchpoints").stored == 1
