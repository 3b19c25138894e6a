"""Changelog: move the fragments of changelog.d into CHANGELOG.md under a new version.

A fragment is `<issue>[-n].<added|changed|fixed|removed>.md` and holds bullet points. The heading is
the fragment's kind, and each point gets its issue's number.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("added", "changed", "fixed", "removed")
FRAGMENT = re.compile(rf"(?P<issue>\d+)(-\d+)?\.(?P<kind>{'|'.join(KINDS)})\.md")
MARK = "<!-- releases -->\n"


def entry(fragments: Mapping[str, str], *, version: str, day: str) -> str:
    """Return the text of one release from fragments by file name."""
    lines = [f"## {version} ({day})"]
    for kind in KINDS:
        points = [point for name in sorted(fragments) for point in _points(name, fragments[name], kind=kind)]
        if points:
            lines += ["", f"### {kind.capitalize()}", "", *points]
    return "\n".join(lines) + "\n"


def _points(name: str, text: str, *, kind: str) -> list[str]:
    found = FRAGMENT.fullmatch(name)
    if found is None:
        message = f"{name} is not named like 12.added.md; the kinds are {', '.join(KINDS)}"
        raise ValueError(message)
    if found["kind"] != kind:
        return []
    points = re.split(r"^- ", text.strip(), flags=re.MULTILINE)[1:]
    return [f"- {point.strip()} (#{found['issue']})" for point in points]


def main(version: str) -> None:
    """Write the release and remove its fragments."""
    paths = sorted((ROOT / "changelog.d").glob("*.md"))
    text = entry(
        {path.name: path.read_text(encoding="utf-8") for path in paths},
        version=version,
        day=datetime.now(tz=UTC).date().isoformat(),
    )
    page = ROOT / "CHANGELOG.md"
    page.write_text(page.read_text(encoding="utf-8").replace(MARK, f"{MARK}\n{text}", 1), encoding="utf-8")
    for path in paths:
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1])
