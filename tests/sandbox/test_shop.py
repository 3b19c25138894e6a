"""The running shop, against a collector on a real socket that writes down what it gets."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from headwater.sandbox.messages import Message
from headwater.sandbox.people import history
from headwater.sandbox.shop import divided, live_visits, run, spoiled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Notebook(ThreadingHTTPServer):
    """A collector that refuses the first `busy` requests as too many and notes the others."""

    daemon_threads = True

    def __init__(self, *, busy: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.busy = busy
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.enough = threading.Event()
        self.wanted = 10**9

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> int:
        if self.busy:
            self.busy -= 1
            return 429
        self.requests.append((path, headers, body))
        if len(self.requests) >= self.wanted:
            self.enough.set()
        return 200


class Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Notebook

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status = self.server.take(self.path, dict(self.headers), body)
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    server = Notebook()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def shop(notebook: Notebook, *, requests: int, **options: Any) -> None:
    """Run the shop until the collector has taken so many requests."""
    notebook.wanted = requests
    stop = threading.Event()
    thread = threading.Thread(
        target=run, args=(notebook.url, "key"), kwargs={"stop": stop, "seed": 3, **options}
    )
    thread.start()
    arrived = notebook.enough.wait(60)
    stop.set()
    thread.join(20)
    assert arrived
    assert not thread.is_alive()


def test_history_comes_in_batches_with_past_times_and_sending_times_of_now(notebook: Notebook) -> None:
    shop(notebook, requests=3, persons=120, backfill_days=10)

    path, headers, body = notebook.requests[0]

    assert path == "/v1/batch"
    assert headers["Authorization"].startswith("Basic ")
    assert len(body["batch"]) >= 100
    assert datetime.fromisoformat(body["sentAt"]) - datetime.now(UTC) < timedelta(minutes=2)
    assert datetime.fromisoformat(body["batch"][0]["timestamp"]) < datetime.now(UTC) - timedelta(days=8)


def test_live_pages_come_one_by_one_on_the_path_of_their_type(notebook: Notebook) -> None:
    shop(notebook, requests=12, persons=5, backfill_days=0, rate=400.0)

    paths = Counter(path for path, _, _ in notebook.requests)

    assert set(paths) <= {"/v1/page", "/v1/track", "/v1/identify", "/v1/trck", "/v1/batch"}
    assert paths["/v1/page"]


def test_a_busy_collector_gets_the_same_message_again(notebook: Notebook) -> None:
    notebook.busy = 2

    shop(notebook, requests=1, persons=40, backfill_days=5)

    _, headers, body = notebook.requests[0]
    assert headers["X-Retry-Count"] == "2"
    assert body["batch"]


def test_progress_ends_with_all_messages_sent(notebook: Notebook) -> None:
    told: list[tuple[int, int]] = []

    shop(
        notebook,
        requests=30,
        persons=120,
        backfill_days=10,
        rate=400.0,
        progress=lambda *said: told.append(said),
    )

    assert told[-1][0] == told[-1][1]


def test_truth_names_the_person_behind_every_visit(notebook: Notebook, tmp_path: Path) -> None:
    shop(notebook, requests=1, persons=40, backfill_days=5, truth=tmp_path / "truth.jsonl")

    known = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]

    assert {"person", "channel", "anonymous_id", "user_id", "deed", "at"} == set(known[0])
    sent = {one["anonymousId"] for one in notebook.requests[0][2]["batch"] if one.get("anonymousId")}
    assert sent - {"undefined"} <= {visit["anonymous_id"] for visit in known}


def test_live_visits_keep_the_order_of_a_person() -> None:
    still_open = history(seed=3, persons=60, since=NOW, until=NOW + timedelta(days=1))
    coming = live_visits(still_open, seed=3, number=60)

    seen: dict[int, list[datetime]] = {}
    for visit in (next(coming) for _ in range(400)):
        seen.setdefault(visit.person.number, []).append(visit.at)

    assert all(times == sorted(times) for times in seen.values())


def test_what_lies_ahead_is_not_sent_as_history() -> None:
    planned = [
        Message(at=NOW + timedelta(minutes=minutes), sender="browser", body={"messageId": str(minutes)})
        for minutes in (5, -5, 0)
    ]

    past, ahead = divided(planned, now=NOW)

    assert [one.body["messageId"] for one in past] == ["-5", "0"]
    assert [one.body["messageId"] for one in ahead] == ["5"]


def test_spoiled_messages_have_an_id_of_their_own() -> None:
    good = {"type": "page", "messageId": "m1", "anonymousId": "a"}

    bad = spoiled(good, Random(1))

    assert bad["messageId"] == "m1-x"
    assert good == {"type": "page", "messageId": "m1", "anonymousId": "a"}
