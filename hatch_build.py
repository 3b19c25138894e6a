"""Hatch build: put the page into the wheel.

Runs for wheels and source archives from a checkout; an editable install uses what `make web` built, and
a wheel from a source archive takes the page that the archive holds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildPage(BuildHookInterface):
    """Build the page before the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatch's signature)
        """Run tools/build_web.py unless there is nothing to do."""
        root = Path(self.root)
        has_page = (root / "src/headwater/web/static/index.html").is_file()
        if version == "editable" or (has_page and not (root / ".git").exists()):
            return
        subprocess.run([sys.executable, str(root / "tools/build_web.py")], check=True)  # noqa: S603 (our own)
