"""What the collector answers, over a real socket."""

from __future__ import annotations

import base64
import json
import random
import socket
import zlib
from typing import TYPE_CHECKING

import orjson
import pytest
from collecting import ADA, DATA, KEY, Process, Running, alone, packed, running

from headwater.collect.writer import JournalUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("collector")) as found:
        yield found


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    "path", ["/v1/track", "/v1/track/", "/v1/t", "/v1/batch", "/v1/batch/", "/beacon/v1/batch"]
)
def test_a_message_is_answered_200_on_every_spelling_of_a_path(collector: Running, path: str) -> None:
    answer = collector.send(path, orjson.dumps(ADA | {"messageId": path}))

    assert (answer.status, answer.body) == (200, b'{"success":true}')


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "alias", "group"])
def test_the_path_gives_the_type(fresh: Running, kind: str) -> None:
    fresh.send(f"/v1/{kind}", b'{"event": "Seen", "userId": "ada", "previousId": "old"}')

    assert [row["type"] for row in fresh.rows("events")] == [kind]


def test_what_is_acknowledged_is_stored_before_the_answer(fresh: Running) -> None:
    assert fresh.post(ADA).status == 200

    assert [row["event_id"] for row in fresh.rows("events")] == ["m1"]


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "identity"}])
def test_gzip_is_known_by_its_bytes(fresh: Running, headers: dict[str, str]) -> None:
    answer = fresh.send("/v1/batch", packed(orjson.dumps({"batch": [ADA]})), headers=headers)

    assert answer.status == 200
    assert [row["event_id"] for row in fresh.rows("events")] == ["m1"]


def test_plain_json_under_a_gzip_header_is_still_json(fresh: Running) -> None:
    answer = fresh.send("/v1/track", orjson.dumps(ADA), headers={"Content-Encoding": "gzip"})

    assert answer.status == 200


def test_members_of_one_gzip_file_are_one_body(fresh: Running) -> None:
    body = orjson.dumps({"batch": [ADA]})

    answer = fresh.send("/v1/batch", packed(body[:10]) + packed(body[10:]))

    assert answer.status == 200


@pytest.mark.parametrize(
    "body",
    [packed(b"{}" * 100)[:-8], packed(b"{}")[:-6] + b"\0" * 6, packed(b"{}") * 200],
    ids=["cut short", "wrong checksum", "many members"],
)
def test_broken_gzip_is_a_bad_request_and_is_kept(fresh: Running, body: bytes) -> None:
    answer = fresh.send("/v1/batch", body)

    assert answer.status == 400
    assert [row["reason"] for row in fresh.rows("refused")] == ["invalid_gzip"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    with alone(tmp_path) as found:
        yield found


def test_a_gzip_bomb_is_refused_without_unpacking_it(process: Process) -> None:
    packing = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packing.compress(bytes(MEGABYTE)) for _ in range(1024)) + packing.flush()
    before = process.peak()

    status = poured(process.port, [bomb])

    assert status == b"HTTP/1.1 413 "
    assert process.peak() - before < 100 * MEGABYTE


def test_a_2_gb_body_is_refused_and_never_held(process: Process) -> None:
    before = process.peak()

    status = poured(process.port, [bytes(MEGABYTE)] * 2048)

    assert status == b"HTTP/1.1 413 "
    assert process.peak() - before < 100 * MEGABYTE


def poured(port: int, chunks: list[bytes]) -> bytes:
    """Send a body piece by piece and return the start of the answer."""
    user = base64.b64encode(f"{KEY}:".encode()).decode()
    head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {user}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stream:
        stream.sendall(f"{head}Content-Length: {sum(map(len, chunks))}\r\n\r\n".encode())
        for chunk in chunks:
            stream.sendall(chunk)
        return stream.recv(13)


def test_a_poison_message_leaves_its_neighbours(fresh: Running) -> None:
    poison = [{"type": "nonsense", "userId": "bo"}, "text", None, 7, [], {"type": "track", "userId": "bo"}]

    answer = fresh.post(ADA, *poison, ADA | {"messageId": "m2"})

    assert answer.status == 200
    assert [row["event_id"] for row in fresh.rows("events")] == ["m1", "m2"]
    assert [row["reason"] for row in fresh.rows("refused")] == [
        "unknown_type",
        "not_an_object",
        "not_an_object",
        "not_an_object",
        "not_an_object",
        "no_event_name",
    ]


@pytest.mark.parametrize("poison", ["NaN", "-Infinity", "1e999", '"\\ud800"'])
def test_a_value_that_is_no_strict_json_costs_only_its_message(fresh: Running, poison: str) -> None:
    bad = '{"type": "track", "event": "x", "userId": "bo", "properties": {"n": %s}}' % poison  # noqa: UP031

    answer = fresh.send("/v1/batch", b'{"batch": [%b, %b]}' % (bad.encode(), orjson.dumps(ADA)))

    assert answer.status == 200
    assert [row["event_id"] for row in fresh.rows("events")] == ["m1"]
    assert [row["reason"] for row in fresh.rows("refused")] == ["invalid_json"]


