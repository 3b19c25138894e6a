"""Site: pages that load the tracker, on an address of their own, and what the collector got of them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from headwater.collect.tracker import STUB
from tests.cli.shell import until
from tests.collect.collecting import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.collect.collecting import Running


class Handler(BaseHTTPRequestHandler):
    """Answers with the page of a path."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        found = self.server.site.page(urlsplit(self.path).path)  # type: ignore[attr-defined]
        content = (found or "nothing is here").encode()
        self.send_response(200 if found else 404)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(content)))
        self.send_header("cache-control", "max-age=600")
        self.end_headers()
        self.wfile.write(content)


class Site:
    """A web site: pages by path, each with the tracker's tag."""

    def __init__(self, collector: str, pages: Mapping[str, str] | None = None, **data: str) -> None:
        self.collector = collector
        self.pages = dict(pages or {})
        self.data = data
        self.key = KEY
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.site = self  # type: ignore[attr-defined]
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """Return the address of a page."""
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str) -> str | None:
        """Return the HTML of a path."""
        if path not in self.pages and path != "/":
            return None
        data = "".join(f' data-{name}="{value}"' for name, value in self.data.items())
        tag = f'<script src="{self.collector}/hw.js" data-key="{self.key}"{data}></script>'
        title = path.strip("/") or "home"
        body = self.pages.get(path, "")
        return (
            f"<!doctype html><html><head><title>{title}</title>{STUB}</head><body>{body}{tag}</body></html>"
        )


def events(collector: Running) -> list[dict[str, Any]]:
    """Return what the collector has stored, in the order in which it happened, with JSON read."""
    found = collector.rows("events")
    for row in found:
        row["properties"] = json.loads(row["properties"])
        row["context"] = json.loads(row["context"])
    return sorted(found, key=lambda row: (row["occurred_at"], row["event_id"]))


def names(collector: Running) -> list[str]:
    """Return the events by name, or by type where they have none."""
    return [row["event"] or row["type"] for row in events(collector)]


def wait(collector: Running, question: Callable[[list[dict[str, Any]]], Any]) -> list[dict[str, Any]]:
    """Wait until what is stored answers the question; return it."""
    until(lambda: question(events(collector)), seconds=20)
    return events(collector)


def wait_for(collector: Running, *wanted: str) -> list[dict[str, Any]]:
    """Wait until events of these names are stored; return all."""
    return wait(collector, lambda _rows: set(wanted) <= set(names(collector)))
