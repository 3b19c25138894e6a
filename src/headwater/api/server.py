"""Server: what `headwater serve` runs: collector, API and page in one process, and the worker beside it.

Reads  a workspace folder, $HEADWATER_BASE_URL, $HEADWATER_TOKEN, $HEADWATER_TRUSTED_PROXIES
Makes  an HTTP server, and DIR/server.json (url, pid, token; mode 0600) while it runs

The collector answers at the root, since clients have its paths built in; the API lies under /api, and
the page is whatever file of the built page a path names.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import uvicorn

import headwater
from headwater.api import access, page, worker
from headwater.api.app import application
from headwater.api.loader import Loader
from headwater.api.served import Served
from headwater.collect.connections import SERVED_WITH
from headwater.contract.errors import HeadwaterError, WorkspaceBusyError
from headwater.doors import SERVER_FILE, server_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from starlette.types import ASGIApp, Receive, Scope, Send

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
GRACE_SECONDS = 5
BACKLOG = 2048


class AddressError(HeadwaterError):
    """The server cannot listen on the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What a running server tells whoever started it."""

    url: str
    """Where this machine reaches it, without a slash at the end."""
    write_key: str
    """One of the keys that clients send."""
    token: str
    """What the API asks for; anyone who has it may read and change everything."""
    is_open: bool
    """Whoever is on this machine may read without the token."""
    folder: Path


def serve(
    folder: Path,
    *,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    ready: Callable[[Running], None] = lambda _running: None,
) -> None:
    """Serve the workspace in `folder` until SIGTERM or SIGINT; `ready` is called once it listens.

    Port 0 takes any free one. Raises WorkspaceBusyError where another server or process holds the
    folder, and AddressError where nothing can listen on the address.
    """
    refuse_second(folder)
    listener = listening(host, port)
    try:
        house = House(folder)
        try:
            _run(house, listener, host=host, ready=ready)
        finally:
            house.close()
    finally:
        listener.close()


class House:
    """Everything that one server process holds open."""

    def __init__(self, folder: Path) -> None:
        """Open the workspace and the journal of `folder`."""
        from headwater.collect.journal import Journal
        from headwater.collect.metrics import Metrics
        from headwater.collect.worker import Supervisor
        from headwater.collect.writer import SWITCH_SECONDS
        from headwater.workspace import Workspace

        sys.setswitchinterval(SWITCH_SECONDS)
        self.workspace = Workspace(folder, builds_on_read=False)
        self.journal = Journal(folder / "journal.sqlite", key=worker.journal_key())
        self.published = self.journal.published()
        self.supervisor = Supervisor([sys.executable, "-m", worker.__name__, str(folder)], self.journal)
        self.metrics = Metrics(self.journal)
        self.control = self.workspace.control
        self.keys = self.control.keys() or {self.control.add_key()}
        self.settings_version = self.control.settings().version()
        self.served = Served(
            door=self.workspace,
            control=self.control,
            folder=folder,
            version=headwater.__version__,
            pid=os.getpid(),
            collected=self.journal.counts,
            latest=self.journal.tail,
            waiting=self.journal.waiting,
            held=self.workspace.held,
        )
        self.loader = Loader(self.served, arrived=self.arrived, refresh=self.refresh)

    def arrived(self) -> bool:
        """Tell whether the worker has put something into the archive since this was asked last."""
        before, self.published = self.published, self.journal.published()
        return self.published != before

    def refresh(self) -> bool:
        """Take over keys and settings that changed; other settings make every table afresh."""
        self.keys = self.control.keys()
        version = self.control.settings().version()
        if version != self.settings_version:
            self.served.build(full=True)
            self.settings_version = version
        return False

    def application(self, rules: access.Rules) -> ASGIApp:
        """Return the one application: API, metrics, page, and the collector for everything else."""
        from headwater.collect.app import collector
        from headwater.collect.protocols import spoken

        intake = collector(self.journal, lambda: self.keys, self.metrics)
        api = application(self.served)
        pages = page.Page(page.static())

        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or spoken(scope["path"]):
                await intake(scope, receive, send)
            elif scope["path"].startswith("/api/"):
                await api(scope, receive, send)
            elif pages.owns(scope):
                await pages(scope, receive, send)
            else:
                await intake(scope, receive, send)

        return access.guarded(routed, rules=lambda: rules, is_collected=spoken)

    def close(self) -> None:
        """Let the worker archive what is journalled, and let everything go."""
        self.served.stopping.set()
        self.supervisor.stop()
        if self.loader.is_alive():
            self.loader.join()
        self.journal.close()
        self.workspace.close()


class Uvicorn(uvicorn.Server):
    """A uvicorn server that tells the streams to end as soon as it is asked to stop."""

    def __init__(self, config: uvicorn.Config, *, served: Served, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._served = served
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop: no stream may hold the process; a second Ctrl-C does not wait for requests.

        The signal is not kept, since uvicorn would raise it again before anything could be closed.
        """
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self._served.stopping.set()


def _run(house: House, listener: socket.socket, *, host: str, ready: Callable[[Running], None]) -> None:
    token = os.environ.get("HEADWATER_TOKEN") or secrets.token_urlsafe(24)
    rules = access.rules(token=token, host=host, base_url=os.environ.get("HEADWATER_BASE_URL"))
    running = Running(
        url=reached(host, listener.getsockname()[1]),
        write_key=sorted(house.keys)[0],
        token=token,
        is_open=rules.is_local and rules.public_host is None,
        folder=house.served.folder,
    )
    note = house.served.folder / SERVER_FILE

    def started() -> None:
        write_note(note, running)
        house.supervisor.start()
        house.loader.start()
        ready(running)

    config = uvicorn.Config(
        house.application(rules),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        backlog=BACKLOG,
        forwarded_allow_ips=os.environ.get("HEADWATER_TRUSTED_PROXIES", "127.0.0.1"),
        timeout_graceful_shutdown=GRACE_SECONDS,
        **SERVED_WITH,
    )
    try:
        Uvicorn(config, served=house.served, started=started).run(sockets=[listener])
    finally:
        note.unlink(missing_ok=True)


def refuse_second(folder: Path) -> None:
    """Raise WorkspaceBusyError where a server already runs on the folder."""
    running = server_of(folder)
    if running:
        raise WorkspaceBusyError(
            f"A server already runs on {folder}: {running['url']} (process {running['pid']}).",
            hint="use that one (every command finds it by itself), stop it, or choose another --dir.",
        )


def listening(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address. Raises AddressError where that is not possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise AddressError(
            f"Nothing can listen on {host}:{port} ({error}).",
            hint="choose another --port (0 takes any free one), or stop what listens there.",
        ) from error
    return listener


def reached(host: str, port: int) -> str:
    """Return the address under which this machine reaches the server.

    >>> reached("0.0.0.0", 8000), reached("::1", 8000)
    ('http://127.0.0.1:8000', 'http://[::1]:8000')
    """
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def write_note(note: Path, running: Running) -> None:
    """Write server.json so that only its owner may read it, whole or not at all."""
    said: dict[str, Any] = {
        "url": running.url,
        "pid": os.getpid(),
        "token": running.token,
        "version": headwater.__version__,
    }
    aside = note.with_name(f".{note.name}.{os.getpid()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(orjson.dumps(said, option=orjson.OPT_INDENT_2))
    aside.rename(note)
