"""Placeholders: what never joins two persons, the same in Python and in SQL."""

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.steps import Step
from headwater.contract.tables import IDENTIFIERS
from headwater.identity.placeholders import is_placeholder, placeholder_condition, placeholder_values

LISTED = Path(__file__).parents[2].parent / "shared" / "data" / "vectors" / "identity_blocklist.json"
VECTORS = json.loads(LISTED.read_text()) if LISTED.exists() else {}
no_vectors = pytest.mark.skipif(
    not VECTORS, reason="the folder with the public vectors is not beside the project"
)


def by_sql(values: list[str | None]) -> list[bool]:
    connection = duckdb.connect()
    connection.register("ids", pa.table({"value": pa.array(values, pa.string())}))
    return [
        row[0] for row in connection.execute(f"select {placeholder_condition('value')} from ids").fetchall()
    ]


PLACEHOLDERS = [
    "", " ", "(none)", "N/A ", "'null'", '"NULL"', "Undefined", "NaN", "<nil>", "[]", "{}", "0", "0.0",
    "-1", "-", "---",
    "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}",
    "FFFFFFFF-ffff-FFFF-ffff-ffffffffffff",
    "f" * 32, "0" * 32, "11111111-1111-1111-1111-111111111111", "xxx", "0x0", "${customer.id}",
    "{{ user_id }}",
    "{{contact.id | default: 1}}", "%EMAIL%", "%%user_id%%", "*|UNIQID|*", "[email]", "[[user]]",
    "<user_id>", "{email}",
    "<%= id %>", "#{id}", "__user_id__", "$user_id", "[object Object]", "[object Window]", "null null",
    "undefined_undefined",
    "Not Set", "not-set", "notset", "Guest User", "anonymous_user", "logged out", "user id", "test",
    "null\n", "\tundefined",
    "\u00a0anonymous\u00a0", "ｎｕｌｌ", "００００", "nu\u200bll", "\ufeffnone", "“guest”", "test@test.com",
    "NoReply@shop.example",
]  # fmt: skip
IDS = [
    "1", "12", "7777777", "0001", "10", "guest-1234", "user_1", "id-77", "u-null", "nullable",
    "nullable@example.com",
    "trueman@corp.example", "unknown-pleasures@fm.example", "ada", "none-such", "test-7",
    "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}",
    "00000000-0000-0000-0000-00000000000a",
    "a" * 7, "王小明", "ada@lovelace.example", "GA1.2.1234567890.1234567890", "$device:18c0a-1",
    "auth0|5f7c8ec7c33c6c004bbafe82",
]  # fmt: skip


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_a_value_that_stands_for_no_id_is_a_placeholder(value: str) -> None:
    assert is_placeholder("user", value)
    assert by_sql([value]) == [True]


@pytest.mark.parametrize("value", IDS)
def test_an_id_is_no_placeholder_even_if_a_word_is_in_it(value: str) -> None:
    assert not is_placeholder("user", value)
    assert by_sql([value]) == [False]


def test_an_id_that_is_null_is_a_placeholder_in_sql() -> None:
    assert by_sql([None]) == [True]


@no_vectors
@pytest.mark.parametrize("case", VECTORS.get("cases", []), ids=lambda case: ascii(case["id"]))
def test_every_listed_case_links_or_not(case: dict[str, object]) -> None:
    value = str(case["id"])

    assert is_placeholder("user", value) is not case["may_link"]
    assert by_sql([value]) == [not case["may_link"]]


@no_vectors
@pytest.mark.parametrize("wrap", ["{}", " {} ", "'{}'", '"{}"', "\t{}\n", "\u00a0{}\u200b"])
def test_every_listed_word_is_one_in_any_case_and_quotes(wrap: str) -> None:
    words = VECTORS["union_lowercase"] + VECTORS["proposed_extra_lowercase"]
    spelled = [wrap.replace("{}", form) for word in words for form in (word, word.upper(), word.title())]

    assert [text for text in spelled if not is_placeholder("anonymous", text)] == []
    assert [text for text, found in zip(spelled, by_sql(list(spelled)), strict=True) if not found] == []


@no_vectors
def test_every_listed_address_and_number_is_one_raw_and_in_the_list_to_hash() -> None:
    emails, phones = VECTORS["email_placeholders"], VECTORS["phone_placeholders"]

    assert [value for value in emails if not is_placeholder("email", value)] == []
    assert [value for value in phones if not is_placeholder("phone", value)] == []
    assert set(emails) <= placeholder_values("email")
    assert set(phones) <= placeholder_values("phone")


def test_all_addresses_and_numbers_to_hash_are_placeholders() -> None:
    assert [value for value in placeholder_values("email") if not is_placeholder("email", value)] == []
    assert [value for value in placeholder_values("phone") if not is_placeholder("phone", value)] == []
    assert placeholder_values("user") == frozenset()


@pytest.mark.parametrize("number", ["+49 151 23987654", "+1 415 555 2671", "+44 20 7946 0958", "0612983476"])
def test_a_phone_number_is_no_placeholder(number: str) -> None:
    assert not is_placeholder("phone", number)


WORDS = ["null", "NONE", "user", "id", "com", "test", "0", "1", "7", "a", "f", "x", "é", "ｎ", "ſ", "K"]
SIGNS = [
    "-",
    "_",
    " ",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "%",
    "$",
    "*|",
    "|*",
    "@",
    ".",
    "'",
    '"',
    "”",
    "\\",
    ":",
    "#",
]
UNSEEN = ["\n", "\t", "\u00a0", "\u200b"]
PIECES = st.sampled_from(WORDS + SIGNS + UNSEEN)
VALUES = st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=8)


@settings(deadline=None, max_examples=30)
@given(st.lists(VALUES, min_size=30, max_size=60))
def test_sql_and_python_say_the_same(values: list[str]) -> None:
    assert by_sql(list(values)) == [is_placeholder("user", value) for value in values]


def test_the_condition_survives_a_step_and_is_carried_to_spark() -> None:
    condition = placeholder_condition("value")
    step = Step(makes=IDENTIFIERS, reads=(), sql=condition)

    carried = sqlglot.transpile(f"select {condition} from ids", read="duckdb", write="spark")[0]

    assert step.rendered() == condition
    assert carried.count("value RLIKE '(?i)^(") == 1
    assert "REGEXP_MATCHES" not in carried
