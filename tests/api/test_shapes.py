"""Shapes: what the API promises is what the workspace gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.api.shapes import Problem, ReportAnswer, Status
from tests.api.fake import COMPARE

if TYPE_CHECKING:
    from tests.api.conftest import Api


def test_a_result_has_the_promised_shape() -> None:
    assert ReportAnswer.model_validate(COMPARE.to_dict()).model_dump() == COMPARE.to_dict()


def test_a_status_and_a_problem_have_no_more_and_no_less_than_promised(api: Api) -> None:
    assert set(api.http.get("/api/v1/status").json()) == set(Status.model_fields)
    assert set(api.http.get("/api/v1/reports/none").json()) == set(Problem.model_fields)
