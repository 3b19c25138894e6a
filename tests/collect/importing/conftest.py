"""Fixtures for imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from import_shop import Hashes, Shop

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty workspace."""
    (tmp_path / "shop").mkdir()
    return Shop(root=tmp_path / "shop", hashes=Hashes())
