"""Traffic recorded from unmodified clients, sent again byte for byte over a real socket."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from collecting import DATA, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIENTS = [
    "segment-analytics-python",
    "rudder-sdk-python",
    "segment-analytics-next",
    "rudderstack-analytics-js",
]

pytestmark = pytest.mark.skipif(
    not (DATA / "clients" / "replay.py").exists(), reason="the recordings are not beside this repository"
)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as found:
        yield found


def replayed(collector: Running, client: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DATA / "clients" / "replay.py"), f"http://127.0.0.1:{collector.port}"]
    return subprocess.run([*command, "--client", client, "--quiet"], capture_output=True, text=True)


def expected(client: str) -> dict[str, tuple[Any, ...]]:
    """The events that were counted (of the long scenario only the first ones are written out)."""
    scenarios = json.loads((DATA / "clients" / "expected.json").read_bytes())[client].values()
    found = (event for scenario in scenarios for event in scenario["events"] if "id" in event)
    return {event["id"]: seen(event["type"], event["event"], event["user"], event["anon"]) for event in found}


def seen(kind: str, name: str | None, user: str | None, anonymous: str | None) -> tuple[Any, ...]:
    return kind, name, user or None, anonymous


def sent(client: str) -> tuple[int, set[str]]:
    """How many messages a recording holds, and their ids."""
    scenarios = json.loads((DATA / "clients" / f"{client}.json").read_bytes())["scenarios"]
    bodies = [request["body_json"] for scenario in scenarios for request in scenario["requests"]]
    messages = [message for body in bodies if body for message in body.get("batch", [body])]
    return len(messages), {message["messageId"] for message in messages}


@pytest.mark.parametrize("client", CLIENTS)
def test_recorded_traffic_gives_the_events_that_were_counted_independently(
    collector: Running, client: str
) -> None:
    replay = replayed(collector, client)

    stored = {
        row["event_id"]: seen(row["type"], row["event"], row["user_id"], row["anonymous_id"])
        for row in collector.rows("events")
    }
    assert replay.returncode == 0, replay.stdout
    assert {key: stored.get(key) for key in expected(client)} == expected(client)
    assert stored.keys() == sent(client)[1]


@pytest.mark.parametrize("client", CLIENTS)
def test_replaying_recorded_traffic_adds_nothing(collector: Running, client: str) -> None:
    messages, ids = sent(client)

    replayed(collector, client)
    replayed(collector, client)

    assert sorted(row["event_id"] for row in collector.rows("events")) == sorted(ids)
    assert collector.journal.counts() == {
        "received": 2 * messages,
        "stored": len(ids),
        "duplicate": 2 * messages - len(ids),
        "conflicting": 0,
        "refused": 0,
    }


def test_the_python_client_gives_page_campaign_and_times_as_it_sent_them(collector: Running) -> None:
    replayed(collector, "segment-analytics-python")

    row = next(row for row in collector.rows("events") if row["event"] == "Pricing")
    assert row["url"] == "https://shop.example/pricing"
    assert row["referrer"] == "https://www.bing.com/"
    assert row["claimed_at"] == "2026-11-01T12:30:15.123+00:00"
    context = json.loads(row["context"])
    assert context["campaign"]["source"] == "google"
    assert context["ip"] == "203.0.113.0"
    assert context["library"] == {"name": "analytics-python", "version": "2.4.0"}


@pytest.mark.parametrize("client", CLIENTS)
def test_no_address_from_the_recordings_reaches_the_archive(collector: Running, client: str) -> None:
    replayed(collector, client)

    rows = json.dumps([*collector.rows("events"), *collector.rows("refused")], default=str)
    assert "identify" in rows
    assert "jane@example.com" not in rows
    assert "30 123456" not in rows
