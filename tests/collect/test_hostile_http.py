"""Requests made to confuse a server: each has its answer, none is an error of the server, none leaks."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
import pytest
from collecting import ADA, DATA, KEY, Running, running

from headwater.collect import connections, requests

if TYPE_CHECKING:
    from collections.abc import Iterator

VECTORS = DATA / "vectors" / "misc_injection.json"
PATIENCE = 60.0
EVENT = orjson.dumps(ADA | {"writeKey": KEY})
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(EVENT), EVENT)
LENGTH = b"Content-Length: %d\r\n" % len(EVENT)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
STATUS = b"HTTP/1.1 "


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait half a second for what does not come, so that the end of a connection shows that all was said."""
    monkeypatch.setitem(connections.SERVED_WITH, "timeout_keep_alive", 0.3)
    for name in ("HEADER_SECONDS", "SILENCE_SECONDS"):
        monkeypatch.setattr(connections, name, 0.5)
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.4)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def said(port: int, raw: bytes) -> bytes:
    """Send bytes, and return everything that is answered until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        with contextlib.suppress(OSError):
            stream.sendall(raw)
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while part := stream.recv(65536):
                parts.append(part)
    return b"".join(parts)


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(STATUS)[1:]]


def post(
    *headers: bytes, body: bytes = EVENT, version: bytes = b"1.1", target: bytes = b"/v1/track"
) -> bytes:
    return b"POST %b HTTP/%b\r\nHost: x\r\n%b\r\n%b" % (target, version, b"".join(headers), body)


# -- two readings of one request ----------------------------------------------------------------------------

SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
WEBSOCKET = (
    b"GET /v1/batch HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FRAMES = {
    "a length and chunks": (post(LENGTH, CHUNKED, body=CHUNKS), [200]),
    "chunks and a length of 0": (post(b"Content-Length: 0\r\n", CHUNKED, body=CHUNKS), [200]),
    "a length, chunks, and a request behind them": (
        post(b"Content-Length: 5\r\n", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
        None,
    ),
    "two lengths that differ": (post(LENGTH, b"Content-Length: 4\r\n"), [400]),
    "two lengths alike": (post(LENGTH, LENGTH), [200]),
    "a list of lengths": (post(b"Content-Length: 4, 5\r\n"), [400]),
    "a length with a sign": (post(b"Content-Length: +4\r\n"), [400]),
    "a negative length": (post(b"Content-Length: -1\r\n"), [400]),
    "a length in hexadecimal": (post(b"Content-Length: 0x10\r\n"), [400]),
    "a length of 100 digits": (post(b"Content-Length: " + b"9" * 100 + b"\r\n"), [400]),
    "a huge chunk": (post(CHUNKED, body=b"ffffffffffffffffffff\r\n" + EVENT), None),
    "a chunk that is no number": (post(CHUNKED, body=b"xyz\r\n" + CHUNKS), [400]),
    "a chunk with a negative size": (post(CHUNKED, body=b"-1\r\n" + CHUNKS), [400]),
    "chunked and identity": (post(b"Transfer-Encoding: chunked, identity\r\n", body=CHUNKS), [400, 501]),
    "two transfer encodings": (post(CHUNKED, b"Transfer-Encoding: identity\r\n", body=CHUNKS), [400, 501]),
    "an unknown transfer encoding": (post(b"Transfer-Encoding: xchunked\r\n", body=CHUNKS), [400, 501]),
    "a space before the colon": (post(b"Content-Length : 4\r\n"), [400]),
    "a header that goes on in a new line": (post(LENGTH, b"X-Y: a\r\n b\r\n"), [200, 400]),
    "a line feed alone": (b"POST /v1/track HTTP/1.1\nHost: x\n" + LENGTH[:-2] + b"\n\n" + EVENT, [200]),
    "a carriage return in a value": (post(LENGTH, b"X-Y: a\rb\r\n"), [400]),
    "a zero byte in a value": (post(LENGTH, b"X-Y: a\0b\r\n"), [400]),
    "no host": (b"POST /v1/track HTTP/1.1\r\n" + LENGTH + b"\r\n" + EVENT, [400]),
    "two hosts": (post(b"Host: y\r\n", LENGTH), [400]),
    "the old version": (post(LENGTH, version=b"1.0"), [200]),
    "the old version, kept alive, two requests": (
        post(LENGTH, b"Connection: keep-alive\r\n", version=b"1.0") * 2,
        None,
    ),
    "an unknown version": (post(LENGTH, version=b"9.9"), None),
    "the next version": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100), [400]),
    "no HTTP at all": (b"\r\n\r\n\0\xff" * 100, None),
    "a websocket": (WEBSOCKET, None),
    "an expectation": (post(LENGTH, b"Expect: 100-continue\r\n"), None),
    "an expectation that nobody knows": (post(LENGTH, b"Expect: a-miracle\r\n"), None),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_request_with_two_readings_has_one_answer_and_no_other_request_in_it(
    collector: Running, name: str
) -> None:
    raw, allowed = FRAMES[name]

    found = statuses(said(collector.port, raw))

    assert all(status < 500 for status in found), found
    assert allowed is None or (found and set(found) <= set(allowed)), found
    assert collector.post(ADA | {"messageId": "m2"}).status == 200
    assert collector.counts()["stored"] in (1, 2)


def test_many_requests_in_one_piece_are_answered_in_order(collector: Running) -> None:
    first, second = post(LENGTH), b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"

    assert statuses(said(collector.port, (first + second) * 20 + SMUGGLED)) == [200, 404] * 20 + [200]


def test_a_body_that_comes_byte_by_byte_is_one_body(collector: Running) -> None:
    with socket.create_connection(("127.0.0.1", collector.port), timeout=30) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post(LENGTH):
            stream.sendall(bytes([byte]))
        assert statuses(stream.recv(4096)) == [200]


# -- who asks, and for what -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "header"),
    [(b"/v1/track", b"X-HTTP-Method-Override: DELETE\r\n"), (b"/v1/track?_method=DELETE", b""),
     (b"/v1/track", b"X-Method-Override: GET\r\n")],
)  # fmt: skip
def test_the_method_is_the_one_of_the_request_line(collector: Running, target: bytes, header: bytes) -> None:
    assert statuses(said(collector.port, post(LENGTH, header, target=target))) == [200]
    assert collector.counts()["stored"] == 1


@pytest.mark.parametrize(
    "method", ["DELETE", "PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "X" * 100, "get"]
)
def test_other_methods_are_refused(collector: Running, method: str) -> None:
    raw = post(LENGTH).replace(b"POST", method.encode(), 1)

    assert set(statuses(said(collector.port, raw))) <= {400, 404, 405}
    assert collector.counts()["received"] == 0


def addresses(collector: Running, *headers: bytes) -> list[str | None]:
    """Return the client's address as the journal has it."""
    assert statuses(said(collector.port, post(LENGTH, *headers))) == [200]
    newest = collector.publisher._backlog.newest()
    return [found.request.address for found in collector.publisher._backlog.requests(newest, newest)]


