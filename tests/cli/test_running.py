"""Running: init, serve and demo as processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from headwater.api.server import Running
from headwater.cli.app import Everywhere
from headwater.cli.running import announce
from tests.cli.shell import HEADWATER, as_json, environment, until, well

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_init_makes_a_workspace_once(tmp_path: Path) -> None:
    first = as_json("init", "--dir", tmp_path / "shop")
    second = as_json("init", "--dir", tmp_path / "shop")

    assert first == second
    assert first["write_key"].startswith("hw_")
    assert "headwater serve" in well("init", "--dir", tmp_path / "shop")


def running(tmp_path: Path, *, is_open: bool) -> Running:
    return Running(
        url="http://127.0.0.1:8000", write_key="hw_1", token="t0", is_open=is_open, folder=tmp_path
    )


def test_the_start_shows_a_first_event_that_can_be_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(running(tmp_path, is_open=True), Everywhere())

    said = capsys.readouterr().out
    assert "curl http://127.0.0.1:8000/v1/track -u hw_1:" in said
    assert '<script async src="http://127.0.0.1:8000/hw.js" data-key="hw_1"></script>' in said
    assert "t0" not in said


def test_a_server_that_is_not_open_shows_an_address_with_the_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(running(tmp_path, is_open=False), Everywhere())

    assert "http://127.0.0.1:8000/?token=t0" in capsys.readouterr().out


def test_the_demo_collects_what_its_shop_sends(tmp_path: Path) -> None:
    import subprocess

    import orjson

    place = tmp_path / "demo"
    words = [
        "demo",
        "--port",
        "0",
        "--days",
        "2",
        "--persons",
        "30",
        "--rate",
        "20",
        "--json",
        "--dir",
        str(place),
    ]
    with (tmp_path / "log").open("w") as log:
        demo = subprocess.Popen(
            [HEADWATER, *words], env=environment(), stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert demo.stdout is not None
        try:
            said = ""
            while not said.endswith("}\n"):
                said += demo.stdout.readline()
            url = orjson.loads(said)["url"]
            until(
                lambda: httpx2.get(f"{url}/api/v1/status", trust_env=False, timeout=60).json()["events"] > 20
            )
        finally:
            demo.terminate()
            code = demo.wait(timeout=60)
            demo.stdout.close()

    assert code == 0, (tmp_path / "log").read_text()
