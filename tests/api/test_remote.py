"""Remote: the Python door over HTTP gives what the local one gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx2
import pytest

import headwater
from headwater.contract.errors import NotFoundError, UnknownModelError, UnknownReportError
from headwater.contract.query import ALL_TIME
from headwater.remote import RemoteWorkspace, UnreachableError, raised, written
from tests.api.conftest import TOKEN
from tests.api.fake import COMPARE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.conftest import Api


@pytest.fixture
def remote(api: Api) -> Iterator[RemoteWorkspace]:
    with RemoteWorkspace(api.url, token=TOKEN) as opened:
        yield opened


def test_a_report_equals_the_local_one(remote: RemoteWorkspace) -> None:
    result = remote.report("compare", by="channel", models=["first"])

    assert result == COMPARE
    assert result.to_json() == COMPARE.to_json()


def test_options_travel_as_they_are_typed(remote: RemoteWorkspace, api: Api) -> None:
    remote.report(
        "compare", models=("first", "last"), window=timedelta(days=30), since=date(2026, 1, 2), goal=None
    )

    options = {"model": "first,last", "window": "30d", "since": "2026-01-02"}
    assert api.door.asked == [("report", "compare", options)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (ALL_TIME, "all"),
        (timedelta(days=30), "30d"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (["first"], "first"),
        ("first,last", "first,last"),
        (5, 5),
    ],
)
def test_values_are_written_as_options(value: object, said: object) -> None:
    assert written(value) == said


def test_errors_are_raised_as_the_class_that_they_were(remote: RemoteWorkspace) -> None:
    with pytest.raises(UnknownReportError) as report:
        remote.report("compair")
    with pytest.raises(UnknownModelError):
        remote.report("compare", model="frist")
    with pytest.raises(NotFoundError):
        remote.explain("nothing")

    assert report.value.hint == "did you mean 'compare'?"


def test_explain_person_and_sql_come_through(remote: RemoteWorkspace) -> None:
    assert remote.explain("order/1")["conversion"]["value"] == "9.50"
    assert remote.person("user:ada")["identifiers"] == [{"identifier": "user:ada"}]
    assert remote.sql("select 1").to_pylist() == [
        {"n": 1, "value": Decimal("1.500000")},
        {"n": 2, "value": None},
    ]


def test_files_are_sent_one_by_one_and_their_counts_added(
    remote: RemoteWorkspace, api: Api, tmp_path: Path
) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(f"from {name}")

    done = remote.import_([tmp_path / "a.csv", tmp_path / "b.csv"], kind="spend", mapping={"Cost": "cost"})

    assert (done.received, done.stored) == (4, 2)
    assert [(asked[1], asked[2]) for asked in api.door.asked] == [
        (["a.csv"], [b"from a.csv"]),
        (["b.csv"], [b"from b.csv"]),
    ]
    assert api.door.asked[0][4]["mapping"] == {"Cost": "cost"}


def test_a_missing_file_is_named_before_anything_is_sent(remote: RemoteWorkspace, api: Api) -> None:
    with pytest.raises(NotFoundError, match=r"nothing\.csv"):
        remote.import_("nothing.csv", kind="spend")

    assert api.door.asked == []


def test_a_build_returns_its_counts(remote: RemoteWorkspace) -> None:
    assert remote.build(full=True).mode == "full"


def test_an_address_opens_the_remote_door(api: Api) -> None:
    opened = headwater.open(api.url, token=TOKEN)

    assert isinstance(opened, RemoteWorkspace)
    assert opened.report("compare") == COMPARE
    opened.close()


def test_nobody_there_is_told_with_a_hint() -> None:
    with RemoteWorkspace("http://127.0.0.1:9") as remote, pytest.raises(UnreachableError) as caught:
        remote.report("compare")

    assert "headwater serve" in caught.value.hint


def test_a_server_of_another_kind_is_told_apart() -> None:
    error = raised(httpx2.Response(404, text="<html>"), url="http://elsewhere")

    assert isinstance(error, UnreachableError)
    assert "404" in error.problem
