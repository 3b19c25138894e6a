"""Demo: the simulated shop as the customer of a server that runs.

Reads  the address, write key and token of the server that is running
Makes  a thread that imports what the shop's ads cost and then posts the shop's traffic

It knows the server by its address alone, as any customer would. Where events are already there, history
is not sent again: the shop goes on with new persons.
"""

from __future__ import annotations

import http.client
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import orjson

from headwater.sandbox.people import history
from headwater.sandbox.shop import run
from headwater.sandbox.spend import spend, write

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 7
PERSONS = 4000
DAYS = 30
RATE = 4.0
"""Live messages a second."""
STEP = 20
"""Percent of history after which progress is told."""


class Server(Protocol):
    """What the demo needs to know of the running server."""

    @property
    def url(self) -> str:
        """Where this machine reaches it."""

    @property
    def write_key(self) -> str:
        """What clients send."""

    @property
    def token(self) -> str:
        """What the API asks for."""


class Keeper:
    """Keeps the shop: starts its trade when the server is ready and ends it with the server."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = SEED,
        rate: float = RATE,
        persons: int = PERSONS,
        days: int = DAYS,
        tell: Callable[[str], None],
    ) -> None:
        """Take the folder for the truth of the simulation, how the shop goes, and where to tell of it."""
        self._options = {"seed": seed, "rate": rate, "persons": persons, "days": days, "tell": tell}
        self._truth = folder / "truth.jsonl"
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, server: Server) -> None:
        """Start trading with a server that is ready, beside whatever this thread does."""
        options = self._options | {"stop": self._stop, "truth": self._truth}
        self._thread = threading.Thread(
            target=trade, args=(server,), kwargs=options, name="shop", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Stop trading."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=5)


def trade(
    server: Server,
    *,
    stop: threading.Event,
    seed: int = SEED,
    rate: float = RATE,
    persons: int = PERSONS,
    days: int = DAYS,
    truth: Path | None = None,
    tell: Callable[[str], None],
) -> None:
    """Bring the shop's history to the server, unless it has some, then post live traffic until `stop`."""
    events = int(asked(server, "GET", "/api/v1/status").get("events", 0))
    if events:
        tell(f"The shop goes on: {events:,} events are here already.")
        days, persons = 0, persons + events
    else:
        _import_spend(server, seed=seed, persons=persons, days=days)
    told = [0]

    def progress(sent: int, planned: int) -> None:
        percent = 100 * sent // max(1, planned)
        if percent >= told[0] + STEP or sent == planned:
            told[0] = percent
            tell(f"{days} days of history: {sent:,} of {planned:,} messages")

    run(
        server.url,
        server.write_key,
        stop=stop,
        seed=seed,
        rate=rate,
        backfill_days=days,
        persons=persons,
        truth=truth,
        progress=progress,
    )


def asked(server: Server, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
    """Ask the server's API and return its JSON; nothing where it refuses or does not answer."""
    parts = urlsplit(server.url)
    line = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=60)
    try:
        line.request(method, path, body=body, headers={"Authorization": f"Bearer {server.token}"})
        answer = line.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException):
        return {}
    finally:
        line.close()
    found: dict[str, Any] = orjson.loads(said) if answer.status == http.client.OK else {}
    return found


def _import_spend(server: Server, *, seed: int, persons: int, days: int) -> None:
    """Import the bills of the ad platforms the way an operator does: as a file."""
    now = datetime.now(UTC)
    past = history(seed=seed, persons=persons, since=now - timedelta(days=days), until=now)
    bills = spend([visit for visit in past if visit.at < now], seed=seed)
    with tempfile.TemporaryDirectory() as aside:
        file = Path(aside) / "spend.csv"
        write(bills, file)
        asked(server, "POST", "/api/v1/import?kind=spend&name=spend.csv", file.read_bytes())
