"""What is exactly at a limit is taken, one more is not, and nothing beside it suffers."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pytest
from collecting import ADA, DATA, Running, alone, running

from headwater.collect import admit, bodies
from headwater.collect.limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VECTORS = DATA / "vectors"
MEGABYTE = 1024 * 1024
BO = ADA | {"messageId": "bo", "userId": "bo"}
STEPS = (-1, 0, 1)
THREE = "mmm"
"""Stands for an id of three characters."""
ONE = ADA | {"messageId": THREE}


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def nested(levels: int) -> Any:
    """Return objects one inside the other; the outermost is the properties."""
    value: Any = {}
    for number in range(levels - 1):
        value = [value] if number % 2 else {"in": value}
    return value if isinstance(value, dict) else {"in": value[0]}


def sized(size: int) -> dict[str, Any]:
    """Return a message of exactly `size` bytes as compact JSON."""
    message = ONE | {"properties": {"text": ""}}
    message["properties"]["text"] = "x" * (size - len(orjson.dumps(message)))
    return message


def page(length: int) -> dict[str, Any]:
    url = "https://shop.example/"
    return ONE | {"properties": {"url": url + "p" * (length - len(url))}}


OF_A_MESSAGE = {
    "event_too_large": (admit.EVENT_BYTES, sized),
    "id_too_long": (admit.MESSAGE_ID_CHARS, lambda most: ADA | {"messageId": "m" * most}),
    "id_too_long ": (admit.PERSON_ID_CHARS, lambda most: ONE | {"userId": "u" * most}),
    "too_many_properties": (
        admit.PROPERTIES,
        lambda most: ONE | {"properties": {str(number): 1 for number in range(most)}},
    ),
    "too_deep": (admit.LEVELS, lambda most: ONE | {"properties": nested(most)}),
    "url_too_long": (admit.URL_CHARS, page),
}


@pytest.mark.parametrize("reason", OF_A_MESSAGE)
def test_a_message_at_a_limit_is_stored_and_one_over_it_refused_alone(
    collector: Running, reason: str
) -> None:
    most, made = OF_A_MESSAGE[reason]
    messages = [made(most + step) for step in STEPS]
    for step, message in zip(STEPS, messages, strict=True):
        if message["messageId"] == THREE:
            message["messageId"] = f"m{step:+d}"

    statuses = {collector.post(message, BO).status for message in messages}

    assert statuses == {200}
    assert [row["reason"] for row in collector.rows("refused")] == [reason.strip()]
    stored = sorted(row["event_id"] for row in collector.rows("events"))
    assert stored == sorted([messages[0]["messageId"], messages[1]["messageId"], "bo"])


@pytest.mark.parametrize("step", STEPS)
def test_a_body_may_have_20_mib_and_no_more(collector: Running, step: int) -> None:
    start, end = b'{"batch": [' + orjson.dumps(ADA), b"]}"
    body = start + b" " * (bodies.DECODED_BYTES + step - len(start) - len(end)) + end

    plain, packed = collector.send("/v1/batch", body), collector.send("/v1/batch", gzip.compress(body, 1))

    assert [plain.status, packed.status] == ([413, 413] if step > 0 else [200, 200])
    assert len(collector.rows("events")) == (0 if step > 0 else 1)
    assert collector.post(BO).status == 200


@pytest.mark.parametrize(
    ("count", "text", "name"),
    [(2499, 8191, 254), (2500, 8192, 255), (2501, 8193, 256), (10_001, 20_000, 20_000)],
)
def test_what_has_no_limit_of_its_own_is_taken(collector: Running, count: int, text: int, name: int) -> None:
    batch = [BO | {"messageId": str(number)} for number in range(count)]

    answer = collector.post(
        *batch, ADA | {"messageId": "long text", "properties": {"t": "x" * text}},
        ADA | {"messageId": "long name", "properties": {"n" * name: 1}},
    )  # fmt: skip

    assert answer.status == 200
    assert collector.counts()["stored"] == count + 2


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside this repository")
def test_every_limit_that_the_vectors_name_is_on_the_page() -> None:
    ours = {
        "single_event_bytes": "message, as", "batch_bytes": "body, as", "batch_events": "messages in a batch",
        "decompressed_bytes": "body, as", "message_id_chars": "message id", "user_id_chars": "user, anonymous",
        "properties_per_event": "properties, traits", "nesting_depth": "objects and lists, one",
        "key_chars": "name of a property", "string_value_chars": "text of a property", "url_chars": "URL of",
        "header_bytes": "request line", "header_read_timeout_s": "time for the headers",
        "future_tolerance": "time of an event", "dedup_window": "how long", "ids_per_profile": "ids of one",
        "events_per_id_per_day": "events of one",
    }  # fmt: skip
    cases = json.loads((VECTORS / "limits.json").read_bytes())["cases"]
    told = {name: limit for name, start in ours.items() for limit in LIMITS if limit.what.startswith(start)}

    assert {case["limit"] for case in cases} <= told.keys()
    same = [case for case in cases if str(case["proposed"]) in told[case["limit"]].most.replace(",", "")]
    assert len(same) >= 6


# -- bombs -----------------------------------------------------------------------------------------


def packed(size: int) -> bytes:
    packing = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return b"".join(packing.compress(bytes(MEGABYTE)) for _ in range(size // MEGABYTE)) + packing.flush()


WHOLE = gzip.compress(orjson.dumps({"batch": [ADA]}))
BOMBS = {
    "zeros": (packed(64 * MEGABYTE), 413),
    "gzip in gzip": (gzip.compress(gzip.compress(orjson.dumps(ADA))), 415),
    "10,000 members": (gzip.compress(b" ") * 10_000, 400),
    "members that grow": (packed(8 * MEGABYTE) * 50, 413),
    "cut": (WHOLE[:-8], 400),
    "wrong checksum": (WHOLE[:-8] + bytes(4) + WHOLE[-4:], 400),
    "wrong length": (WHOLE[:-4] + b"\xff\xff\xff\xff", 400),
    "nothing but the beginning": (WHOLE[:2], 400),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(40), 415),
    "br": (b"\x8b\x02\x80{}\x03", 400),
    "base64 of a bomb": (b"data=" + base64.b64encode(packed(64 * MEGABYTE)).replace(b"+", b"%2B"), 413),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("said", ["gzip", "gzip, gzip", "br", None])
def test_no_packed_body_holds_more_than_it_may(collector: Running, name: str, said: str | None) -> None:
    body, status = BOMBS[name]

    answer = collector.send("/v1/batch", body, headers={"Content-Encoding": said} if said else {})

    assert answer.status == (415 if (name, said) == ("br", "br") else status)
    assert collector.post(BO).status == 200
    assert len(collector.rows("refused")) == 1


@pytest.mark.parametrize(
    ("body", "said", "named"),
    [(b"\x28\xb5\x2f\xfd" + bytes(40), None, "zstd"), (b"\x8b\x02\x80{}\x03", "gzip, br", "brotli")],
)
def test_a_packing_that_is_not_known_is_answered_415_with_those_that_are(
    collector: Running, body: bytes, said: str | None, named: str
) -> None:
    answer = collector.send("/v1/batch", body, headers={"Content-Encoding": said} if said else {})

    assert (answer.status, answer.headers["accept-encoding"]) == (415, "gzip, deflate")
    assert f"packed with {named}" in orjson.loads(answer.body)["title"]
    assert [row["reason"] for row in collector.rows("refused")] == ["unknown_packing"]


@pytest.mark.parametrize("said", ["br", "zstd", "utf-8"])
def test_a_body_that_can_be_read_is_read_whatever_its_header_says(collector: Running, said: str) -> None:
    sent = collector.send("/v1/batch", orjson.dumps({"batch": [ADA]}), headers={"Content-Encoding": said})

    assert sent.status == 200
    assert len(collector.rows("events")) == 1


HUGE = {
    "100,000 levels": (b'{"batch":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, 1),
    "100,000 levels, open": (b'{"a":' * 100_000, 400, 1),
    "900 levels": (b'{"batch":' + b"[" * 900 + b"]" * 900 + b"}", 200, 1),
    "a key of 1 MB": (orjson.dumps({"batch": [ADA | {"properties": {"k" * MEGABYTE: 1}}]}), 200, 1),
    "10,001 keys": (
        orjson.dumps({"batch": [ADA | {"properties": {str(n): n for n in range(10_001)}}]}),
        200,
        1,
    ),
    "a list of 1,000,000": (orjson.dumps({"batch": [ADA | {"properties": {"a": [1] * 1_000_000}}]}), 200, 1),
    "a number of 1,000,000 digits": (b'{"batch":[{"n":' + b"9" * MEGABYTE + b"}]}", 200, 1),
    "a number of 1,000,000 digits after the point": (b'{"batch":[{"n":0.' + b"9" * MEGABYTE + b"}]}", 200, 1),
    "100,001 messages that are none": (b'{"batch":[' + b"1," * 100_000 + b"1]}", 200, 100_001),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_and_deep_json_is_refused_alone(collector: Running, name: str) -> None:
    body, status, refused = HUGE[name]

    answer = collector.send("/v1/batch", body)

    assert answer.status == status
    assert collector.post(BO).status == 200
    counts = collector.counts()
    assert (counts["refused"], counts["stored"]) == (refused, 1)


def test_bombs_and_deep_bodies_together_stay_within_200_mb(tmp_path: Path) -> None:
    with alone(tmp_path) as process:
        collector = Sender(process.port)
        before = process.peak()
        for body, _, _ in HUGE.values():
            collector.send(body)
        for body, _ in BOMBS.values():
            collector.send(body)

        assert process.peak() - before < 200 * MEGABYTE


class Sender(Running):
    """Sends to a collector in another process."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, body: bytes) -> int:  # type: ignore[override]
        """Send one body."""
        return Running.send(self, "/v1/batch", body).status