@pytest.mark.skipif(not (DATA / "vectors").exists(), reason="the vectors are not beside this repository")
def test_no_json_file_of_the_test_suite_makes_an_error_of_the_server(collector: Running) -> None:
    vectors = json.loads((DATA / "vectors" / "json_parsing.json").read_bytes())
    bodies = [
        base64.b64decode(case["b64"]) for case in vectors["cases"] + vectors["extra"] if case.get("b64")
    ]

    alone = {collector.send("/v1/batch", body).status for body in bodies}
    within = {collector.send("/v1/batch", b'{"batch":[{"properties":%b}]}' % body).status for body in bodies}

    assert len(bodies) > 100
    assert alone | within <= {200, 400, 413}
    counts = collector.counts()
    assert counts["received"] == counts["stored"] + counts["duplicate"] + counts["refused"]


def test_no_random_bytes_make_an_error_of_the_server(collector: Running) -> None:
    chance = random.Random(20261121)
    seed = orjson.dumps({"batch": [ADA, ADA], "sentAt": "2026-11-21T10:00:00Z"})

    statuses = {collector.send("/v1/batch", broken(seed, chance)).status for _ in range(300)}

    assert statuses <= {200, 400}


def broken(seed: bytes, chance: random.Random) -> bytes:
    """Return the seed with a few bytes changed."""
    body = bytearray(seed)
    for _ in range(chance.randint(1, 8)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def test_an_unknown_key_is_unauthorized_and_stores_nothing(fresh: Running) -> None:
    answer = fresh.send("/v1/batch", orjson.dumps({"batch": [ADA]}), key="wrong")

    assert answer.status == 401
    assert fresh.rows("events") == []
    assert fresh.metrics()["headwater_requests_unauthorized_total"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/batch", {"batch": [ADA], "writeKey": KEY}),
        ("/v1/track", ADA | {"writeKey": KEY}),
        (f"/beacon/v1/batch?writeKey={KEY}", {"batch": [ADA]}),
    ],
)
def test_the_key_may_stand_in_the_body_or_the_query(
    fresh: Running, path: str, body: dict[str, object]
) -> None:
    assert fresh.send(path, orjson.dumps(body), key=None).status == 200


def test_one_known_key_is_enough(fresh: Running) -> None:
    body = orjson.dumps({"batch": [ADA], "writeKey": KEY})

    assert fresh.send("/v1/batch", body, key="wrong").status == 200


def test_a_browser_is_told_that_it_may_send(collector: Running) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-retry-count",
    }

    answer = collector.send("/v1/t", None, key=None, method="OPTIONS", headers=asked)

    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type,x-retry-count"
    assert answer.headers["Access-Control-Max-Age"] == "86400"


def test_an_answer_can_be_read_by_the_page_that_asked(collector: Running) -> None:
    answer = collector.send("/v1/track", orjson.dumps(ADA), headers={"Origin": "https://shop.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer.headers["Access-Control-Expose-Headers"] == "retry-after"


def test_what_cannot_be_stored_is_answered_503_and_sent_again(
    fresh: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_request: object) -> None:
        raise JournalUnavailableError("The disk is full.", hint="free some space.")

    with monkeypatch.context() as broken:
        broken.setattr(fresh.journal, "append", full)
        refused = fresh.post(ADA)
    stored = fresh.post(ADA)

    assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
    assert stored.status == 200
    assert fresh.counts()["received"] == 1


def test_health_readiness_and_settings_of_browser_clients_are_served(collector: Running) -> None:
    pages = [
        collector.send(path, None, method="GET").status
        for path in ("/healthz", "/readyz", f"/v1/projects/{KEY}/settings", "/sourceConfig/", "/nothing")
    ]

    assert pages == [200, 200, 200, 200, 404]


def test_reading_a_path_that_takes_hits_is_not_allowed(collector: Running) -> None:
    assert collector.send("/v1/batch", None, method="GET").status == 405


def test_an_empty_batch_is_fine_and_counts_nothing(fresh: Running) -> None:
    assert fresh.post().status == 200
    assert fresh.counts()["received"] == 0


def test_the_metrics_hold_what_came_in_also_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.post(ADA, ADA, {"type": "nonsense"})
        first.publisher.publish()
    with running(tmp_path) as second:
        second.post(ADA | {"messageId": "m2"})
        waiting = second.metrics()["headwater_requests_waiting"]
        second.publisher.publish()
        metrics = second.metrics()

    assert (waiting, metrics["headwater_requests_waiting"]) == (1, 0)
    assert metrics["headwater_events_received_total"] == 4
    assert metrics["headwater_events_stored_total"] == 2
    assert metrics["headwater_events_duplicate_total"] == 1
    assert metrics['headwater_events_refused_total{reason="unknown_type"}'] == 1
