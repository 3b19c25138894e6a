"""Following: a link is followed from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tests.cli.shell import headwater
from tests.hygiene.servers import site

if TYPE_CHECKING:
    from pathlib import Path

PAGE = b"<script src=/hw.js data-key=k></script>"
HTML = {"content-type": "text/html"}


def test_a_link_that_keeps_everything_passes(tmp_path: Path) -> None:
    pages = {"/go": (302, {"location": "/end?{query}"}, b""), "/end": (200, HTML, PAGE)}
    with site(pages) as running:
        done = headwater(
            "utm", "check", f"{running.url}/go?utm_source=news", "--click-id", "gclid,fbclid", "--allow-private",
            "--dir", tmp_path / "none",
        )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "Everything arrives." in done.stdout
    assert "tracker: headwater" in done.stdout
    assert [path.count("clid=") for path, _ in running.asked] == [2, 2]


def test_a_link_that_loses_its_click_id_fails_and_says_where(tmp_path: Path) -> None:
    pages = {"/go": (301, {"location": "/end?utm_source=news"}, b""), "/end": (200, HTML, PAGE)}
    with site(pages) as running:
        done = headwater(
            "utm", "check", f"{running.url}/go?utm_source=news", "--click-id", "gclid", "--allow-private", "--json",
            "--dir", tmp_path / "none",
        )  # fmt: skip

    told = orjson.loads(done.stdout)
    assert done.returncode == 1
    assert told["problems"] == ["gclid is lost at hop 2"]
    assert [hop["status"] for hop in told["hops"]] == [301, 200]


def test_private_addresses_are_refused_also_behind_a_redirect(tmp_path: Path) -> None:
    with site({"/": (200, HTML, PAGE)}) as running:
        direct = headwater("utm", "check", running.url, "--json", "--dir", tmp_path / "none")
    with site({"/": (302, {"location": "http://169.254.169.254/latest/"}, b"")}) as running:
        behind = headwater(
            "utm", "check", running.url, "--allow-private", "--json", "--dir", tmp_path / "none"
        )

    assert direct.returncode == 1
    assert "is not followed" in orjson.loads(direct.stdout)["problems"][0]
    assert behind.returncode == 1
    assert "metadata address" in orjson.loads(behind.stdout)["problems"][0]


def test_what_is_no_link_is_wrong_usage(tmp_path: Path) -> None:
    done = headwater("utm", "check", "shop.example", "--dir", tmp_path)

    assert done.returncode == 2
    assert "https://" in done.stderr