XFF = b"X-Forwarded-For: "


@pytest.mark.parametrize(
    "header",
    [b"", XFF + b"1.2.3.4\r\n", XFF + b"1.2.3.4, 127.0.0.1\r\n", b"X-Real-IP: 1.2.3.4\r\n",
     b"Forwarded: for=1.2.3.4\r\n", XFF + b"nonsense\r\n"],
)  # fmt: skip
def test_nobody_is_believed_who_is_no_trusted_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: bytes
) -> None:
    monkeypatch.setitem(connections.SERVED_WITH, "forwarded_allow_ips", "10.9.9.9")
    with running(tmp_path) as collector:
        assert addresses(collector, header) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (XFF + b"9.9.9.9, 1.2.3.4, 127.0.0.1\r\n", "1.2.3.4"),
        (XFF + b"127.0.0.1, 1.2.3.4\r\n", "1.2.3.4"),
        (XFF + b"1.2.3.4\r\n" + XFF + b"5.6.7.8\r\n", "5.6.7.8"),
        (b"X-Real-IP: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n", "127.0.0.1"),
        (XFF + b"nonsense\r\n", None),
    ],
)
def test_a_trusted_proxy_names_the_last_address_that_is_none_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: bytes, address: str | None
) -> None:
    monkeypatch.setitem(connections.SERVED_WITH, "forwarded_allow_ips", "127.0.0.1")
    with running(tmp_path) as collector:
        assert addresses(collector, header) == [address]


