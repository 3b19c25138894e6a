"""Importing events: what an event becomes, and that nothing of it is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from import_shop import Shop

HEAD = "event_id,type,event,anonymous_id,user_id,email,occurred_at,url,referrer\n"
ADA = "e1,track,Order Completed,a1,ada,Ada@Example.com,2026-03-15T09:30:00+01:00,https://shop.example/?gclid=Ab_C,\n"


def test_every_column_of_an_event_arrives(shop: Shop) -> None:
    shop.bring(HEAD + ADA, kind="events")

    assert shop.one("events", "event_id, type, event, anonymous_id, user_id, email, occurred_at, url, referrer") == (
        "e1", "track", "Order Completed", "a1", "ada", "hash-of-ada-at-example.com",
        datetime(2026, 3, 15, 8, 30), "https://shop.example/?gclid=Ab_C", None,
    )  # fmt: skip


def test_the_address_itself_goes_to_the_encrypted_store_only(shop: Shop) -> None:
    shop.bring(HEAD + ADA, kind="events")

    assert shop.hashes.kept == {("email", "Ada@Example.com")}
    assert not [row for row in shop.rows("events") if "Ada@Example.com" in str(row)]


def test_the_time_is_kept_in_the_words_that_it_came_in(shop: Shop) -> None:
    shop.bring(HEAD + ADA, kind="events", known_at=datetime(2026, 4, 1, tzinfo=UTC))

    assert shop.one("events", "claimed_at, known_at, origin") == (
        "2026-03-15T09:30:00+01:00", datetime(2026, 4, 1), "file.csv",
    )  # fmt: skip


def test_a_url_is_kept_byte_for_byte(shop: Shop) -> None:
    url = " https://Shop.example/ü?q=%20+A&gclid=EAIaIQ_-x "

    shop.bring(f"occurred_at,url\n2026-03-15T09:30:00Z,{url}\n", kind="events")

    assert shop.one("events", "url") == (url,)


def test_columns_that_are_not_ours_become_properties(shop: Shop) -> None:
    shop.bring(
        'occurred_at,plan,revenue,sku,empty\n2026-03-15T09:30:00Z,"a ""big"" one",12.50,007,\n', kind="events"
    )

    (text,) = shop.one("events", "properties")

    assert text == '{"plan":"a \\"big\\" one","revenue":12.50,"sku":"007"}'


def test_the_event_s_own_properties_win_over_a_column_of_the_same_name(shop: Shop) -> None:
    shop.bring(
        'occurred_at,properties,plan,seats\n2026-03-15T09:30:00Z,"{""plan"":""own""}",other,3\n',
        kind="events",
    )

    assert json.loads(shop.one("events", "properties")[0]) == {"plan": "own", "seats": 3}


def test_an_unknown_type_becomes_a_track_event_of_that_name(shop: Shop) -> None:
    rows = "order,\npage,\nstage,Won\n,Signed Up\n,\n"

    shop.bring("type,event,occurred_at\n" + rows.replace("\n", ",2026-03-15T09:30:00Z\n"), kind="events")

    assert shop.rows("events", "type, event", "event nulls first, type") == [
        ("page", None), ("track", None), ("track", "Signed Up"), ("track", "Won"), ("track", "order"),
    ]  # fmt: skip


def test_an_email_column_may_hold_hashes_already(shop: Shop) -> None:
    shop.bring("occurred_at,email\n2026-03-15T09:30:00Z,0123456789abcdef\n", kind="events")

    assert shop.one("events", "email") == ("0123456789abcdef",)
    assert shop.hashes.kept == set()


def test_an_email_that_is_no_address_is_kept_as_a_property(shop: Shop) -> None:
    shop.bring("occurred_at,email\n2026-03-15T09:30:00Z,n/a\n", kind="events")

    assert shop.one("events", "email, properties") == (None, '{"email":"n/a"}')


def test_json_lines_keep_nested_values_and_types(shop: Shop) -> None:
    line = {
        "event_id": "e1", "type": "track", "event": "Order", "occurred_at": "2026-03-15T09:30:00Z",
        "properties": {"revenue": 12.5, "items": [{"sku": "007"}]}, "plan": None, "tags": ["a", 1], "ok": True,
    }  # fmt: skip

    shop.bring(json.dumps(line) + "\n", kind="events", name="file.jsonl")

    assert json.loads(shop.one("events", "properties")[0]) == {
        "revenue": 12.5, "items": [{"sku": "007"}], "plan": None, "tags": ["a", 1], "ok": True,
    }  # fmt: skip


def test_parquet_keeps_its_types(shop: Shop) -> None:
    path = shop.root.parent / "file.parquet"
    with duckdb.connect() as writer:
        writer.execute(f"""
            copy (select 7 as event_id, timestamp '2026-03-15 09:30:00' as ts, 1.5e0 as revenue,
                cast(2.50 as decimal(9, 2)) as tax, true as first, [1, 2] as items, 'nan'::double as odd)
            to '{path}' (format parquet)
        """)

    shop.bring(path.read_bytes(), kind="events", name="file.parquet", mapping={"ts": "occurred_at"})

    assert shop.one("events", "event_id, occurred_at, claimed_at, properties") == (
        "7", datetime(2026, 3, 15, 9, 30), None, '{"revenue":1.5,"tax":2.50,"first":true,"items":[1,2],"odd":"nan"}',
    )  # fmt: skip


def test_an_event_without_an_id_gets_the_same_id_from_every_export(shop: Shop) -> None:
    row = "track,Order,ada,2026-03-15T09:30:00Z\n"
    first = shop.bring("type,event,user_id,occurred_at\n" + row, kind="events")

    second = shop.bring(
        "type,event,user_id,occurred_at\n" + row + row.replace("ada", "bo"), kind="events", name="b.csv"
    )

    assert (first.stored, second.stored, second.duplicate) == (1, 1, 1)


def test_equal_rows_of_one_file_stay_as_many_events(shop: Shop) -> None:
    text = "type,occurred_at\n" + "page,2026-03-15T09:30:00Z\n" * 3

    first, second = shop.bring(text, kind="events"), shop.bring(text, kind="events")

    assert (first.stored, second.stored, second.duplicate) == (3, 0, 3)
    assert len(set(shop.rows("events", "event_id"))) == 3


def test_an_event_id_counts_once_for_ever(shop: Shop) -> None:
    shop.bring(HEAD + ADA, kind="events")

    summary = shop.bring(
        HEAD + ADA.replace("ada", "someone else") + ADA.replace("e1", "e2") * 2, kind="events"
    )

    assert (summary.stored, summary.duplicate) == (1, 2)
    assert shop.rows("events", "event_id, user_id") == [("e1", "ada"), ("e2", "ada")]
