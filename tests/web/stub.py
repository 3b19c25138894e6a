"""Stub: a small server with canned answers in the API's shapes, and live counts that grow.

For tests of the page alone: it needs neither a workspace nor a build. `is_empty` is the first minute of a
new workspace: nothing has come in yet.
"""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.web.canned import EVENTS, NOTHING, REPORTS, conversions, counts, explained, person

STATIC = Path(__file__).parents[2] / "src/headwater/web/static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'"


class Handler(BaseHTTPRequestHandler):
    """Answers like the server; every stream sends counts that have grown."""

    def __init__(self, *args: Any, is_empty: bool, stopping: threading.Event, **kwargs: Any) -> None:
        self.is_empty = is_empty
        self.stopping = stopping
        super().__init__(*args, **kwargs)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        if path == "/api/v1/live":
            self.stream()
        elif path.startswith("/api/v1/"):
            self.answer(path.removeprefix("/api/v1/"), parse_qs(parts.query))
        else:
            self.file(path)

    def answer(self, path: str, query: dict[str, list[str]]) -> None:
        kind, _, name = path.partition("/")
        if kind == "reports":
            found = REPORTS[name](query)
            self.json(found | {"rows": []} if self.is_empty else found)
        elif kind == "conversions":
            self.json([] if self.is_empty else conversions())
        elif kind == "persons" and name == "nobody":
            problem = {"detail": "There is no person 'nobody'.", "hint": "give any identifier of the person."}
            self.json(problem, status=HTTPStatus.NOT_FOUND)
        elif kind == "persons":
            self.json(person(name))
        else:
            self.json(explained())

    def json(self, value: Any, *, status: int = HTTPStatus.OK) -> None:
        self.send(json.dumps(value).encode(), "application/json", status)

    def file(self, path: str) -> None:
        file = STATIC / ("index.html" if path == "/" else path.lstrip("/"))
        if file.is_file():
            self.send(file.read_bytes(), TYPES[file.suffix], HTTPStatus.OK)
        else:
            self.send(b"not found", "text/plain", HTTPStatus.NOT_FOUND)

    def send(self, body: bytes, kind: str, status: int) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            for turn in range(10_000):
                status = counts(29_801 + turn * 4 + turn % 3)
                if self.is_empty:
                    status |= NOTHING | {"complete_to": None}
                else:
                    event = {
                        "number": turn, "received_at": "2026-11-20T12:30:00Z", "type": "track",
                        "event": EVENTS[turn % 5], "page": "shop.example/cart", "anonymous_id": "a1",
                    }  # fmt: skip
                    self.wfile.write(b"event: event\ndata: " + json.dumps(event).encode() + b"\n\n")
                self.wfile.write(b"event: counts\ndata: " + json.dumps(status).encode() + b"\n\n")
                self.wfile.flush()
                if self.stopping.wait(0.2):
                    return
        except OSError:
            return


class Stub:
    """The running stub; use it as a context manager."""

    def __init__(self, *, is_empty: bool = False, port: int = 0) -> None:
        self._stopping = threading.Event()
        handler = partial(Handler, is_empty=is_empty, stopping=self._stopping)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Stub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


if __name__ == "__main__":
    with Stub(port=8899):
        time.sleep(3600)
