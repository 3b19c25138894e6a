"""The client packages of the registries, unmodified, against a collector on a real socket.

Each script tells the same story: ada comes by a newsletter, is known, and buys. Only the address and the
key are ours. A client that is not content with what it hears sends again, or says so.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.collect.collecting import Running, running
from tools import install_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = Path(__file__).parent / "scripts"
KEY = "7"
"""A number, because that is what Matomo calls its sites by."""
AD = "https://shop.example/?utm_source=news&gclid=Abc"
KNOWN = {"page": 1, "identify": 1, "track": 1}
SEEN = {"page": 1, "track": 1}
POSTHOG = {"page": 1, "identify": 1, "alias": 1, "group": 1, "track": 1}
MIXPANEL = {"page": 1, "identify": 1, "group": 1, "track": 2}
PYTHON = {
    "segment_python": KNOWN,
    "rudderstack_python": KNOWN,
    "posthog_python": POSTHOG,
    "posthog_python v1": POSTHOG,
    "mixpanel_python": MIXPANEL,
    "amplitude_python": KNOWN,
    "amplitude_python batch": KNOWN,
    "snowplow_python": SEEN,
    "openpanel_python": KNOWN,
    "umami_python": SEEN,
}
NODE = {
    "segment_node": KNOWN,
    "rudderstack_node": KNOWN,
    "posthog_node": KNOWN,
    "mixpanel_node": KNOWN,
    "amplitude_node": KNOWN,
    "snowplow_node": SEEN,
    "matomo_node": SEEN,
    "openpanel_node": KNOWN,
    "umami_node": SEEN,
}


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, keys=(KEY,)) as found:
        yield found


@pytest.fixture(scope="session")
def python() -> Path:
    return install_clients.python()


@pytest.fixture(scope="session")
def node() -> dict[str, str]:
    environment = install_clients.node()
    if environment is None:
        pytest.skip("there is no Node, and it could not be had")
    return environment


def run(collector: Running, script: str, *command: str, **options: Any) -> None:
    """Run a client and expect that it says nothing."""
    name, *more = script.split()
    told = [f"http://127.0.0.1:{collector.port}", KEY, *more]
    path = next(SCRIPTS.glob(f"{name}.*"))
    ran = subprocess.run([*command, str(path), *told], capture_output=True, text=True, timeout=60, **options)
    said = [line for line in ran.stderr.splitlines() if not line.startswith("INFO:")]
    assert (ran.returncode, ran.stdout, said) == (0, "", [])


def check(collector: Running, kinds: dict[str, int]) -> None:
    """Expect each event once, sent once, with ada's purchase and the page of the ad among them."""
    counts = collector.counts()
    rows = collector.rows("events")
    sale = next(row for row in rows if "o-1" in row["properties"])
    said = json.loads(sale["properties"])

    assert Counter(row["type"] for row in rows) == kinds
    assert counts == {
        "received": len(rows),
        "stored": len(rows),
        "duplicate": 0,
        "conflicting": 0,
        "refused": 0,
    }
    assert (sale["user_id"], said["revenue"]) == ("ada", 24.5)
    assert "o-1" in (said.get("order_id"), said.get("transaction_id"))
    assert [row["url"] for row in rows if row["type"] == "page"] == [AD]
    if "identify" in kinds and collector is not None:
        assert any(row["email"] for row in rows)


@pytest.mark.parametrize("script", PYTHON)
def test_a_python_client_is_content(collector: Running, python: Path, script: str) -> None:
    run(collector, script, str(python))

    check(collector, PYTHON[script])


@pytest.mark.parametrize("script", NODE)
def test_a_node_client_is_content(collector: Running, node: dict[str, str], script: str) -> None:
    run(collector, script, "node", env=node)

    check(collector, NODE[script])
