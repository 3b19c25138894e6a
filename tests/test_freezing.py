"""Freezing: an answer that was frozen is shown byte for byte for ever, and a check says what moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headwater.contract.errors import NotFoundError, UsageError
from headwater.workspace import Workspace
from tests import lived

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "shop") as opened:
        lived.begin(opened, tmp_path)
        yield opened


def test_a_frozen_answer_outlives_everything_byte_for_byte(shop: Workspace, tmp_path: Path) -> None:
    shown = shop.frozen.freeze("board-may", "attribution", model="linear,markov", window="30d").to_json()
    lived.refunded(shop, tmp_path)
    lived.aliases(shop, tmp_path)
    assert shop.report("attribution", model="linear,markov", window="30d").to_json() != shown
    shop.close()

    with Workspace(shop.dir) as again:
        assert again.frozen.run("board-may").to_json() == shown
        checked = again.frozen.check("board-may")
        assert (checked["is_same"], checked["differences"]) == (True, [])
        [run] = again.frozen.runs()
        assert (run["report"], run["asked"]) == ("attribution", {"model": "linear,markov", "window": "30d"})
        assert run["settings_version"] == again.frozen.run("board-may").meta["settings_version"]


def test_a_check_names_the_cells_that_differ(shop: Workspace) -> None:
    shop.frozen.freeze("board-may", "overview")
    for file in (shop.dir / "archive" / "spend").glob("*/*.parquet"):
        file.unlink()  # as if it had been erased
    for file in (shop.dir / "as-of").glob("*"):
        file.unlink()

    checked = shop.frozen.check("board-may")

    assert not checked["is_same"]
    assert {"row": 0, "column": "spend", "frozen": "17.00", "today": None} in checked["differences"]


def test_a_name_is_given_once_and_must_be_one(shop: Workspace) -> None:
    shop.frozen.freeze("q1.2026", "overview")

    with pytest.raises(UsageError, match="was frozen at"):
        shop.frozen.freeze("q1.2026", "lag")
    with pytest.raises(UsageError, match="cannot be the name"):
        shop.frozen.freeze("../up", "overview")
    with pytest.raises(NotFoundError, match="No answer was frozen"):
        shop.frozen.run("q2")


def test_a_restatement_is_frozen_with_its_two_times(shop: Workspace) -> None:
    shown = shop.frozen.freeze("moved", "restatement", between=("2026-01-01", "2026-02-01")).to_json()

    assert shop.frozen.run("moved").to_json() == shown
    assert shop.frozen.check("moved")["is_same"]
