"""Web: the page that the server shows, built from `web/` into this package (`make web`)."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def static_folder() -> Path | None:
    """Return the folder that holds the built page, or None where it has not been built."""
    return STATIC if (STATIC / "index.html").is_file() else None