# -- the whole server ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of `headwater serve` with all that it serves."""
    place = tmp_path_factory.mktemp("served")
    (place / "secret.txt").write_text("only-for-me")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("headwater")), "serve", "--dir", str(place), "--port", "0"],
        env=kept | {"HOME": str(place), "XDG_CONFIG_HOME": str(place)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    note, end = place / "server.json", time.monotonic() + PATIENCE
    while not note.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    yield urlsplit(json.loads(note.read_text())["url"]).port or 0
    process.terminate()
    process.wait()


def got(port: int, target: str, host: bytes = b"127.0.0.1", *headers: bytes) -> bytes:
    line = b"GET " + target.encode("utf-8", "surrogateescape") + b" HTTP/1.1\r\nHost: " + host + b"\r\n"
    return said(port, line + b"".join(headers) + b"Connection: close\r\n\r\n")


LEAKS = (b"only-for-me", b"root:", b"SQLite format", b"[tool.", b"\r\nset-cookie: crlf", b"\r\nx: y")


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside this repository")
@pytest.mark.parametrize("kind", ["path_traversal", "crlf", "open_redirect"])
@pytest.mark.parametrize(
    "place",
    ["/{}", "/assets/{}", "/assets/../{}", "/api/v1/reports/{}", "/?next={}", "/v1/projects/{}/settings"],
)
def test_no_path_leads_out_and_no_header_comes_in(server: int, kind: str, place: str) -> None:
    texts = json.loads(VECTORS.read_bytes())[kind]
    outer = [place.format(text.lstrip("/")) for text in texts]

    answers = {target: got(server, target) for target in outer}

    assert len(answers) > 10
    for target, answer in answers.items():
        assert all(status < 500 for status in statuses(answer)), (target, answer[:200])
        assert not any(leak in answer.lower() for leak in LEAKS), target
        assert b"location: http" not in answer.lower().replace(b"location: http://127.0.0.1/", b""), target
        assert b"location: //" not in answer.lower(), target


@pytest.mark.parametrize(
    "target",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2f..%2fsecret.txt", "//etc/passwd",
     "/%00", "/assets/%00.js", "/" + "a" * 5000, "/assets/" + "../" * 30 + "etc/passwd", "/%ff%fe", "/%"],
)  # fmt: skip
def test_paths_of_our_own_lead_nowhere(server: int, target: str) -> None:
    answer = got(server, target)

    assert set(statuses(answer)) <= {400, 404}, answer[:200]
    assert not any(leak in answer.lower() for leak in LEAKS)


@pytest.mark.parametrize("path", ["/api/v1/reports", "/metrics"])
@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"", b"[", b"a b", b"\xff"])
def test_another_host_gets_nothing_of_the_api(server: int, path: str, host: bytes) -> None:
    answer = got(server, path, host)

    assert set(statuses(answer)) <= {400, 401, 421}


@pytest.mark.parametrize("path", ["/", "/api/v1/reports", "/healthz"])
def test_a_forwarded_host_and_an_absolute_target_change_nothing_that_is_answered(
    server: int, path: str
) -> None:
    plain = got(server, path)

    answers = [
        got(server, path, b"127.0.0.1", b"X-Forwarded-Host: evil.example\r\n"),
        got(server, f"http://evil.example{path}"),
    ]

    assert statuses(plain) == [200]
    for answer in answers:
        assert set(statuses(answer)) <= {200, 400, 401, 404, 421}
        assert b"evil.example" not in answer
