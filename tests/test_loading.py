"""A broken file of the archive is named with the way out, and nothing is loaded beside it by halves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from headwater.collect import archive
from headwater.contract.errors import HeadwaterError
from headwater.engine.duckdb import DuckDB
from headwater.loading import load

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 1, 12)


def filed(folder: Path, name: str) -> Path:
    """Put a file of 500 rows into the archive; return where it lies."""
    names = archive.schema("intake").names
    rows = [
        dict.fromkeys(names, n)
        | {"receipt_id": f"{name}{n}", "origin": "o", "kind": "events", "known_at": NOON}
        for n in range(500)
    ]
    content = pa.Table.from_pylist(rows, schema=archive.schema("intake"))
    return archive.publish(folder, "intake", content, name=name, received_on=NOON.date())


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [cut_short, overwritten])
def test_a_broken_file_is_named_and_once_it_is_restored_all_is_loaded(tmp_path: Path, damage: object) -> None:
    filed(tmp_path, "whole")
    broken = filed(tmp_path, "broken")
    before = broken.read_bytes()
    assert callable(damage)
    damage(broken)
    engine = DuckDB()

    with pytest.raises(HeadwaterError) as caught:
        load(engine, tmp_path)

    assert "received=2026-03-01/broken.parquet" in caught.value.problem
    assert "whole.parquet" not in caught.value.problem
    assert "backup" in caught.value.hint
    assert engine.rows("select count(*) from intake") == [(0,)]
    broken.write_bytes(before)
    assert load(engine, tmp_path).rows == {"intake": 1000}
