"""Page: the dashboard's files, built into the package; a plain page says how where they are missing.

Reads  src/headwater/web/static
Makes  HTML, scripts and styles, under a policy that lets the page load nothing from elsewhere
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Headwater</title>
<body style="font: 1rem/1.6 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>Headwater is running</h1>
<p>The page is not part of this installation. Build it once with <code>make web</code> in a clone,
or install a released wheel, which brings it.</p>
<p>Everything else works: <code>headwater report overview</code>, the
<a href="/api/v1/reports">reports</a> and the <a href="/api/openapi.json">description of the API</a>.</p>
"""
HEADERS = {
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
FOR_EVER = "public, max-age=31536000, immutable"


def static() -> Path:
    """Return the folder of the built page; it may not exist."""
    return Path(str(files("headwater"))) / "web" / "static"


class Page:
    """An ASGI application for the files under `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def owns(self, scope: Scope) -> bool:
        """Tell whether a request is for the page: `/`, or a file that is there."""
        if scope["method"] not in ("GET", "HEAD"):
            return False
        return scope["path"] == "/" or self._file(scope["path"]) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
            await send(message)

        await self._answer(scope["path"])(scope, receive, with_headers)

    def _answer(self, path: str) -> Response:
        file = self._file("/index.html" if path == "/" else path)
        if file is None:
            return HTMLResponse(MISSING) if path == "/" else PlainTextResponse("not found", 404)
        is_hashed = file.parent.name == "assets"
        return FileResponse(file, headers={"cache-control": FOR_EVER if is_hashed else "no-cache"})

    def _file(self, path: str) -> Path | None:
        try:
            found = (self._root / path.lstrip("/")).resolve()
            return found if found.is_relative_to(self._root) and found.is_file() else None
        except (ValueError, OSError):  # a name that no file can have
            return None
