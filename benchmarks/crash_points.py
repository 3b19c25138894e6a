"""Crash points: end each process at every system call that changes what is on the disk.

An undisturbed run under strace counts the calls of the jobs: `front` (the server takes requests),
`publish` (the worker archives them), `build` (the warehouse is made) and `load` (a batch is added to
it). Then each job is run once for every call, killed with SIGKILL just before it, and started again;
clients repeat what was not acknowledged. Afterwards every event must be there exactly once, the counts
must add up, and the tables must be those of the undisturbed run. Exits with 1 when anything differs.

    python benchmarks/crash_points.py [--jobs front,publish,build,load] [--sample N] [--seed N]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

from headwater.collect.alone import journal_key
from headwater.collect.journal import Journal
from headwater.collect.request import Request

KEY = "wk_crash"
UNUSABLE = 3
CALLS = (
    "write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink",
    "unlinkat", "ftruncate", "fallocate", "mkdir", "mkdirat", "rmdir", "link", "openat", "sendto",
)  # fmt: skip
TRACED = re.compile(r"^(?P<thread>\d+) +(?P<call>\w+)\(")
DAY = 86_400_000_000
LAZY = ("credits", "removal_effects")
PATIENCE = 120.0


class Point(NamedTuple):
    """The moment before a thread's n-th call of a kind."""

    call: str
    number: int


