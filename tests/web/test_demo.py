"""The demo as a newcomer starts it: one command, real traffic, and a page whose numbers grow."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

COMMAND = "from headwater.cli import main; main()"
MINUTE = 60_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a running demo says of itself: its url, write key, token and folder."""
    folder = tmp_path_factory.mktemp("demo")
    options = [
        "--dir",
        str(folder),
        "--port",
        "0",
        "--persons",
        "300",
        "--days",
        "10",
        "--rate",
        "20",
        "--json",
    ]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "demo", *options], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield json.loads(whole_object(process))
        finally:
            process.terminate()
            process.communicate(timeout=30)


def whole_object(process: subprocess.Popen[str]) -> str:
    """Read stdout up to the end of the JSON object that the command prints."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.rstrip() == "}":
            break
    return "".join(lines)


def asked(demo: dict[str, Any], sql: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"{demo['url']}/api/v1/sql",
        data=json.dumps({"query": sql}).encode(),
        headers={"authorization": f"Bearer {demo['token']}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        rows: list[dict[str, Any]] = json.load(answer)["rows"]
    return rows


def test_numbers_on_the_page_grow_and_nothing_complains(
    page: Page, complaints: list[str], demo: dict[str, Any]
) -> None:
    page.goto(demo["url"])
    count = page.get_by_test_id("live-events")
    expect(count).to_have_text(re.compile(r"\d"), timeout=MINUTE)

    before = count.text_content() or ""

    expect(count).not_to_have_text(before, timeout=MINUTE)
    assert complaints == []


def test_models_paths_and_a_timeline_appear_by_themselves(page: Page, demo: dict[str, Any]) -> None:
    page.goto(demo["url"])

    models = page.get_by_role("table", name="Conversions by channel")

    expect(models).to_be_visible(timeout=2 * MINUTE)
    expect(page.get_by_role("region", name="Top paths").get_by_role("listitem").first).to_be_visible(
        timeout=MINUTE
    )
    credit = page.get_by_role("table", name="Share of the conversion")
    expect(credit).to_be_visible(timeout=2 * MINUTE)


def test_received_equals_stored_and_duplicate_and_refused(demo: dict[str, Any], page: Page) -> None:
    page.goto(f"{demo['url']}/#/intake")

    expect(page.get_by_text("adds up")).to_be_attached(timeout=MINUTE)


def test_spend_came_through_the_ordinary_import(demo: dict[str, Any]) -> None:
    wanted, found = {"google_ads", "meta", "tiktok"}, set[str]()
    until = time.monotonic() + 60  # the demo brings it in while it is serving already
    while not found >= wanted and time.monotonic() < until:
        time.sleep(0.2)
        rows = asked(demo, "select distinct platform from spend order by platform")
        found = {row["platform"] for row in rows}

    assert found >= wanted


def test_the_truth_stays_with_the_simulation(demo: dict[str, Any]) -> None:
    truth = Path(demo["dir"]) / "truth.jsonl"

    known = [json.loads(line) for line in truth.read_text().splitlines()]

    assert known[0]["person"] >= 0
    assert asked(demo, "select count(*) as told from events where properties like '%\"deed\"%'") == [
        {"told": 0}
    ]
