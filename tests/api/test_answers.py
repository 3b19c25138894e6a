"""Answers: reports and the other reads over a real socket."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.contract.errors import NotFoundError
from headwater.report import REPORTS
from headwater.result import ReportResult
from tests.api.fake import COMPARE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Api


def test_a_report_is_json_with_money_as_text(api: Api) -> None:
    answer = api.http.get("/api/v1/reports/compare")

    assert answer.status_code == 200
    assert answer.json() == {
        "report": "compare",
        "columns": ["channel", "first", "first_value"],
        "rows": [
            {"channel": "paid_search", "first": 1.5, "first_value": "30.00"},
            {"channel": "email", "first": 0.5, "first_value": "0.333333"},
        ],
        "meta": {"as_of": "2026-03-01T00:00:00Z", "models": ["first"], "currency": "EUR"},
    }


def test_every_option_of_a_report_reaches_the_workspace_as_typed(api: Api) -> None:
    options = {
        "by": "campaign",
        "model": "first,last",
        "goal": "purchase",
        "window": "30d",
        "since": "2026-01-01",
        "until": "2026-01-31",
        "segment": "plan=pro",
        "currency": "EUR",
        "as_of": "2026-02-01T00:00:00Z",
        "move": "display:email:10%",
        "limit": 5,
    }

    api.http.get("/api/v1/reports/compare", params=options)

    assert api.door.asked == [("report", "compare", options)]


def test_options_that_are_not_given_are_not_passed_on(api: Api) -> None:
    api.http.get("/api/v1/reports/compare")

    assert api.door.asked == [("report", "compare", {})]


def test_a_report_as_csv(api: Api) -> None:
    answer = api.http.get("/api/v1/reports/compare", params={"format": "csv"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text == "channel,first,first_value\npaid_search,1.5,30.00\nemail,0.5,0.333333\n"


def test_a_report_as_parquet(api: Api) -> None:
    answer = api.http.get("/api/v1/reports/compare", params={"format": "parquet"})

    assert pq.read_table(io.BytesIO(answer.content)).column("first_value").to_pylist() == [
        Decimal("30.000000"),
        Decimal("0.333333"),
    ]


def test_a_report_as_arrow_is_the_whole_result(api: Api) -> None:
    answer = api.http.get("/api/v1/reports/compare", params={"format": "arrow"})

    with pa.ipc.open_stream(answer.content) as stream:
        assert ReportResult.from_arrow(stream.read_all()) == COMPARE


def test_the_list_of_reports_is_the_registry(api: Api) -> None:
    listed = api.http.get("/api/v1/reports").json()

    assert [entry["name"] for entry in listed] == list(REPORTS)


def test_a_conversion_id_may_hold_a_slash(api: Api) -> None:
    answer = api.http.get("/api/v1/explain/order%2F1", params={"model": "first"})

    assert answer.json()["conversion"] == {"conversion_id": "order/1", "value": "9.50"}


def test_a_person_is_found_by_any_identifier(api: Api) -> None:
    assert api.http.get("/api/v1/persons/user:ada").json()["identifiers"] == [{"identifier": "user:ada"}]


@pytest.mark.parametrize(
    ("dialect", "said"), [("duckdb", "cast(1 as varchar)"), ("spark", "CAST(1 AS STRING)")]
)
def test_steps_show_their_sql_in_any_dialect(api: Api, dialect: str, said: str) -> None:
    step = api.http.get("/api/v1/steps/links", params={"dialect": dialect}).json()

    assert said in step["sql"]
    assert step["reads"] == ["events"]
    assert step == api.http.get("/api/v1/steps", params={"dialect": dialect}).json()[0]


def test_the_api_describes_itself(api: Api) -> None:
    said = api.http.get("/api/openapi.json").json()

    assert {"/api/v1/reports/{name}", "/api/v1/live", "/api/v1/import"} <= said["paths"].keys()
    assert said["paths"]["/api/v1/reports/{name}"]["get"]["responses"]["200"]["content"][
        "application/json"
    ] == {"schema": {"$ref": "#/components/schemas/ReportAnswer"}}


# -- answers that may be a little old ----------------------------------------------------------------


class FakeHeld:
    """Holds a moment in which there is order/1 once it has been renewed; `asked` holds every max_age."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.renewed = 0

    def ask(self, question: Any, *, max_age: float) -> Any:
        self.asked.append(max_age)
        return question(self)

    def renew(self) -> None:
        self.renewed += 1

    def report(self, name: str, **options: Any) -> ReportResult:
        return ReportResult(name, ("held",), [{"held": True}], options)

    def explain(self, conversion_id: str, _model: str | None) -> dict[str, Any]:
        if not self.renewed:
            raise NotFoundError("There is none yet.", hint="wait.")
        return {"conversion": conversion_id, "held": True}


@pytest.fixture
def held(api: Api) -> Iterator[FakeHeld]:
    made = FakeHeld()
    api.served.held = made  # type: ignore[assignment]
    yield made
    api.served.held = None


def test_only_who_says_how_old_an_answer_may_be_gets_one_that_is_held(api: Api, held: FakeHeld) -> None:
    of_a_moment = api.http.get("/api/v1/reports/compare", params={"max_age": 60, "by": "channel"}).json()
    of_now = api.http.get("/api/v1/reports/compare").json()
    of_then = api.http.get("/api/v1/reports/compare", params={"max_age": 60, "as_of": "2026-02-01"}).json()

    assert of_a_moment["rows"] == [{"held": True}]
    assert of_a_moment["meta"] == {"by": "channel"}
    assert of_now["rows"] == of_then["rows"] != of_a_moment["rows"]
    assert held.asked == [60]


def test_a_conversion_that_came_after_the_moment_is_explained_by_the_next(api: Api, held: FakeHeld) -> None:
    answer = api.http.get("/api/v1/explain/order/1", params={"max_age": 60})

    assert answer.json() == {"conversion": "order/1", "held": True}
    assert held.renewed == 1
