"""Kill intake: end the collector with kill -9 at random moments while clients send to it.

Each kill takes both of its processes, or only the server, or only the worker behind it.
Clients send batches and repeat each, with the same ids, until it is acknowledged, as real ones do.
Afterwards the archive must hold every acknowledged event exactly once and nothing that was never sent,
and received = stored + duplicate + refused must hold in the register and in the archive alike.
What was acknowledged is noted here, outside the collector. Exits with 1 when anything is amiss.

    python benchmarks/kill_intake.py [--kills 100] [--seed N] [--clients 8]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections import Counter
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "wk_kill"
PUBLISH_SECONDS = "0.1"
LONGEST_LIFE = 0.8
BATCH = 20
DRAIN_SECONDS = 300.0
KILLED = ("both", "server", "worker")


def main() -> None:
    """Kill, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--clients", type=int, default=8)
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}, {wanted.kills} kills, {wanted.clients} clients", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        collector = Collector(Path(folder))
        started = time.monotonic()
        clients = torment(collector, wanted.kills, wanted.clients, random.Random(wanted.seed))
        seconds = time.monotonic() - started
        faults = differences(Path(folder), clients)
    requests = sum(client.requests for client in clients)
    acknowledged = sum(len(client.acknowledged) for client in clients)
    print(f"{requests} requests, {acknowledged} events acknowledged, {seconds:.0f} s")
    for name, count in faults.items():
        print(f"{name}: {count}")
    sys.exit(1 if any(faults.values()) else 0)


class Collector:
    """A collector process that can be killed and started again on the same folder and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it listens."""
        command = [sys.executable, "-m", "headwater.collect.alone"]
        command += [str(self.folder), str(self.port), KEY, PUBLISH_SECONDS]
        self.process = subprocess.Popen(command, start_new_session=True)
        while self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        sys.exit(f"the collector ended with {self.process.returncode} instead of starting")

    def kill(self, whom: str) -> None:
        """End both processes, the server or the worker with SIGKILL; start what does not start itself."""
        assert self.process is not None
        if whom == "worker":
            for worker in self.workers():
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            return
        if whom == "both":
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        self.start()

    def workers(self) -> list[int]:
        """Return the processes that the server has started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        threads = children.parents[1].glob("*/children")
        return [int(pid) for thread in threads for pid in thread.read_text().split()]

    def drain(self) -> None:
        """Wait until the worker has archived everything."""
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until:
            with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as page:
                if b"headwater_requests_waiting 0.0" in page.read():
                    return
            time.sleep(0.2)
        sys.exit(f"something still waits after {DRAIN_SECONDS:g} s")

    def stop(self) -> None:
        """End it in good order."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()


class Client(threading.Thread):
    """Sends batch after batch, each until it is acknowledged."""

    def __init__(self, name: str, port: int, chance: random.Random) -> None:
        super().__init__(name=name, daemon=True)
        self.port = port
        self.chance = chance
        self.stopping = threading.Event()
        self.acknowledged: dict[str, Decimal] = {}
        self.sent: set[str] = set()
        self.requests = 0

    def run(self) -> None:
        """Send until told to stop; the last batch too is brought home."""
        number = 0
        while not self.stopping.is_set():
            values = {
                f"{self.name}-{number + n}": self._value() for n in range(self.chance.randint(1, BATCH))
            }
            number += len(values)
            self.sent |= values.keys()
            body = json.dumps({"batch": [event(key, value) for key, value in values.items()]}).encode()
            while not self._accepted(body):
                time.sleep(0.01)
            self.acknowledged |= values

    def _value(self) -> Decimal:
        return Decimal(self.chance.randrange(100_000)) / 100

    def _accepted(self, body: bytes) -> bool:
        self.requests += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Authorization": "Basic " + b64encode(f"{KEY}:".encode()).decode()}
            connection.request("POST", "/v1/batch", body=body, headers=headers)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def event(key: str, value: Decimal) -> dict[str, object]:
    """Return one order."""
    properties = {"value": str(value), "currency": "EUR"}
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": key,
        "userId": key,
        "properties": properties,
    }


def torment(collector: Collector, kills: int, count: int, chance: random.Random) -> list[Client]:
    """Run clients against a collector that is killed again and again; end in good order."""
    collector.start()
    with sending(collector.port, count, chance) as clients:
        for _ in range(kills):
            time.sleep(chance.uniform(0, LONGEST_LIFE))
            collector.kill(chance.choice(KILLED))
    collector.drain()
    collector.stop()
    return clients


@contextmanager
def sending(port: int, count: int, chance: random.Random) -> Iterator[list[Client]]:
    """Let so many clients send while the block lasts; each brings its last batch home."""
    clients = [Client(f"client{n}", port, random.Random(chance.random())) for n in range(count)]
    for client in clients:
        client.start()
    yield clients
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join()


def differences(folder: Path, clients: list[Client]) -> dict[str, object]:
    """Compare what was acknowledged with what is there; every value of the answer should be zero."""
    rows = [row for path in files(folder, "events") for row in pq.ParquetFile(path).read().to_pylist()]
    seen = Counter(row["event_id"] for row in rows)
    revenue = sum((Decimal(json.loads(row["properties"])["value"]) for row in rows), Decimal(0))
    acknowledged: dict[str, Decimal] = {}
    sent: set[str] = set()
    for client in clients:
        acknowledged |= client.acknowledged
        sent |= client.sent
    with sqlite3.connect(folder / "ids.sqlite") as register:
        counts = dict(register.execute("select name, n from counts"))
    with sqlite3.connect(folder / "journal.sqlite") as journal:
        waiting = journal.execute("select coalesce(sum(requests), 0) from commits").fetchone()[0]
    intake = Counter[str]()
    for path in files(folder, "intake"):
        for row in pq.ParquetFile(path).read().to_pylist():
            intake.update({name: row[name] for name in ("received", "stored", "duplicate", "refused")})
    print(f"{len(rows)} events in the archive, register {counts}, intake {dict(intake)}")
    return {
        "acknowledged and lost": len(acknowledged.keys() - seen.keys()),
        "left in the journal after a stop in good order": waiting,
        "counted twice": sum(count > 1 for count in seen.values()),
        "never sent": len(seen.keys() - sent),
        "stored, but not in the archive": counts["stored"] - len(rows),
        "difference in revenue": revenue - sum(acknowledged.values(), Decimal(0)),
        "received less stored, duplicate and refused": counts["received"]
        - counts["stored"]
        - counts["duplicate"]
        - counts["refused"],
        "archive's counts less the register's": sum(abs(intake[name] - counts[name]) for name in intake),
    }


def files(folder: Path, kind: str) -> list[Path]:
    """Return the archive's files of a kind."""
    return sorted((folder / "archive" / kind).glob("received=*/*.parquet"))


if __name__ == "__main__":
    main()
