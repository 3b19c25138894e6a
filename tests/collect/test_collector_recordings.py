"""Traffic recorded from unmodified clients, sent again byte for byte over a real socket.

Every recording that lies in the folder is replayed, whichever client made it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from collecting import DATA, Running, running

from headwater.collect import protocols, requests
from headwater.collect.bodies import decoded
from headwater.collect.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = DATA / "clients"
CLIENTS = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "expected")
MADE = "content-"
"""Begins the id of an event whose client gave none."""
OF_PERSONS = ("identify", "group", "alias")

pytestmark = pytest.mark.skipif(
    not (FOLDER / "replay.py").exists(), reason="the recordings are not beside this repository"
)


def recorded(client: str) -> list[Request]:
    """The requests of a recording."""
    scenarios = json.loads((FOLDER / f"{client}.json").read_bytes())["scenarios"]
    return [
        Request(
            method=each["method"],
            path=each["path"],
            query=urlencode(each["query"] or {}, doseq=True),
            headers={name.lower(): value for name, value in each["headers"]},
            body=b64decode(each["body_raw_base64"] or ""),
            received_at=0,
        )
        for scenario in scenarios
        for each in scenario["requests"]
        if each["method"] != "OPTIONS"
    ]


def keys(client: str) -> set[str]:
    """Everything by which a client names its site: a user registers it as the write key."""
    found = {key for request in recorded(client) for key in requests.keys(request)}
    for request in recorded(client):
        choice = protocols.chosen(request)
        if choice is not None:
            body = decoded(request)
            wire, kind = protocols.settled(request, body, choice)
            found |= set(wire.opened(request, body, kind).keys)
    return found


def expected(client: str) -> list[dict[str, Any]]:
    """What was counted independently, scenario by scenario."""
    return list(json.loads((FOLDER / "expected.json").read_bytes()).get(client, {}).values())


def written_out(client: str) -> list[dict[str, Any]]:
    """The events that were counted (of a long scenario only the first ones are written out)."""
    return [event for scenario in expected(client) for event in scenario["events"] if "type" in event]


COUNTED = [client for client in CLIENTS if written_out(client)]
"""The others sent what no client sends, to see what comes of it."""


@pytest.fixture
def collector(tmp_path: Path, client: str) -> Iterator[Running]:
    with running(tmp_path, keys=keys(client)) as found:
        yield found


def replayed(collector: Running, client: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "replay.py"), f"http://127.0.0.1:{collector.port}"]
    return subprocess.run([*command, "--client", client, "--quiet"], capture_output=True, text=True)


def differences(event: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """Where an event differs from what was counted.

    Some protocols have one id for persons and devices: it may stand in either column.
    """
    found = []
    if event.get("anon") and row["anonymous_id"] != event["anon"]:
        found.append("anon")
    if event.get("user") and event["user"] not in (row["user_id"], row["anonymous_id"]):
        found.append("user")
    if event.get("anon") and event.get("user") and row["user_id"] != event["user"]:
        found.append("user")
    if event.get("event") and row["type"] == "track" and row["event"] != event["event"]:
        found.append("event")
    if event["type"] in (*OF_PERSONS, "page", "screen", "track") and row["type"] != event["type"]:
        found.append("type")
    if event.get("url") and row["url"] != event["url"]:
        found.append("url")
    if event.get("refr") and row["referrer"] != event["refr"]:
        found.append("refr")
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_recorded_traffic_gives_the_events_that_were_counted_independently(
    collector: Running, client: str
) -> None:
    replay = replayed(collector, client)

    stored = {row["event_id"]: row for row in collector.rows("events")}
    events = {event["id"]: event for event in written_out(client) if event["id"]}
    assert replay.returncode == 0, replay.stdout
    assert {id_: found for id_ in events if (found := differences(events[id_], stored[id_]))} == {}
    assert sum(not id_.startswith(MADE) for id_ in stored) == sum(
        scenario["unique_event_ids"] for scenario in expected(client)
    )


@pytest.mark.parametrize("client", COUNTED)
def test_events_without_ids_are_stored_once_each(collector: Running, client: str) -> None:
    replayed(collector, client)

    made = [row for row in collector.rows("events") if row["event_id"].startswith(MADE)]
    counted = [event for event in written_out(client) if not event["id"]]
    happened = [row for row in made if row["type"] not in OF_PERSONS]
    assert len(happened) == len(counted)
    assert Counter(event["url"] for event in counted if event.get("url")) <= Counter(
        row["url"] for row in happened
    )
    assert not collector.rows("refused")


@pytest.mark.parametrize("client", CLIENTS)
def test_replaying_recorded_traffic_adds_nothing(collector: Running, client: str) -> None:
    replayed(collector, client)
    once = collector.counts()

    replayed(collector, client)

    twice = collector.counts()
    assert twice["stored"] == once["stored"] == len(collector.rows("events"))
    assert twice["received"] == 2 * once["received"]
    assert twice["conflicting"] == 0


@pytest.mark.parametrize("client", CLIENTS)
def test_no_address_from_the_recordings_reaches_the_archive(collector: Running, client: str) -> None:
    replayed(collector, client)

    rows = json.dumps([*collector.rows("events"), *collector.rows("refused")], default=str)
    assert "jane@example.com" not in rows
    assert "30 123456" not in rows


@pytest.mark.parametrize("client", ["segment-analytics-python"])
def test_the_python_client_gives_page_campaign_and_times_as_it_sent_them(
    collector: Running, client: str
) -> None:
    replayed(collector, client)

    row = next(row for row in collector.rows("events") if row["event"] == "Pricing")
    assert row["url"] == "https://shop.example/pricing"
    assert row["referrer"] == "https://www.bing.com/"
    assert row["claimed_at"] == "2026-11-01T12:30:15.123+00:00"
    context = json.loads(row["context"])
    assert context["campaign"]["source"] == "google"
    assert context["ip"] == "203.0.113.0"
    assert context["library"] == {"name": "analytics-python", "version": "2.4.0"}


@pytest.mark.parametrize("client", ["posthog-js"])
def test_a_remembered_campaign_makes_no_second_landing(collector: Running, client: str) -> None:
    replayed(collector, client)

    pages = [row for row in collector.rows("events") if row["type"] == "page"]
    assert {row["url"].partition("?")[0].rpartition("/")[2] for row in pages} == {"landing", "second"}
    assert all("campaign" not in json.loads(row["context"]) for row in pages)
