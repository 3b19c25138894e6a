"""Durable intake: events a second that are on the disk before their answer, against servers that store nothing.

Three servers are measured in one run, turn about: the collector; the same collector with a journal that
stores nothing, so that only the storing is left out ("storeless"); and the same uvicorn with an
application that reads the body, looks at nothing and answers 200 ("bare"). All have the same clients:
64 connections that send their next request when the last one is answered, as batches of 20 events and as
single events. Ratios are of the rates of one round, and the median of the rounds is told.
The collector journals with synchronous=FULL while its worker publishes to the archive. The peak memory is
that of all its processes together.

    python benchmarks/durable_intake.py [--seconds 5] [--rounds 3] [--connections 64] [--flood SECONDS]

With --flood batches are sent for so long, to the collector alone, and it is waited until the archive
holds every event.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "wk_benchmark"
AUTH = b64encode(f"{KEY}:".encode()).decode()
SHAPES = {"batches of 20": ("/v1/batch", 20), "single events": ("/v1/track", 1)}
TARGET = 0.60
BARE = """
import sys, uvicorn
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [
        (b"content-type", b"application/json"), (b"content-length", b"16")]})
    await send({"type": "http.response.body", "body": b'{"success":true}'})
port = int(sys.argv[1])
uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")
"""
STORELESS = f"""
import sys, uvicorn
from headwater.collect.app import collector
from headwater.collect.connections import SERVED_WITH
from headwater.collect.metrics import Metrics
from headwater.collect.writer import SWITCH_SECONDS
class Nowhere:
    async def append(self, request, *, is_cut=False):
        pass
    def counts(self):
        return dict.fromkeys(("received", "stored", "duplicate", "conflicting", "refused"), 0)
    def waiting(self):
        return 0
sys.setswitchinterval(SWITCH_SECONDS)
app = collector(Nowhere(), lambda: ("{KEY}",), Metrics(Nowhere()))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, **SERVED_WITH)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--flood", type=float, metavar="SECONDS")
    wanted = parser.parse_args()
    if wanted.flood:
        return flood(wanted.flood, wanted.connections)
    print(f"{wanted.connections} connections, {wanted.rounds} x {wanted.seconds:g} s, {os.cpu_count()} cores")
    with (
        tempfile.TemporaryDirectory() as folder,
        storing_nothing(BARE) as bare,
        storing_nothing(STORELESS) as storeless,
        durable(Path(folder)) as (port, pid),
    ):
        servers = {"bare": bare, "storeless": storeless, "durable": port}
        for name, (path, size) in SHAPES.items():
            rounds: list[dict[str, float]] = []
            for _ in range(wanted.rounds):
                rounds.append({})
                for server, place in servers.items():
                    run = Run(place, path, size)
                    asyncio.run(run.drive(wanted.connections, wanted.seconds))
                    rounds[-1][server] = run.rate
                    print(f"  {name:14} {server:9} {run}")
            for rival in ("storeless", "bare"):
                ratio = statistics.median(rates["durable"] / rates[rival] for rates in rounds)
                print(f"{name}: {ratio:.0%} of {rival}{verdict(ratio, rival=rival, size=size)}")
        print(f"peak memory of {len(family(pid))} processes: {peak(pid) / 1e6:.0f} MB")
    return None


def verdict(ratio: float, *, rival: str, size: int) -> str:
    """Return whether the target is met, where there is one."""
    if size == 1 or rival == "bare":
        return ""
    return f" (target {TARGET:.0%}: {'met' if ratio >= TARGET else 'missed'})"


def flood(seconds: float, connections: int) -> None:
    """Send batches to the collector alone, then wait for the archive to hold them; print both."""
    path, size = SHAPES["batches of 20"]
    with tempfile.TemporaryDirectory() as folder, durable(Path(folder)) as (port, pid):
        run = Run(port, path, size)
        asyncio.run(run.drive(connections, seconds))
        sent = len(run.latencies) * size
        waiting = metric(port, "headwater_requests_waiting")
        disk = sum(file.stat().st_size for file in Path(folder).glob("journal.sqlite*"))
        print(f"flood {run}; {waiting:,.0f} of {len(run.latencies):,} requests wait in {disk / 1e6:.0f} MB")
        print(f"peak memory of {len(family(pid))} processes: {peak(pid) / 1e6:.0f} MB")
        started = time.perf_counter()
        while metric(port, "headwater_requests_waiting"):
            time.sleep(1)
        stored = metric(port, "headwater_events_stored_total")
        print(
            f"archived after another {time.perf_counter() - started:.0f} s: {stored:,.0f} of {sent:,} events"
        )
        print(f"peak memory of {len(family(pid))} processes: {peak(pid) / 1e6:.0f} MB")