def main() -> None:
    """Crash, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--sample", type=int, help="points of each job, chosen at random; else all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.serve:
        return serve(Path(wanted.serve[0]), int(wanted.serve[1]))
    if missing := unusable():
        print(f"No process can be traced here: {missing}.", file=sys.stderr)
        sys.exit(UNUSABLE)
    print(f"seed {wanted.seed}", flush=True)
    chance = random.Random(wanted.seed)
    faults = [fault for name in wanted.jobs.split(",") for fault in crashed(name, wanted.sample, chance)]
    print(*faults or ["nothing differs"], sep="\n")
    sys.exit(1 if faults else 0)


def unusable() -> str | None:
    """Return what is missing to trace a process; None where that can be done."""
    if not shutil.which("strace"):
        return "there is no strace"
    tried = subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False
    )
    return tried.stderr.strip() or "strace failed" if tried.returncode else None


def crashed(name: str, sample: int | None, chance: random.Random) -> list[str]:
    """Run one job at every point, or at some; return what differs."""
    job = JOBS[name]
    faults, started, died = [], time.monotonic(), 0
    with tempfile.TemporaryDirectory() as place:
        template = Path(place) / "template"
        template.mkdir()
        job.prepared(template)
        log = Path(place) / "calls"
        whole = Path(place) / "whole"
        shutil.copytree(template, whole)
        job.ran(whole, ["strace", "-f", "-yy", "-s", "0", "-e", f"trace={','.join(CALLS)}", "-o", str(log)])
        told = job.result(whole)
        every = points(log.read_text(errors="replace"), whole)
        chosen = every if sample is None else chance.sample(every, min(sample, len(every)))
        for point in chosen:
            folder = Path(place) / "again"
            shutil.copytree(template, folder)
            kill = f"inject={point.call}:signal=SIGKILL:when={point.number}"
            died += job.ran(
                folder, ["strace", "-f", "-o", "/dev/null", "-e", f"trace={point.call}", "-e", kill]
            )
            if (found := job.result(folder)) != told:
                faults.append(f"{name} at {point.call} {point.number}: {difference(told, found)}")
            shutil.rmtree(folder)
    kinds = Counter(point.call for point in every)
    print(
        f"{name}: {len(every)} points ({', '.join(f'{count} {call}' for call, count in kinds.most_common())}), "
        f"{len(chosen)} tried, {died} died there, {len(faults)} differ, {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return faults


def points(log: str, folder: Path) -> list[Point]:
    """Return the calls of an undisturbed run that change something in `folder`, or answer a client."""
    seen = Counter[tuple[str, str]]()
    found: dict[Point, None] = {}
    for line in log.splitlines():
        match = TRACED.match(line)
        if match is None:
            continue
        call = match["call"]
        seen[match["thread"], call] += 1
        is_ours = "TCP:" in line if call == "sendto" else str(folder) in line
        if is_ours and (call != "openat" or "O_CREAT" in line):
            found[Point(call, seen[match["thread"], call])] = None
    return list(found)


def difference(told: dict[str, Any], found: dict[str, Any]) -> str:
    """Say in short what differs."""
    names = [name for name in told if told[name] != found.get(name)]
    return ", ".join(f"{name} is {str(found.get(name))[:200]}, not {str(told[name])[:200]}" for name in names)


# -- the jobs ----------------------------------------------------------------------------------------


class Publish:
    """The worker archives what waits: two days, a repetition, refusals."""

    def prepared(self, folder: Path) -> None:
        """Fill a journal."""
        with closing(Journal(folder / "journal.sqlite", key=journal_key(KEY))) as journal:
            for number in range(4):
                body = batch(*range(3 * number, 3 * number + 4))
                journal.store(Request("POST", "/v1/batch", "", {}, body, (20_000 + number // 3) * DAY))

    def ran(self, folder: Path, tracer: list[str]) -> bool:
        """Archive; where the worker died, let the next one do the rest."""
        died = worked(folder, tracer) != 0
        if died and worked(folder, []) != 0:
            sys.exit("a worker that followed a dead one died too")
        return died

    def result(self, folder: Path) -> dict[str, Any]:
        """Return what the archive holds."""
        intake = Counter[str]()
        for row in rows(folder, "intake"):
            intake.update({name: row[name] for name in ("received", "stored", "duplicate", "refused")})
        refused = [(row["reason"], row["raw"]) for row in rows(folder, "refused")]
        return {
            "events": sorted(json.dumps(row, default=str) for row in rows(folder, "events")),
            "refused": sorted(refused),
            "intake": dict(intake),
            "left over": sorted(path.name for path in (folder / "archive").rglob("*.writing")),
        }


class Front(Publish):
    """The server takes requests, from making the journal to its end in good order."""

    sent = tuple(range(6))

    def prepared(self, folder: Path) -> None:
        """Begin with nothing."""

    def ran(self, folder: Path, tracer: list[str]) -> bool:
        """Send to a server that dies, and to the one after it, until all is acknowledged; archive it."""
        left = [batch(3 * number, 3 * number + 1, 3 * number + 2) for number in self.sent]
        died = self._sent(folder, tracer, left)
        if left:
            self._sent(folder, [], left)
        if left:
            sys.exit("a server that followed a dead one took nothing")
        worked(folder, [])
        return died

    def _sent(self, folder: Path, tracer: list[str], left: list[bytes]) -> bool:
        """Send until the server dies; take off the list what it acknowledged."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        script = [sys.executable, __file__, "--serve", str(folder), str(port)]
        server = subprocess.Popen([*tracer, *script], stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while server.poll() is None and left and time.monotonic() < until:
            if accepted(port, left[0]):
                left.pop(0)
        for pid in [*children(server.pid), server.pid] if not tracer else children(server.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return server.wait() != 0

    def result(self, folder: Path) -> dict[str, Any]:
        """Return what the archive holds, but for the times and the repetitions."""
        events = sorted(row["event_id"] for row in rows(folder, "events"))
        told = super().result(folder)
        counts = told["intake"]
        told["surplus"] = counts["received"] - counts["stored"] - counts["duplicate"] - counts["refused"]
        told["stored"] = counts["stored"]
        del told["intake"], told["refused"]
        return told | {"events": events}


class Build:
    """The warehouse is made of a small archive."""

    is_second = False

    def prepared(self, folder: Path) -> None:
        """Archive some visits and orders; for the second build, build, and archive some more."""
        self._archived(folder, range(30))
        if self.is_second:
            built(folder, [])
            self._archived(folder, range(20, 50))

    def _archived(self, folder: Path, numbers: range) -> None:
        with closing(Journal(folder / "journal.sqlite", key=journal_key(KEY))) as journal:
            journal.store(Request("POST", "/v1/batch", "", {}, batch(*numbers), 20_000 * DAY))
        worked(folder, [])

    def ran(self, folder: Path, tracer: list[str]) -> bool:
        """Build; where that died, build again."""
        died = built(folder, tracer) != 0
        if died and built(folder, []) != 0:
            sys.exit("a build that followed a dead one failed")
        return died

    def result(self, folder: Path) -> dict[str, Any]:
        """Return a checksum of each table."""
        with closing(duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True)) as warehouse:
            wanted = "select table_name from duckdb_tables() where schema_name = 'main'"
            names = [name for (name,) in warehouse.execute(wanted).fetchall() if name not in LAZY]
            return {name: checksum(warehouse, name) for name in sorted(names)}


class Load(Build):
    """A batch is added to a warehouse."""

    is_second = True


JOBS: dict[str, Any] = {"front": Front(), "publish": Publish(), "build": Build(), "load": Load()}


def checksum(warehouse: duckdb.DuckDBPyConnection, name: str) -> tuple[int, str]:
    """Return the number of rows of a table and a hash of them in an order of their own."""
    found = sorted(map(repr, warehouse.execute(f'select * from "{name}"').fetchall()))
    return len(found), sha256("\n".join(found).encode()).hexdigest()[:16]


def worked(folder: Path, tracer: list[str]) -> int:
    """Run a worker until nothing waits; return how it ended."""
    command = [*tracer, sys.executable, "-m", "headwater.collect.alone", str(folder), "worker", KEY, "0.02"]
    return subprocess.run(command, input=b"stop\n", stderr=subprocess.DEVNULL, check=False).returncode


def built(folder: Path, tracer: list[str]) -> int:
    """Run a build; return how it ended."""
    command = [*tracer, str(Path(sys.executable).with_name("headwater")), "build", "--dir", str(folder)]
    around = os.environ | {"HEADWATER_SECRET_KEY": "00" * 32}
    ran = subprocess.run(command, env=around, capture_output=True, check=False)
    return ran.returncode


def serve(folder: Path, port: int) -> None:
    """Be the server without its worker, so that every call is the server's own."""
    import uvicorn

    from headwater.collect.app import collector
    from headwater.collect.connections import SERVED_WITH
    from headwater.collect.metrics import Metrics

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with closing(Journal(folder / "journal.sqlite", key=journal_key(KEY), least_free=0)) as journal:
        app = collector(journal, lambda: (KEY,), Metrics(journal))
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", **SERVED_WITH)
        with suppress(SystemExit):
            uvicorn.Server(config).run()
        journal.tidy()


def accepted(port: int, body: bytes) -> bool:
    """Tell whether the server acknowledges a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Authorization": "Basic " + b64encode(f"{KEY}:".encode()).decode()}
        connection.request("POST", "/v1/batch", body=body, headers=headers)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        time.sleep(0.01)
        return False
    finally:
        connection.close()


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(child) for child in said.split()]


def batch(*numbers: int) -> bytes:
    """Return a body of visits and orders, one of each number, and a message that is none."""
    return json.dumps({"batch": [message(number) for number in numbers] + [{"type": "nonsense"}]}).encode()


def message(number: int) -> dict[str, Any]:
    """Return a visit, or every third time an order."""
    said: dict[str, Any] = {"messageId": f"m{number}", "anonymousId": f"device{number % 7}"}
    said |= {"timestamp": f"2024-10-04T{number % 24:02}:00:00Z"}
    if number % 3:
        url = f"https://shop.example/?utm_source=news&utm_medium=email&utm_campaign=c{number}"
        return said | {"type": "page", "properties": {"url": url}}
    order = {"order_id": f"o{number}", "revenue": number, "currency": "EUR"}
    return said | {
        "type": "track",
        "event": "Order Completed",
        "userId": f"u{number % 7}",
        "properties": order,
    }


def rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Return every row of a kind in the archive."""
    found = sorted((folder / "archive" / kind).glob("received=*/*.parquet"))
    return [row for path in found for row in pq.ParquetFile(path).read().to_pylist()]


if __name__ == "__main__":
    main()