# -- what the collector admits is what the tables read ------------------------------------------------


def bodies_of_the_suite() -> list[tuple[str, bytes]]:
    vectors = json.loads((VECTORS / "json_parsing.json").read_bytes())
    return [
        (case["name"], base64.b64decode(case["b64"]))
        for case in vectors["cases"] + vectors["extra"]
        if case.get("b64")
    ]


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside this repository")
def test_what_is_admitted_of_any_json_file_duckdb_reads_as_the_same_value(collector: Running) -> None:
    files = bodies_of_the_suite()
    for number, (_, body) in enumerate(files):
        start = b'{"type":"track","event":"x","userId":"ada","messageId":"%d","properties":{"v":' % number
        assert collector.send("/v1/track", start + body + b"}}").status in (200, 400)
    rows = {int(row["event_id"]): row["properties"] for row in collector.rows("events")}

    assert len(files) > 300
    assert len(rows) > 90
    for number, kept in rows.items():
        name, body = files[number]
        assert same(tree(kept), json.loads(kept)), name
        assert same(json.loads(kept)["v"], json.loads(body)), name


def tree(text: str) -> Any:
    """Read JSON with the functions of DuckDB alone, value by value."""
    parts = duckdb.execute("select fullkey, type, atom from json_tree(?::json)", [text]).fetchall()
    assert duckdb.execute("select json_valid(?)", [text]).fetchone() == (True,)
    assert [kind for _, kind, _ in parts].count("OBJECT") == objects(json.loads(text))
    again = duckdb.execute("select json(?)", [text]).fetchone()
    assert again is not None
    return json.loads(again[0])


def objects(value: Any) -> int:
    """Count the objects in a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, dict) + sum(objects(one) for one in inner)


def same(one: Any, other: Any) -> bool:
    """Compare values; whole numbers over 64 bits are kept as closely as a float can."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if type(other) is int and abs(other) >= 2**63:
        return bool(one == other or one == float(other))
    return type(one) is type(other) and bool(one == other)
