"""Manual: the reference page of the command line is made from the commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_page_says_what_the_commands_say() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "headwater.cli.manual"], capture_output=True, text=True, check=True, timeout=60
    )

    assert PAGE.read_text() == made.stdout
