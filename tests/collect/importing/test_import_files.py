"""Importing files that cannot be: clear errors, nothing stored, and the options of an import."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from headwater.collect.importing import landing
from headwater.collect.importing.layout import parsed_mapping
from headwater.collect.imports import imported
from headwater.contract.errors import HeadwaterError, UsageError

if TYPE_CHECKING:
    from import_shop import Shop

TOUCHES = "person,occurred_at,channel\n"
ADA, BO = "ada,2026-03-15T09:30:00Z,Email\n", "bo,2026-03-15T09:30:00Z,Video\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\x89PNG\r\n\0\0\0", "no text and no Parquet"),
        ("person,occurred_at\n".encode("utf-16"), "UTF-16"),
        (b"PAR1 and then nothing of the kind", "no whole Parquet file"),
        (b"\x1f\x8b\x08\0", "no whole gzip file"),
        (b'[{"person": 1}]', "one JSON array"),
        (b"p\xe9rson,occurred_at\n", "header of file.csv is not UTF-8"),
        (b"x" * (9 << 20), "is no header"),
        (b"person,occurred_at\rada,1\r", "is no header"),
    ],
)
def test_a_file_that_is_none_of_the_forms_is_refused_whole(shop: Shop, content: bytes, problem: str) -> None:
    with pytest.raises(HeadwaterError, match=problem):
        shop.bring(content, kind="touchpoints")

    assert shop.rows("intake") == []


def test_a_folder_and_a_missing_file_are_named(shop: Shop) -> None:
    with pytest.raises(HeadwaterError, match="is a folder"):
        imported([shop.root], kind="events", root=shop.root, personal=shop.hashes)
    with pytest.raises(HeadwaterError, match="There is no file"):
        imported([shop.root / "nothing.csv"], kind="events", root=shop.root, personal=shop.hashes)


@pytest.mark.parametrize("name", ["file.csv", "file.jsonl"])
def test_a_missing_column_names_itself_what_is_there_and_what_it_may_be(shop: Shop, name: str) -> None:
    text = {"file.csv": "customer_id,Time,x\na,b,c\n", "file.jsonl": '{"customer_id":1,"Time":2,"x":3}\n'}[
        name
    ]

    with pytest.raises(HeadwaterError) as caught:
        shop.bring(text, kind="touchpoints", name=name, mapping={"customer_id": "person"})

    assert "has no column occurred_at" in caught.value.problem
    assert "Time" in caught.value.problem
    assert "--map Time=occurred_at" in caught.value.hint


def test_names_that_do_not_exist_get_the_nearest_that_do(shop: Shop) -> None:
    with pytest.raises(UsageError, match="did you mean 'touchpoints'"):
        shop.bring(TOUCHES, kind="touchpoint")
    with pytest.raises(UsageError, match="did you mean 'person'"):
        shop.bring(TOUCHES, kind="touchpoints", mapping={"persn": "person"})
    with pytest.raises(UsageError, match="did you mean 'person'"):
        shop.bring(TOUCHES, kind="touchpoints", mapping={"person": "persn"})


def test_a_header_alone_is_an_import_of_nothing(shop: Shop) -> None:
    summary = shop.bring(TOUCHES, kind="touchpoints")

    assert (summary.received, summary.stored) == (0, 0)
    assert shop.one("intake", "received, origin, kind") == (0, "file.csv", "touchpoints")


def test_a_dry_run_shows_what_would_be_and_keeps_nothing(shop: Shop) -> None:
    summary = shop.bring(
        "person,occurred_at\nada@example.com,2026-03-15T09:30:00Z\nbo,never\n",
        kind="touchpoints",
        dry_run=True,
    )

    assert (summary.stored, summary.refused, summary.files) == (1, 1, [])
    assert summary.preview[0]["person"] == "email:hash-of-ada-at-example.com"
    assert summary.preview_refused[0]["reason"] == "bad_timestamp"
    assert shop.hashes.kept == set()
    assert shop.rows("touchpoints") + shop.rows("refused") + shop.rows("intake") == []


def test_standard_input_is_a_file_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO((TOUCHES + ADA).encode())))

    summary = imported(["-"], kind="touchpoints", root=shop.root, personal=shop.hashes)

    assert summary.stored == 1
    assert shop.one("touchpoints", "origin") == ("stdin",)


def test_the_same_file_named_twice_is_a_mistake(shop: Shop) -> None:
    with pytest.raises(UsageError, match="the same file"):
        shop.bring(TOUCHES + ADA, TOUCHES + ADA, kind="touchpoints")


def test_progress_grows_to_the_whole(shop: Shop) -> None:
    told: list[tuple[int, int]] = []

    shop.bring(TOUCHES + ADA, kind="touchpoints", progress=lambda done, total: told.append((done, total)))

    assert told == sorted(told)
    assert told[-1] == (len(TOUCHES + ADA), len(TOUCHES + ADA))


@pytest.mark.parametrize(
    ("where", "persons"),
    [
        ("channel = 'Email'", ["user:ada"]),
        ("customer = 'bo' -- a comment", ["user:bo"]),
        ("person = 'bo'", ["user:bo"]),
        ("Amount > 1.5 and amount < 3", ["user:bo"]),
        ("amount = 1 or row = 4", ["user:ada", "user:bo"]),
        ("lower(channel) like 'e%'", ["user:ada"]),
        ("true", ["user:ada", "user:bo"]),
    ],
)
@pytest.mark.parametrize("name", ["file.csv", "file.jsonl"])
def test_a_condition_picks_rows_by_the_names_of_either_side(
    shop: Shop, where: str, persons: list[str], name: str
) -> None:
    text = {
        "file.csv": "customer,at,channel,amount,row\nada,2026-03-15T09:30:00Z,Email,1,3\nbo,2026-03-15T09:30:00Z,Video,2,4\n",
        "file.jsonl": '{"customer":"ada","at":1773567000,"channel":"Email","amount":1,"row":3}\n'
        '{"customer":"bo","at":1773567000,"channel":"Video","amount":2,"row":4}\n',
    }[name]

    summary = shop.bring(
        text, kind="touchpoints", name=name, mapping={"customer": "person", "at": "occurred_at"}, where=where
    )

    assert [person for (person,) in shop.rows("touchpoints", "person")] == persons
    assert summary.received == len(persons)


@pytest.mark.parametrize(
    "where",
    [
        "1 = 1; drop table x",
        "1 = 1) union all select 1 where (1 = 1",
        "person in (select name from other)",
        "exists (select 1)",
        "1 = 1) order by (1",
        "1 = 1) limit (1",
        "row_number() over () = 1",
        "person in (select content from read_text('/etc/passwd'))",
        "nonsense = 1",
        "person + 1 = date '2026-01-01'",
        "((",
        "count(*) > 1",
    ],
)
def test_anything_but_a_condition_is_refused(shop: Shop, where: str) -> None:
    with pytest.raises(UsageError):
        shop.bring(TOUCHES + ADA, kind="touchpoints", where=where)

    assert shop.rows("touchpoints") + shop.rows("intake") == []


def test_a_map_is_read_from_text() -> None:
    assert parsed_mapping("a=person, b=c = value") == {"a": "person", "b=c": "value"}
    with pytest.raises(UsageError, match="cannot read 'nonsense'"):
        parsed_mapping("a=b,nonsense")


def test_an_import_that_crashed_while_publishing_is_finished_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(landing, "_finish", crash)
        with pytest.raises(OSError, match="power"):
            shop.bring(TOUCHES + ADA, kind="touchpoints")

    again = shop.bring(TOUCHES + ADA, kind="touchpoints", known_at=datetime(2026, 4, 1, tzinfo=UTC))

    assert (again.stored, again.duplicate) == (0, 1)
    assert shop.rows("touchpoints", "person") == [("user:ada",)]
    assert sorted(shop.rows("intake", "received, stored, duplicate")) == [(1, 0, 1), (1, 1, 0)]
    assert [left.name for left in (shop.root / "archive" / landing.ASIDE).iterdir()] == ["lock"]


def test_an_import_that_fails_leaves_nothing_aside(shop: Shop) -> None:
    with pytest.raises(HeadwaterError):
        shop.bring(b"", kind="touchpoints")

    assert [left.name for left in (shop.root / "archive" / landing.ASIDE).iterdir()] == ["lock"]


def test_the_columns_of_the_archive_are_those_of_the_contract(shop: Shop) -> None:
    shop.bring(TOUCHES + ADA + "bo,never,Video\n", kind="touchpoints")

    from import_shop import columns_as_promised

    assert columns_as_promised(shop) == {"touchpoints", "refused", "intake"}
