"""Doors: open a workspace, in its folder or through the server that holds it.

Reads  a folder, a web address, DIR/server.json
Makes  a Workspace, or a RemoteWorkspace with the same methods

DuckDB lets one process hold a warehouse. So a folder whose server is running is opened through that
server; whoever calls cannot tell the difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from headwater.contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from headwater.contract.settings import Settings
    from headwater.contract.steps import AnyStep
    from headwater.result import ReportResult

DEFAULT_FOLDER = "headwater-data"
SERVER_FILE = "server.json"


class Summary(Protocol):
    """What an import or a build says of itself."""

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        ...


class FrozenAnswers(Protocol):
    """The answers of a workspace that were frozen."""

    def freeze(self, name: str, report: str, **options: Any) -> ReportResult:
        """Ask a report and keep the answer under a name."""
        ...

    def runs(self) -> list[dict[str, Any]]:
        """Return what stands behind each frozen answer, the newest first."""
        ...

    def run(self, name: str) -> ReportResult:
        """Return a frozen answer as it was shown."""
        ...

    def check(self, name: str) -> dict[str, Any]:
        """Return in what the same question as of the same time has another answer today."""
        ...


class Door(Protocol):
    """What every door to a workspace offers: Workspace in its folder, RemoteWorkspace over HTTP."""

    @property
    def settings(self) -> Settings:
        """The settings that hold."""
        ...

    def import_(
        self,
        files: Sequence[str | Path],
        *,
        kind: str,
        mapping: Mapping[str, str] | None = None,
        where: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Summary:
        """Bring files of one kind in."""
        ...

    def build(self, *, full: bool = False, as_of: Any = None) -> Summary:
        """Bring the tables up to date."""
        ...

    def report(self, name: str, **options: Any) -> ReportResult:
        """Return the answer of one report."""
        ...

    @property
    def frozen(self) -> FrozenAnswers:
        """The answers that were frozen."""
        ...

    def explain(self, conversion_id: str, *, model: str | None = None, as_of: Any = None) -> dict[str, Any]:
        """Return the credit of one conversion, touch by touch."""
        ...

    def person(self, identifier: str, *, as_of: Any = None) -> dict[str, Any]:
        """Return one person's timeline."""
        ...

    def sql(self, query: str, *, as_of: Any = None) -> pa.Table:
        """Return the rows of one SELECT."""
        ...

    def steps(self) -> list[AnyStep]:
        """Return the steps of the pipeline in order."""
        ...

    def close(self) -> None:
        """Let go of the workspace."""
        ...


def folder(given: str | Path | None = None) -> Path:
    """Return the workspace folder: `given`, else $HEADWATER_DIR, else ./headwater-data."""
    return Path(given or os.environ.get("HEADWATER_DIR") or DEFAULT_FOLDER)


def open_(target: str | Path | None = None, *, token: str | None = None) -> Door:
    """Open the workspace in a folder, or the one that a server at a web address holds.

    `token` is the API token of a server on another machine ($HEADWATER_TOKEN by default); for a
    folder on this machine it is found by itself. Raises WorkspaceBusyError where a process that is
    not a server holds the folder.
    """
    if isinstance(target, str) and target.startswith(("http://", "https://")):
        from headwater.remote import RemoteWorkspace

        return RemoteWorkspace(target, token=token or os.environ.get("HEADWATER_TOKEN"))
    place = folder(target)
    running = server_of(place)
    if running:
        from headwater.remote import RemoteWorkspace

        return RemoteWorkspace(running["url"], token=running["token"])
    from headwater.workspace import Workspace

    return Workspace(place)


def server_of(place: Path) -> dict[str, Any] | None:
    """Return what the running server of a folder wrote down (url, pid, token), or None.

    A file that a killed server left behind is told by its process being gone, or by the server
    there being another one.
    """
    try:
        said: dict[str, Any] = orjson.loads((place / SERVER_FILE).read_bytes())
        is_there = _is_alive(int(said["pid"])) and _answers(said)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if is_there else None


def mapping_of(text: str | None) -> dict[str, str]:
    """Turn `theirs=ours,...` into a mapping from their column names to ours.

    Raises UsageError for a part without an equals sign.

    >>> mapping_of("Revenue=value,Customer ID=person")
    {'Revenue': 'value', 'Customer ID': 'person'}
    """
    pairs = [part.rpartition("=") for part in (text or "").split(",") if part.strip()]
    for theirs, equals, ours in pairs:
        if not (theirs.strip() and equals and ours.strip()):
            raise UsageError(
                f"The map holds {theirs + equals + ours!r}.",
                hint="write theirs=ours, for example --map 'Revenue=value,Customer=person'.",
            )
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(said: Mapping[str, Any]) -> bool:
    import httpx2

    try:
        asked = {"authorization": f"Bearer {said['token']}"}
        answer = httpx2.get(f"{said['url']}/api/v1/ping", headers=asked, timeout=5, trust_env=False)
        return answer.status_code == httpx2.codes.OK and answer.json().get("pid") == said["pid"]
    except (httpx2.HTTPError, ValueError):
        return False
