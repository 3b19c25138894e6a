"""One workspace that the tests of a file read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import shop

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("cli"))
