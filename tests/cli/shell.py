"""The command line as users have it: a process with words, an exit code and two streams."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADWATER = Path(sys.executable).with_name("headwater")
SECRET = "a secret key for tests only"
TOUCHES = """touchpoint_id,person,occurred_at,kind,channel,campaign
t1,ada,2026-03-01T09:00:00Z,click,paid_search,spring
t2,ada,2026-03-02T09:00:00Z,click,email,news
t3,bo,2026-03-01T10:00:00Z,click,email,news
t4,cy,2026-03-03T10:00:00Z,click,affiliate,
"""
ORDERS = """conversion_id,person,occurred_at,goal,value,currency
o1,ada,2026-03-03T09:00:00Z,purchase,30.00,USD
o2,bo,2026-03-04T09:00:00Z,purchase,12.50,USD
"""


def environment() -> dict[str, str]:
    """Return the environment of every command of the tests: no setting of the machine's user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    return kept | {"HEADWATER_SECRET_KEY": SECRET, "COLUMNS": "100", "PYTHONWARNINGS": "error"}


def headwater(*words: str | Path, stdin: str = "", cwd: Path | None = None, **more: str) -> Any:
    """Run one command and return what it did."""
    return subprocess.run(
        [HEADWATER, *map(str, words)],
        input=stdin,
        cwd=cwd,
        env=environment() | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def well(*words: str | Path, stdin: str = "", cwd: Path | None = None) -> str:
    """Run one command that must succeed and return its stdout."""
    done = headwater(*words, stdin=stdin, cwd=cwd)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    said: str = done.stdout
    return said


def as_json(*words: str | Path, stdin: str = "") -> Any:
    """Run one command with --json and return what it printed."""
    return orjson.loads(well(*words, "--json", stdin=stdin))


def shop(folder: Path) -> Path:
    """Make a workspace with the touches and orders of Ada, Bo and Cy."""
    (folder / "touches.csv").write_text(TOUCHES)
    (folder / "orders.csv").write_text(ORDERS)
    place = folder / "shop"
    well("import", folder / "touches.csv", "--as", "touchpoints", "--no-build", "--dir", place)
    well("import", folder / "orders.csv", "--as", "conversions", "--dir", place)
    return place


@contextmanager
def serving(place: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run a server on a free port while the block runs, and stop it as an operator would."""
    log = place.with_name(f"{place.name}.log")
    with log.open("w") as stderr:
        server = subprocess.Popen(
            [HEADWATER, "serve", "--dir", str(place), "--port", "0", "--json", *options],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        assert server.stdout is not None
        try:
            said = ""
            while not said.endswith("}\n"):
                line = server.stdout.readline()
                assert line, log.read_text()
                said += line
            yield orjson.loads(said)
        finally:
            server.terminate()
            server.wait(timeout=30)
            server.stdout.close()


def until(question: Any, *, seconds: float = 60.0) -> None:
    """Ask again and again until the answer is true."""
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.1)