def metric(port: int, name: str) -> float:
    """Return a sample of the collector's metrics."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as page:
        lines = page.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def family(pid: int) -> list[int]:
    """Return a process and those that it has started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(int(child) for thread in threads for child in thread.read_text().split())]


def peak(pid: int) -> int:
    """Return the most memory that a process and its children have held, in bytes, added up."""
    statuses = [Path(f"/proc/{one}/status").read_text() for one in family(pid)]
    lines = [line for status in statuses for line in status.splitlines() if line.startswith("VmHWM")]
    return sum(int(line.split()[1]) * 1024 for line in lines)


class Run:
    """One measurement: closed-loop clients against one server."""

    def __init__(self, port: int, path: str, size: int) -> None:
        self.port, self.path, self.size = port, path, size
        self.latencies: list[float] = []
        self.seconds = 0.0

    async def drive(self, connections: int, seconds: float) -> None:
        """Send from all connections for so long."""
        clients = [await Client.connected(self) for _ in range(connections)]
        started = time.perf_counter()
        for client in clients:
            client.send()
        await asyncio.sleep(seconds)
        for client in clients:
            client.stopping = True
        await asyncio.gather(*(client.done for client in clients))
        self.seconds = time.perf_counter() - started

    @property
    def rate(self) -> float:
        """Events a second."""
        return len(self.latencies) * self.size / self.seconds

    def request(self) -> bytes:
        """Return a request whose events have never been sent before."""
        prefix = uuid.uuid4().hex
        events = (TEMPLATE % f"{prefix}-{number}" for number in range(self.size))
        body = '{"batch":[' + ",".join(events) + "]}" if self.size > 1 else next(events)
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {AUTH}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    def __str__(self) -> str:
        ordered = sorted(self.latencies)
        p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.50, 0.99))
        return f"{self.rate:>9,.0f} events/s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms"


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stopping = False
        self.done = asyncio.get_running_loop().create_future()
        self.sent_at = 0.0
        self.received = b""

    @classmethod
    async def connected(cls, run: Run) -> Client:
        """Return a client with an open connection."""
        _, client = await asyncio.get_running_loop().create_connection(
            lambda: cls(run), "127.0.0.1", run.port
        )
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to send."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self) -> None:
        """Send the next request."""
        request = self.run.request()
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take an answer in; send the next request when it is whole."""
        self.received += data
        if not self.received.endswith(b'{"success":true}'):
            return
        assert self.received.startswith(b"HTTP/1.1 200 "), self.received[:200]
        self.received = b""
        self.run.latencies.append(time.perf_counter() - self.sent_at)
        if self.stopping:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the run when the server closes first."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


TEMPLATE = json.dumps(
    {
        "type": "track",
        "event": "Product Viewed",
        "messageId": "%s",
        "anonymousId": "5aebadff-73af-43e1-840a-b6dbe07a749d",
        "userId": "user-1",
        "timestamp": "2026-11-21T18:40:04.566Z",
        "properties": {"product_id": "p1", "price": 64.95, "currency": "EUR", "category": "shoes"},
        "context": {
            "page": {
                "url": "https://shop.example/shoes?utm_source=google&utm_medium=cpc&gclid=EAIaIQ_test",
                "referrer": "https://www.google.com/",
                "path": "/shoes",
            },
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/156.0.0.0",
            "locale": "de-DE",
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
        },
    }
)


@contextlib.contextmanager
def storing_nothing(code: str) -> Iterator[int]:
    """Run a server that stores nothing; give its port."""
    port = free_port()
    with _running([sys.executable, "-c", code, str(port)], port):
        yield port


@contextlib.contextmanager
def durable(folder: Path) -> Iterator[tuple[int, int]]:
    """Run the collector on a folder; give its port and its process."""
    port = free_port()
    command = [sys.executable, "-m", "headwater.collect.alone", str(folder), str(port), KEY]
    with _running(command, port) as pid:
        yield port, pid


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command)
    try:
        _until_listening(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_listening(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


if __name__ == "__main__":
    main()
