"""A real server on a loopback port, in front of the small workspace."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import uvicorn

from headwater.api import access
from headwater.api.app import application
from headwater.api.served import Served
from headwater.store.control import Control
from tests.api.fake import FakeWorkspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-token-for-the-tests"
EVENTS = [
    {
        "number": 1,
        "received_at": 1_770_000_000_000_000,
        "type": "track",
        "event": "Order Completed",
        "url": "https://shop.example/thanks?email=ada@example.com",
        "anonymous_id": "device-1",
        "user_id": "ada@example.com",
    }
]


@dataclass
class Api:
    url: str
    served: Served
    door: FakeWorkspace
    http: httpx2.Client

    def authorized(self) -> dict[str, str]:
        return {"authorization": f"Bearer {TOKEN}"}


@contextmanager
def running(folder: Path, *, rules: access.Rules) -> Iterator[Api]:
    door = FakeWorkspace()
    control = Control(folder / "control.sqlite")
    served = Served(
        door=door,  # type: ignore[arg-type]
        control=control,
        folder=folder,
        version="1.2.3",
        pid=42,
        collected=lambda: {"received": 5, "stored": 3, "duplicate": 1, "refused": 1},
        latest=lambda since: [event for event in EVENTS if event["number"] > since],
        waiting=lambda: 2,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = access.guarded(application(served), rules=lambda: rules)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=3)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    with httpx2.Client(base_url=url, trust_env=False, timeout=30) as http:
        yield Api(url, served, door, http)
    served.stopping.set()
    server.should_exit = True
    thread.join()
    listener.close()
    control.close()


@pytest.fixture(scope="module")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    rules = access.rules(token=TOKEN, host="127.0.0.1", base_url=None)
    with running(tmp_path_factory.mktemp("local"), rules=rules) as there:
        yield there


@pytest.fixture(scope="module")
def public_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    rules = access.rules(token=TOKEN, host="0.0.0.0", base_url=None)
    with running(tmp_path_factory.mktemp("public"), rules=rules) as there:
        yield there


@pytest.fixture
def api(local_server: Api) -> Api:
    return fresh(local_server)


@pytest.fixture
def public_api(public_server: Api) -> Api:
    return fresh(public_server)


def fresh(there: Api) -> Api:
    """Let the server forget what the tests before asked."""
    there.door.asked.clear()
    there.http.cookies.clear()
    return there


def problem(answer: Any) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "hint"} <= said.keys()
    assert said["status"] == answer.status_code
    return said
