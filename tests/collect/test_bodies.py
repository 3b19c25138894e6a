"""What the bytes of a body say, whatever the headers call them."""

from __future__ import annotations

import zlib
from base64 import b64encode, urlsafe_b64encode
from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus

import orjson
import pytest
from collecting import packed
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.admit import Refusal
from headwater.collect.bodies import Form, Unreadable, data, decoded, fields
from headwater.collect.request import Request

EVENT = {"event": "Größe?>", "n": 1}
JSON = orjson.dumps(EVENT)


def came(body: bytes, kind: str = "text/plain") -> Request:
    return Request("POST", "/e/", "", {"content-type": kind}, body, 0)


@pytest.mark.parametrize(
    "body",
    [
        JSON,
        b"  \n" + JSON,
        packed(JSON),
        zlib.compress(JSON),
        zlib.compress(JSON, 1),
        b64encode(JSON),
        b64encode(packed(JSON)),
        b"data=" + quote_plus(JSON).encode(),
        b"data=" + quote_plus(b64encode(JSON)).encode(),
        b"data=" + b64encode(JSON).rstrip(b"="),
        b"data=" + urlsafe_b64encode(JSON),
        b"data=" + quote_plus(b64encode(packed(JSON))).encode(),
        b"ip=1&data=" + quote_plus(JSON).encode() + b"&verbose=1",
        packed(b"data=" + quote_plus(JSON).encode()),
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_the_same_event_is_read_from_every_dress(body: bytes, kind: str) -> None:
    assert decoded(came(body, kind)) == EVENT


@pytest.mark.parametrize("body", [b"", b"  \r\n", packed(b"")])
def test_an_empty_body_is_none(body: bytes) -> None:
    assert decoded(came(body)) is None


def test_a_form_or_query_is_its_pairs_in_order() -> None:
    form = Form([("e", "pv"), ("page", "a b"), ("x", ""), ("page", "ü")])

    assert decoded(came(b"e=pv&page=a+b&x=&page=%C3%BC")) == form
    assert decoded(came(b"?e=pv&page=a%20b&x=&page=%C3%BC")) == form
    assert decoded(came(b"e=pv&page=a+b\r\n?x=&page=%C3%BC\n")) == form
    assert (form.get("page"), form.get("none")) == ("a b", None)


def test_the_other_fields_of_a_form_with_data_are_not_lost() -> None:
    assert fields(came(b"ip=1&data=%7B%7D&verbose=1")) == [("ip", "1"), ("data", "{}"), ("verbose", "1")]
    assert fields(came(JSON)) == []


@pytest.mark.parametrize("body", [b"7", b"null", b'"a=b"', b"true", b"[]"])
def test_any_json_value_is_that_value(body: bytes) -> None:
    assert decoded(came(body)) == orjson.loads(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", Refusal.INVALID_JSON),
        (b"\x00\x01", Refusal.INVALID_JSON),
        (b"{a=b}", Refusal.INVALID_JSON),
        (b"hello world", Refusal.INVALID_JSON),
        (b"data=nonsense!", Refusal.INVALID_JSON),
        (packed(JSON)[:-4], Refusal.INVALID_GZIP),
        (packed(bytes(2_000_000)), Refusal.BODY_TOO_LARGE),
        (b"data=" + quote_plus(b64encode(packed(JSON)[:-4])).encode(), Refusal.INVALID_GZIP),
    ],
)
def test_what_is_none_of_these_is_unreadable(body: bytes, reason: Refusal) -> None:
    with pytest.raises(Unreadable) as found:
        decoded(came(body), cap=1_000_000)

    assert found.value.refused.reason == reason


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_any_other_error(body: bytes) -> None:
    with suppress(Unreadable):
        decoded(came(body))
    with suppress(Unreadable):
        data(body.decode(errors="replace"))


@given(st.recursive(st.none() | st.text(max_size=9), lambda inside: st.lists(inside, max_size=3)))
def test_base64_of_json_is_read_back(value: Any) -> None:
    assert data(b64encode(orjson.dumps([value])).decode()) == [value]


def test_json_lines_are_a_list_and_a_broken_line_costs_only_itself() -> None:
    assert decoded(came(JSON + b"\r\n\n" + JSON + b"\n")) == [EVENT, EVENT]
    assert decoded(came(JSON + b"\n{broken\n" + JSON)) == [EVENT, "{broken", EVENT]


def test_broken_json_over_several_lines_is_no_json_lines() -> None:
    with pytest.raises(Unreadable) as raised:
        decoded(came(b'{"a": 1,\n"b": oops}'))

    assert raised.value.refused.reason is Refusal.INVALID_JSON
