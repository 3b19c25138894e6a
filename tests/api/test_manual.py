"""Manual: the reference page of the API is made from its routes."""

from __future__ import annotations

from pathlib import Path

from headwater.api.manual import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"


def test_the_page_says_what_the_routes_say() -> None:
    assert PAGE.read_text() == page()


def test_every_call_is_on_the_page() -> None:
    calls = [line for line in page().splitlines() if line.startswith("### `")]

    assert "### `GET /api/v1/reports/{name}`" in calls
    assert "### `PUT /api/v1/settings`" in calls
    assert len(calls) == len(set(calls)) >= 15
