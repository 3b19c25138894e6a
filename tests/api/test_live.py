"""Live: counts and events as they come, without anything personal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from headwater.api.live import page, shown
from tests.api.conftest import EVENTS

if TYPE_CHECKING:
    from tests.api.conftest import Api


def test_the_status_adds_up(api: Api) -> None:
    said = api.http.get("/api/v1/status").json()

    assert said["received"] == said["stored"] + said["duplicate"] + said["refused"] == 5
    assert (said["version"], said["waiting"]) == ("1.2.3", 2)


def test_the_stream_tells_the_latest_events_and_then_counts_again_and_again(api: Api) -> None:
    with api.http.stream("GET", "/api/v1/live") as stream:
        lines = stream.iter_lines()
        told = [next(lines) for _ in range(9)]

    assert stream.headers["content-type"].startswith("text/event-stream")
    assert [line for line in told if line.startswith("event: ")] == [
        "event: event",
        "event: counts",
        "event: counts",
    ]
    assert orjson.loads(told[1].removeprefix("data: "))["event"] == "Order Completed"
    assert orjson.loads(told[4].removeprefix("data: "))["stored"] == 3


def test_an_event_shows_nothing_personal() -> None:
    assert shown(EVENTS[0]) == {
        "number": 1,
        "received_at": "2026-02-02T02:40:00Z",
        "type": "track",
        "event": "Order Completed",
        "page": "shop.example/thanks",
        "anonymous_id": "device-1",
    }


def test_a_page_is_host_and_path_only() -> None:
    assert page("https://ada:secret@shop.example:8443/cart?email=a%40b#top") == "shop.example/cart"
    assert page("https://[broken") is None
    assert page(None) is None


def test_the_server_says_who_it_is(api: Api) -> None:
    assert api.http.get("/api/v1/ping").json() == {"version": "1.2.3", "pid": 42}
