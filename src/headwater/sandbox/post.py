"""Post: send messages to a collector over HTTP, with the patience of a real client.

A refused batch (4xx) is dropped, as the clients do; a busy or absent collector (429, 5xx, no connection) is
tried again with the same bytes, so with the same message ids.
"""

from __future__ import annotations

import base64
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

if TYPE_CHECKING:
    import threading

PATIENCE = 8
"""How often one request is tried; waiting grows from a quarter of a second to 32 seconds."""
TIMEOUT = 30.0


class Poster:
    """One kept-alive connection to a collector."""

    def __init__(self, base_url: str, write_key: str, *, stop: threading.Event) -> None:
        parts = urlsplit(base_url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._line = kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)
        self._prefix = parts.path.rstrip("/")
        token = base64.b64encode(f"{write_key}:".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}
        self._stop = stop

    def post(self, path: str, body: dict[str, Any], *, content_type: str = "application/json") -> bool:
        """Send one request; return whether it was taken (status 200)."""
        raw = orjson.dumps(body)
        headers = {**self._headers, "Content-Type": content_type}
        for attempt in range(PATIENCE):
            if attempt:
                headers["X-Retry-Count"] = str(attempt)
                self._stop.wait(2 ** (attempt - 3))
            if self._stop.is_set():
                return False
            status = self._status(path, raw, headers)
            if status is not None and status < 500 and status != 429:
                return status == 200
        return False

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def _status(self, path: str, raw: bytes, headers: dict[str, str]) -> int | None:
        """Send the bytes once; return the status, or None where there was no answer."""
        try:
            self._line.request("POST", self._prefix + path, body=raw, headers=headers)
            answer = self._line.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._line.close()
            return None
        return answer.status
