"""Connections that bring little, late, or far too much, over real sockets."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
from collecting import ADA, KEY, Running, running

from headwater.collect import connections, requests
from headwater.collect.connections import HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HALF_OPEN = 500


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A collector that waits half a second for headers and for bodies."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.5)
    monkeypatch.setattr(connections, "SILENCE_SECONDS", 1.5)
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.5)
    with running(tmp_path) as found:
        yield found


def connected(port: int, *parts: bytes) -> socket.socket:
    """Return a connection that has sent the parts."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    for part in parts:
        stream.sendall(part)
    return stream


def heard(stream: socket.socket) -> bytes:
    """Return everything up to the end of the connection."""
    with stream:
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while part := stream.recv(65536):
                parts.append(part)
        return b"".join(parts)


def status(stream: socket.socket) -> int:
    """Return the status of the answer that comes, and hang up."""
    with stream:
        return int(stream.recv(4096).split(b" ", 2)[1])


def headers(size: int, *, path: str = "/healthz") -> bytes:
    """Return a request whose line and headers are `size` bytes."""
    start = f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Long: ".encode()
    return start + b"a" * (size - len(start) - 4) + b"\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"POST /v1/batch HT", b"POST /v1/batch HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_whose_headers_do_not_come_is_closed(hasty: Running, said: bytes) -> None:
    assert heard(connected(hasty.port, said)) == b""


def test_so_is_one_that_starts_another_request_and_does_not_end_it(hasty: Running) -> None:
    stream = connected(hasty.port, headers(200))
    assert stream.recv(4096).startswith(b"HTTP/1.1 200 ")
    stream.sendall(b"GET /healthz HT")

    assert b"HTTP/1.1" not in heard(stream)


def test_a_body_that_does_not_come_is_answered_408(hasty: Running) -> None:
    head = f"POST /v1/batch?writeKey={KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"

    assert heard(connected(hasty.port, head.encode(), b"{")).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", ["/v1/batch", "/flags/", "/healthz"])
def test_a_body_of_which_nothing_comes_ends_the_connection(hasty: Running, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"

    assert b" 500 " not in heard(connected(hasty.port, head.encode()))


def test_500_half_open_connections_hold_up_nobody(collector: Running) -> None:
    with contextlib.ExitStack() as held:
        for number in range(HALF_OPEN):
            part = headers(300)[: 20 + number % 200]
            held.enter_context(connected(collector.port, part))

        assert collector.post(ADA).status == 200
        assert collector.send("/healthz", None, method="GET").status == 200


@pytest.mark.parametrize(
    ("size", "said"), [(HEADER_BYTES - 1, 200), (HEADER_BYTES, 200), (HEADER_BYTES + 1, 431)]
)
@pytest.mark.parametrize("pieces", [1, 7])
def test_headers_may_have_64_kib_and_no_more(collector: Running, size: int, said: int, pieces: int) -> None:
    whole = headers(size)
    step = size // pieces + 1

    stream = connected(collector.port, *(whole[at : at + step] for at in range(0, size, step)))

    assert status(stream) == said


def test_a_body_behind_short_headers_is_no_header(collector: Running) -> None:
    body = b'{"batch": [' + b" " * 300_000 + b"]}"
    head = f"POST /v1/batch?writeKey={KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"

    assert status(connected(collector.port, head.encode() + body)) == 200


def test_a_header_of_a_megabyte_and_10000_headers_are_refused_with_words(collector: Running) -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(10_000))

    answers = [
        heard(connected(collector.port, headers(1024 * 1024))),
        heard(connected(collector.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n")),
    ]

    assert all(answer.startswith(b"HTTP/1.1 431 ") for answer in answers), answers
    assert collector.send("/healthz", None, method="GET").status == 200


def test_large_bodies_have_a_room_that_small_ones_do_not_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests.Room.__init__, "__defaults__", (1024 * 1024,))
    head = f"POST /v1/batch?writeKey={KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    with running(tmp_path) as collector:
        held = connected(collector.port, (head % 2_000_000).encode(), bytes(1_000_000))
        refused = connected(collector.port, (head % 2_000_000).encode(), bytes(2_000_000))
        assert status(refused) == 503
        assert collector.post(*[ADA | {"messageId": str(n)} for n in range(500)]).status == 200
        held.close()

        body = b'{"batch": [' + b" " * 900_000 + b"]}"
        assert until_taken(collector, body)


def until_taken(collector: Running, body: bytes) -> bool:
    """Send until it is taken: the room is free as soon as the server hears that a client has gone."""
    return any(collector.send("/v1/batch", body).status == 200 for _ in range(100))
