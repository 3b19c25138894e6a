"""Server: the whole of it as a process, and every door answering alike."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
import pytest

import headwater
from headwater.report import REPORTS
from tests.cli.shell import SECRET, as_json, serving, shop, until, well
from tests.cli.shell import headwater as run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDER = {
    "messageId": "m1",
    "anonymousId": "device-1",
    "event": "Order Completed",
    "context": {"page": {"url": "https://shop.example/?utm_source=google&utm_medium=cpc"}},
    "properties": {"order_id": "o9", "revenue": 20, "currency": "USD"},
}


TIMES = ("2020-01-01", "2100-01-01")
NEEDED = {"restatement": {"between": ",".join(TIMES)}}
"""What a report cannot be asked without."""


def by_command(name: str, place: Path) -> dict[str, Any]:
    needed = ("--between", *TIMES) if name in NEEDED else ()
    said: dict[str, Any] = as_json("report", name, *needed, "--dir", place)
    return said


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def before(place: Path) -> dict[str, Any]:
    """Every report by the command line, from the folder itself."""
    return {name: by_command(name, place) for name in REPORTS}


@pytest.fixture(scope="module")
def server(place: Path, before: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with serving(place) as said:
        yield said


@pytest.fixture
def http(server: dict[str, Any]) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server["url"], trust_env=False, timeout=60) as client:
        yield client


@pytest.mark.parametrize("name", list(REPORTS))
def test_command_line_api_and_python_give_the_same_report(
    name: str, place: Path, before: dict[str, Any], http: httpx2.Client
) -> None:
    needed = NEEDED.get(name, {})
    by_api = http.get(f"/api/v1/reports/{name}", params=needed).json()
    opened = headwater.open(place)
    by_python = opened.report(name, **needed).to_dict()
    opened.close()

    assert by_api == before[name]
    assert by_python == before[name]
    assert by_command(name, place) == before[name]


def test_explain_and_person_are_the_same_by_every_door(place: Path, http: httpx2.Client) -> None:
    assert http.get("/api/v1/explain/o1").json() == as_json("explain", "o1", "--dir", place)
    assert http.get("/api/v1/persons/ada").json() == as_json("person", "ada", "--dir", place)


def test_the_note_of_the_server_is_for_its_owner_only(place: Path, server: dict[str, Any]) -> None:
    note = place / "server.json"

    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert orjson.loads(note.read_bytes())["url"] == server["url"]


def test_a_second_server_on_the_folder_is_refused(place: Path, server: dict[str, Any]) -> None:
    done = run("serve", "--dir", place, "--port", "0")

    assert done.returncode == 1
    assert server["url"] in done.stderr


def test_page_health_and_metrics_answer(http: httpx2.Client) -> None:
    assert http.get("/").headers["content-type"].startswith("text/html")
    assert http.get("/healthz").status_code == 200
    assert http.get("/readyz").status_code == 200
    assert "headwater_events_received_total" in http.get("/metrics").text


def test_an_event_is_in_the_reports_within_seconds(tmp_path: Path) -> None:
    place = tmp_path / "live"
    with serving(place) as said, httpx2.Client(base_url=said["url"], trust_env=False) as http:
        sent = http.post("/v1/track", json=ORDER, auth=(said["write_key"], ""))
        until(lambda: http.get("/api/v1/status").json()["conversions"] == 1)
        rows = http.get("/api/v1/reports/compare", params={"model": "last"}).json()["rows"]
        listed = http.get("/api/v1/conversions").json()

    assert sent.status_code == 200
    assert [(row["channel"], row["last_value"]) for row in rows] == [("paid_search", "20.00")]
    assert [(row["conversion_id"], row["step_count"]) for row in listed] == [("o9", 1)]


def test_paths_of_other_makers_under_api_ask_for_a_write_key_and_no_token(
    http: httpx2.Client, server: dict[str, Any]
) -> None:
    origin = {"Origin": "https://shop.example"}
    seen = {"n": "pageview", "u": "https://shop.example/", "d": server["write_key"]}

    assert (
        http.options("/api/event", headers=origin).headers["access-control-allow-origin"] == origin["Origin"]
    )
    assert http.post("/api/event", json=seen, headers=origin).status_code == 202
    assert http.post("/api/event", json=seen | {"d": "unknown"}, headers=origin).status_code == 401
    assert http.post("/api/v1/import", json=seen).status_code == 401


def test_what_was_accepted_is_published_when_the_server_stops(tmp_path: Path) -> None:
    place = tmp_path / "stopped"
    with serving(place) as said:
        httpx2.post(f"{said['url']}/v1/track", json=ORDER, auth=(said["write_key"], ""), trust_env=False)

    assert not (place / "server.json").exists()
    assert as_json("sql", "select event_id from events", "--dir", place)["rows"] == [{"event_id": "m1"}]


def test_keys_settings_and_imports_reach_a_running_server(tmp_path: Path) -> None:
    place = tmp_path / "running"
    (tmp_path / "spend.csv").write_text(
        "platform,account_id,date,campaign_id,cost,currency\nads,1,2026-03-01,c1,9.50,USD\n"
    )
    with serving(place) as said, httpx2.Client(base_url=said["url"], trust_env=False) as http:
        well("key", "add", "--value", "second", "--dir", place)
        well("settings", "apply", "-", "--dir", place, stdin='{"window_days": 7}')
        done = as_json("import", tmp_path / "spend.csv", "--as", "spend", "--dir", place)
        until(lambda: http.post("/v1/track", json=ORDER, auth=("second", "")).status_code == 200)
        until(lambda: http.get("/api/v1/reports/compare").json()["meta"]["window"] == "7d")

    assert (done["received"], done["stored"]) == (1, 1)


def test_a_server_that_was_killed_leaves_a_folder_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", SECRET)
    place = tmp_path / "killed"
    with serving(place):
        note = orjson.loads((place / "server.json").read_bytes())
        os.kill(note["pid"], 9)
        until(lambda: not headwater.doors.server_of(place))
        opened = headwater.open(place)
        rows = opened.sql("select count(*) as n from events").to_pylist()
        opened.close()

    assert rows == [{"n": 0}]
    assert type(opened) is headwater.Workspace
