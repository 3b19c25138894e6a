"""Manual: the reference page of the command line is made from the commands."""

from __future__ import annotations

from pathlib import Path

from headwater.cli.manual import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_page_says_what_the_commands_say() -> None:
    assert PAGE.read_text() == page()
