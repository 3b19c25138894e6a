"""Rehearsal: each hop of a test conversion passes in a sound set-up, and the one that fails says so."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

import headwater
from headwater.contract.settings import parsed
from headwater.rehearsal import CHANNEL, rehearsed, trial
from headwater.store.control import Control
from tests.cli.shell import SECRET, as_json, serving, well
from tests.cli.shell import headwater as run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_DOOR: Any = None
"""Where nothing may be asked of the tables."""
HOPS = [
    "ad link", "landing is taken", "order is taken", "collected", "click id", "channel", "conversion", "credit",
    "deliverable", "kept apart",
]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rehearsal") / "shop"


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[dict[str, Any]]:
    well("init", "--dir", place)
    with serving(place) as said:
        yield said


@contextmanager
def site(*, keeps: bool) -> Iterator[str]:
    """Run a site whose /ad redirects to /landing, with the query or without."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            self.send_response(302 if path == "/ad" else 200)
            if path == "/ad":
                self.send_header("location", f"/landing?{query}" if keeps else "/landing")
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b'<script src="/hw.js"></script>')

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}/ad"
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def test_the_link_bears_every_tag_and_the_click_id_as_it_is() -> None:
    asked = trial(parsed({}), url="https://shop.example/spring?color=red#top", mark="abc")

    parts = urlsplit(asked.link)
    pairs = dict(parse_qsl(parts.query))
    assert (parts.path, parts.fragment, pairs["color"]) == ("/spring", "top", "red")
    assert asked.click_id in asked.link
    assert pairs["utm_term"] == "Ünïcode & more"


def test_a_workspace_without_a_macro_goal_of_events_says_so() -> None:
    asked = trial(parsed({"goals": [{"name": "won", "stages": ["won"], "events": [], "is_macro": True}]}))

    found = rehearsed(NO_DOOR, asked, server="http://127.0.0.1:1", key=None)

    assert (found[-1].check, found[-1].is_well) == ("goal", False)


def test_a_collector_that_does_not_answer_is_the_last_hop() -> None:
    found = rehearsed(NO_DOOR, trial(parsed({})), server="http://127.0.0.1:1", key=None)

    assert [one.check for one in found] == ["ad link", "landing is taken"]
    assert "headwater serve" in found[-1].hint


def test_every_hop_passes_in_a_sound_set_up(server: dict[str, Any], place: Path) -> None:
    with site(keeps=True) as url:
        found = as_json("doctor", "--test-conversion", "--url", url, "--dir", place)

    assert [row["check"] for row in found] == HOPS
    assert [row["check"] for row in found if not row["is_well"]] == []
    assert "every tag kept" in found[0]["found"]
    assert found[5]["found"].startswith(CHANNEL)
    marks = as_json(
        "sql", "select distinct json_extract_string(context, '$.test') as test from events", "--dir", place
    )
    assert marks["rows"] == [{"test": "true"}]


def test_a_redirect_that_drops_the_tags_is_named_and_exits_with_1(
    server: dict[str, Any], place: Path
) -> None:
    with site(keeps=False) as url:
        done = run("doctor", "--test-conversion", "--url", url, "--json", "--dir", place)

    assert done.returncode == 1
    [wrong] = [row for row in orjson.loads(done.stdout) if not row["is_well"]]
    assert wrong["check"] == "ad link"
    assert "gclid" in wrong["found"]
    assert "redirect" in wrong["hint"]


def test_an_unknown_key_is_said_with_the_way_out(
    server: dict[str, Any], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_SECRET_KEY", SECRET)
    door = headwater.open(place)

    found = rehearsed(door, trial(parsed({})), server=server["url"], key="nobody knows this one")

    assert not found[-1].is_well
    assert "401" in found[-1].found
    assert "headwater key add" in found[-1].hint
    door.close()


def test_a_source_that_an_alias_takes_away_is_found(server: dict[str, Any], place: Path) -> None:
    control = Control.in_folder(place)
    control.apply({"source_aliases": {"google": "somebody else"}}, author="test")
    control.close()
    done = run("doctor", "--test-conversion", "--json", "--dir", place)

    wrong = {row["check"]: row["hint"] for row in orjson.loads(done.stdout) if not row["is_well"]}
    assert "source_aliases" in wrong["channel"]


def test_it_needs_a_running_server_and_an_address_needs_it(tmp_path: Path) -> None:
    alone = run("doctor", "--test-conversion", "--dir", tmp_path)
    stray = run("doctor", "--url", "https://shop.example/", "--dir", tmp_path)

    assert "headwater serve" in alone.stderr
    assert (alone.returncode, stray.returncode) == (2, 2)
