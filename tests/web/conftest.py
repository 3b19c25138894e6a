"""A real Chromium for tests of the page; they skip, saying so, where there is none."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from headwater.web import static_folder
from tests.web.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)  # fmt: skip
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: `make browser` installs it where that is possible")
    if static_folder() is None:
        pytest.skip("the page is not built: run `make web`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said in error, and requests to other hosts."""
    return []


@pytest.fixture
def page(chromium: Browser, complaints: list[str]) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE, locale="en-US", timezone_id="UTC")
    yield opened(context, complaints)
    context.close()


def opened(context: Any, complaints: list[str]) -> Page:
    """Return a new page that writes down whatever goes wrong on it."""
    page: Page = context.new_page()
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith("http://127.0.0.1:") else complaints.append(asked.url),
    )
    return page


@pytest.fixture(scope="session")
def stub() -> Iterator[str]:
    """The address of a server with canned answers."""
    with Stub() as running:
        yield running.url


@pytest.fixture(scope="session")
def empty_stub() -> Iterator[str]:
    """The address of a server into which nothing has come yet."""
    with Stub(is_empty=True) as running:
        yield running.url
