"""Watching: what arrives at a running server, in the terminal."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import httpx2
import orjson

from tests.cli.shell import HEADWATER, environment, serving, until, well

if TYPE_CHECKING:
    from pathlib import Path


def test_the_latest_arrivals_are_lines(workspace: Path) -> None:
    assert well("events", "--dir", workspace) == ""


def test_what_is_sent_is_seen_and_what_is_refused_says_why(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    well("init", "--dir", place)
    with serving(place) as server:
        batch = [
            {"type": "page", "anonymousId": "laptop", "messageId": "m1", "context": {"test": True}},
            {"type": "track", "event": "Order Completed", "messageId": "m2", "email": "ada@example.com"},
        ]
        httpx2.post(
            f"{server['url']}/v1/batch",
            json={"batch": batch, "writeKey": server["write_key"]},
            trust_env=False,
        )
        until(lambda: len(well("events", "--dir", place).splitlines()) == 2)
        [refused] = well("events", "--refused", "--json", "--dir", place).splitlines()
        [page] = well("events", "--person", "laptop", "--dir", place).splitlines()
        following = subprocess.Popen(
            [HEADWATER, "events", "--follow", "--json", "--dir", str(place)],
            env=environment(), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert following.stdout is not None
        first = [orjson.loads(following.stdout.readline()) for _ in range(2)]
        httpx2.post(
            f"{server['url']}/v1/page",
            json={"anonymousId": "phone", "messageId": "m3", "writeKey": server["write_key"]},
            trust_env=False,
        )
        later = orjson.loads(following.stdout.readline())
        following.terminate()
        following.wait()
        following.stdout.close()

    assert orjson.loads(refused)["reason"] == "no_identity"
    assert "ada@example.com" not in refused
    assert "accepted" in page
    assert "[test]" in page
    assert {row["outcome"] for row in first} == {"accepted", "refused"}
    assert (later["anonymous_id"], later["outcome"]) == ("phone", "accepted")
