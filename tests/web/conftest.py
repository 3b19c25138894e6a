"""A real Chromium for tests of the page; they skip, saying so, where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.stub import Stub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

WIDE = {"width": 1280, "height": 900}


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
