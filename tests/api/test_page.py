"""Page: the built files, and nothing outside their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from headwater.api.page import Page

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("not for the page")
    built = tmp_path / "static"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<h1>built</h1>")
    (built / "assets" / "app-1a2b.js").write_text("run()")
    return built


def scope(path: str, method: str = "GET") -> dict[str, str]:
    return {"type": "http", "method": method, "path": path}


def test_the_built_page_and_its_assets_are_served_under_a_policy(root: Path) -> None:
    browser = TestClient(Page(root))

    start, script = browser.get("/"), browser.get("/assets/app-1a2b.js")

    assert (start.text, start.headers["cache-control"]) == ("<h1>built</h1>", "no-cache")
    assert "default-src 'self'" in start.headers["content-security-policy"]
    assert (script.text, "immutable" in script.headers["cache-control"]) == ("run()", True)


def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    answer = TestClient(Page(tmp_path / "none")).get("/")

    assert answer.status_code == 200
    assert "make web" in answer.text


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/assets/../../secret.txt", "/none.js", "/assets", "/\0", "/v1/track"]
)
def test_only_files_inside_the_folder_belong_to_the_page(root: Path, path: str) -> None:
    assert not Page(root).owns(scope(path))


def test_only_reading_belongs_to_the_page(root: Path) -> None:
    assert Page(root).owns(scope("/"))
    assert Page(root).owns(scope("/assets/app-1a2b.js", "HEAD"))
    assert not Page(root).owns(scope("/", "POST"))
