"""Fixtures of the models: the demo paths, their reference, and an engine with journeys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from headwater.engine.duckdb import DuckDB

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

DATASETS = Path(__file__).parents[2].parent / "shared" / "data" / "datasets"


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDB]:
    made = DuckDB(threads=1)
    yield made
    made.close()


@pytest.fixture(scope="session")
def datasets() -> Path:
    if not DATASETS.is_dir():
        pytest.skip(f"the public datasets are not at {DATASETS}")
    return DATASETS
