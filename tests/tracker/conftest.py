"""Fixtures: Chromium, a collector over loopback, and pages that load the tracker from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headwater.collect import tracker
from tests.collect.collecting import Running, running
from tests.tracker.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    """A collector on a port of its own."""
    if tracker.script() is None:
        pytest.skip("the tracker is not built: run `make web`")
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def base(collector: Running) -> str:
    """Where the collector is."""
    return f"http://127.0.0.1:{collector.port}"


@pytest.fixture
def site(base: str) -> Iterator[Site]:
    """A site with a home page; tests add what they need."""
    with Site(base) as found:
        yield found


PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
)
"""What a browser with a window says of itself: one without is flagged as a machine."""


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been anywhere."""
    found = chromium.new_context(timezone_id="UTC", user_agent=PERSON)
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of it."""
    return context.new_page()
