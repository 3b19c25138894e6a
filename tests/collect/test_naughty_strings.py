"""Text that breaks other software comes in, is stored and is told as it was sent."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
import pytest

from headwater.collect.admit import PERSON_ID_CHARS
from headwater.collect.personal import EMAIL
from headwater.report.render import restored
from headwater.workspace import Workspace
from tests.collect.collecting import Running, running
from tests.worlds import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHEN = "2026-03-02T10:00:00Z"


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """The public list of naughty strings; addresses of persons are hidden on purpose, so not among them."""
    found = [base64.b64decode(text).decode() for text in vectors("naughty_strings.json")["strings_b64"]]
    return [text for text in found if not EMAIL.search(text)]


@pytest.fixture(scope="module")
def told(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A collector that was sent every text in every place."""
    with running(tmp_path_factory.mktemp("naughty")) as collector:
        for start in range(0, len(texts), 50):
            answer = collector.post(
                *(message for n in range(start, min(start + 50, len(texts))) for message in sent(n, texts[n]))
            )
            assert answer.status == 200
        yield collector


def sent(number: int, text: str) -> list[dict[str, Any]]:
    """Return messages that hold a text wherever one can stand."""
    plain = {"type": "track", "event": "Seen", "anonymousId": f"device-{number}", "timestamp": WHEN}
    url = f"https://shop.example/?utm_source={quote(text, safe='')}&utm_medium=cpc&utm_campaign=c{number}"
    return [
        plain | {"messageId": f"name-{number}", "event": text},
        plain | {"messageId": f"key-{number}", "properties": {text: "value"}},
        plain | {"messageId": f"value-{number}", "properties": {"said": text, "deep": [{"er": text}]}},
        plain | {"messageId": f"user-{number}", "userId": text},
        plain | {"messageId": f"page-{number}", "type": "page", "properties": {"url": url}},
    ]


def by_id(collector: Running) -> dict[str, dict[str, Any]]:
    return {row["event_id"]: row for row in collector.rows("events")}


def test_a_text_is_stored_as_it_was_sent_or_refused_with_its_reason(told: Running, texts: list[str]) -> None:
    rows = by_id(told)
    refused = told.rows("refused")

    for number, text in enumerate(texts):
        if text.strip():
            assert rows[f"name-{number}"]["event"] == text
        if len(text) <= PERSON_ID_CHARS:
            assert rows[f"user-{number}"]["user_id"] == (text or None)
        assert orjson.loads(rows[f"value-{number}"]["properties"]) == {"said": text, "deep": [{"er": text}]}
        assert orjson.loads(rows[f"key-{number}"]["properties"]) == {text: "value"}
    blank = sum(not text.strip() for text in texts)
    long = sum(len(text) > PERSON_ID_CHARS for text in texts)
    assert sorted(row["reason"] for row in refused) == ["id_too_long"] * long + ["no_event_name"] * blank
    assert len(rows) + len(refused) == 5 * len(texts)


def test_a_text_as_source_is_the_same_in_the_landing_and_in_every_form_of_a_report(
    told: Running, texts: list[str], tmp_path: Path
) -> None:
    conversions = [
        {"type": "track", "event": "Order Completed", "messageId": f"order-{number}", "timestamp": WHEN}
        | {"anonymousId": f"device-{number}", "properties": {"order_id": f"o{number}", "value": 1, "currency": "EUR"}}
        for number in range(len(texts))
    ]  # fmt: skip
    for start in range(0, len(conversions), 100):
        told.post(*conversions[start : start + 100])
    told.rows("events")

    with Workspace(told.folder) as workspace:
        workspace.build()
        found = workspace.sql("select utm_campaign, utm_source from landings").to_pylist()
        report = workspace.report("compare", by="source", model="last", goal="purchase")

    landed = {row["utm_campaign"]: row["utm_source"] for row in found}
    for number, text in enumerate(texts):
        assert landed[f"c{number}"] == (text or None), text
    sources = [row["source"] for row in report.rows]
    assert len(report.rows) > 300
    assert [row["source"] for row in json.loads(report.to_json())["rows"]] == sources
    read = list(csv.reader(io.StringIO(report.to_csv(), newline="")))[1:]
    assert [restored(row[0]) for row in read] == [source or "" for source in sources]
