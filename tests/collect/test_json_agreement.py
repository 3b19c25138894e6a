"""What the collector takes as JSON, the loader's engine reads as the same value; the rest never reaches it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from collecting import running

from headwater.workspace import Workspace
from tests.worlds import vectors

if TYPE_CHECKING:
    from pathlib import Path

FACTS = {"depth_100k": b"[" * 100_000, "array_1e6": b"[" + b",".join([b"0"] * 1_000_000) + b"]"}
"""Cases that the list describes and does not hold."""


def files() -> list[tuple[str, bytes]]:
    """Return the JSON files of the public test suites by name."""
    listed = vectors("json_parsing.json")
    cases = [*listed["cases"], *listed["extra"]]
    held = [(case["name"], base64.b64decode(case["b64"])) for case in cases if case.get("b64")]
    return held + [(name, FACTS[name]) for name in FACTS if any(case["name"] == name for case in cases)]


def message(name: str, value: bytes) -> bytes:
    """Return a body whose only event holds a file as the value of a property, byte for byte."""
    about = orjson.dumps({"type": "track", "event": "Seen", "userId": "ada", "messageId": name})
    return b'{"batch":[' + about[:-1] + b',"properties":{"file":' + value + b"}}]}"


@pytest.mark.slow
def test_collector_and_loader_agree_on_every_json_file(tmp_path: Path) -> None:
    named = files()
    with running(tmp_path) as collector:
        answers = {
            name: collector.send("/v1/batch", message(name[:100], value)).status for name, value in named
        }
        stored = {row["event_id"]: row["properties"] for row in collector.rows("events")}
        refused = len(collector.rows("refused"))
        counts = collector.counts()

    with Workspace(tmp_path) as workspace:
        workspace.build()
        table = workspace.sql(
            "select event_id, json_valid(properties) as valid, "
            "cast(json_extract(properties, '$.file') as varchar) as file from events"
        )
    loaded = {row["event_id"]: row for row in table.to_pylist()}

    assert set(answers.values()) <= {200, 400, 413}
    assert counts["received"] == counts["stored"] + counts["duplicate"] + counts["refused"]
    assert (counts["stored"], counts["refused"]) == (len(stored), refused)
    assert loaded.keys() == stored.keys()
    for name, properties in stored.items():
        assert loaded[name]["valid"], name
        kept = orjson.loads(properties)["file"]
        assert same(json.loads(loaded[name]["file"] or "null"), kept), name
        assert same(json.loads(dict(named)[name]), kept), name
    assert len(stored) > 90  # of 95 files that must be taken, some are no value of a property


def same(left: Any, right: Any) -> bool:
    """Tell whether two JSON values are equal; whole numbers beyond 64 bits are so within a float."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left) == float(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)
