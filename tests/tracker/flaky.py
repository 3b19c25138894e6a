"""Flaky: a collector that answers as the test says, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from headwater.collect import tracker


class Handler(BaseHTTPRequestHandler):
    """Serves the script, and takes or refuses batches."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        found = tracker.script()
        self._answer(200, found.content if found else b"", {"content-type": "text/javascript"})

    def do_POST(self) -> None:
        flaky: Flaky = self.server.flaky  # type: ignore[attr-defined]
        batch = json.loads(self.rfile.read(int(self.headers["content-length"])))["batch"]
        is_poisoned = any(message.get("event") == flaky.poison for message in batch)
        status = 400 if is_poisoned else flaky.status
        flaky.kinds.append(self.headers["content-type"])
        flaky.requests.append((status, [message["messageId"] for message in batch]))
        if status == 200:
            flaky.taken.extend(batch)
        self._answer(status, b"{}", flaky.headers if status != 200 else {})

    def do_OPTIONS(self) -> None:
        self.server.flaky.kinds.append("preflight")  # type: ignore[attr-defined]
        self._answer(200, b"", {"access-control-allow-headers": "*"})

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.send_header("access-control-allow-origin", self.headers.get("origin", "*"))
        self.send_header("access-control-allow-credentials", "true")
        self.send_header("access-control-expose-headers", "retry-after")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class Flaky:
    """The collector; `status` and `headers` are those of its next answers."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.poison = "no event"
        """Name of an event that makes a batch unreadable."""
        self.requests: list[tuple[int, list[str]]] = []
        """Status and ids of each batch."""
        self.kinds: list[str] = []
        """Content type of each batch."""
        self.taken: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.flaky = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def names(self) -> list[str]:
        """Return the tracked events that were taken."""
        return [message["event"] for message in self.taken if message["type"] == "track"]
