"""A collector on a real socket for the tests, and what it left behind."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow.parquet as pq
import uvicorn

from headwater.collect import archive
from headwater.collect.alone import Forgetful
from headwater.collect.app import collector
from headwater.collect.connections import SERVED_WITH
from headwater.collect.intake import admitted
from headwater.collect.journal import Journal
from headwater.collect.metrics import Metrics
from headwater.collect.protocols import segment
from headwater.collect.publisher import Publisher
from headwater.collect.receipts import Receipt
from headwater.collect.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

KEY = "wk_test_123"
DATA = Path(__file__).parents[2].parent / "shared" / "data"
ADA = {"type": "track", "event": "Signed Up", "userId": "ada", "messageId": "m1"}


def packed(body: bytes) -> bytes:
    """Return a body as gzip, the same whenever it is made: tests take their names from it."""
    return gzip.compress(body, mtime=0)


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


class Running:
    """A collector that listens on a port of its own."""

    def __init__(self, folder: Path, journal: Journal, port: int, *, key: bytes | None = None) -> None:
        self.folder = folder
        self.journal = journal
        self.port = port
        self.publisher = Publisher(folder, Forgetful(KEY), key=key)

    def send(
        self,
        path: str,
        body: bytes | None,
        *,
        key: str | None = KEY,
        method: str = "POST",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request; `key` goes into the basic authentication."""
        basic = {} if key is None else {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=basic | (headers or {}))
            return Answer(connection.getresponse())

    def post(self, *messages: Any) -> Answer:
        """Send messages as one batch."""
        return self.send("/v1/batch", orjson.dumps({"batch": messages}))

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Publish, then return every row of a kind in the archive."""
        self.publisher.publish()
        return rows(self.folder, kind)

    def counts(self) -> dict[str, int]:
        """Publish, then return the counts of everything that came in."""
        self.publisher.publish()
        return self.journal.counts()

    def metrics(self) -> dict[str, float]:
        """Return the samples of /metrics by name and labels."""
        page = self.send("/metrics", None, method="GET").body.decode()
        lines = (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in lines}


def came(*messages: Any, at: int = 0) -> Request:
    """Return the request that brought messages at `at` (microseconds) as one Segment batch."""
    return Request("POST", "/v1/batch", "", {}, orjson.dumps({"batch": messages}), at)


def posted(body: Any, *, path: str = "/v1/batch", at: int = 0) -> Receipt:
    """Return the receipt of a decoded body that came by the Segment protocol."""
    request = Request("POST", path, "", {}, b"", at)
    opened = segment.WIRE.opened(request, body, segment.PATHS[path])
    nothing = Receipt(origin="segment", received_at=at)
    return next(admitted(request, opened, origin="segment"), nothing)


@contextlib.contextmanager
def publishing(folder: Path, store: Any = None) -> Iterator[Publisher]:
    """Give a publisher of the folder's journal while the block lasts."""
    with contextlib.closing(Publisher(folder, store or Forgetful(KEY))) as publisher:
        yield publisher


def rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Return every row of a kind in the archive, in the order of the files."""
    return [row for path in archive.files(folder, kind) for row in pq.ParquetFile(path).read().to_pylist()]


@contextlib.contextmanager
def running(folder: Path, *, key: bytes | None = None, keys: Collection[str] = (KEY,)) -> Iterator[Running]:
    """Run a collector on `folder` while the block lasts; `keys` are the write keys that it knows."""
    journal = Journal(folder / "journal.sqlite", key=key)
    app = collector(journal, lambda: keys, Metrics(journal))
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", **SERVED_WITH)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        found = Running(folder, journal, listener.getsockname()[1], key=key)
        with contextlib.closing(found.publisher):
            yield found
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        journal.close()


class Process:
    """A collector in a process of its own."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port

    def peak(self) -> int:
        """Return the most memory that it has held so far, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[Process]:
    """Run a collector as a process while the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "headwater.collect.alone", str(folder), str(port), KEY]
    process = subprocess.Popen(command)
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.02)
        yield Process(process.pid, port)
    finally:
        process.terminate()
        process.wait()
