"""Problems: every failure is RFC 9457 problem JSON that names the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.conftest import problem

if TYPE_CHECKING:
    from tests.api.conftest import Api


@pytest.mark.parametrize(
    ("path", "status", "kind", "hint"),
    [
        ("/api/v1/reports/compair", 404, "unknown-report", "did you mean 'compare'?"),
        ("/api/v1/reports/compare?model=frist", 400, "unknown-model", "did you mean 'first'?"),
        ("/api/v1/explain/nothing", 404, "not-found", "`headwater sql` finds it."),
        ("/api/v1/steps/lincs", 404, "unknown-step", "did you mean 'links'?"),
        ("/api/v1/steps?dialect=sparc", 400, "unknown-dialect", "did you mean 'spark'?"),
    ],
)
def test_a_foreseen_failure_has_its_type_status_and_hint(
    api: Api, path: str, status: int, kind: str, hint: str
) -> None:
    said = problem(api.http.get(path))

    assert (said["status"], said["type"]) == (status, f"urn:headwater:problem:{kind}")
    assert said["hint"] == hint


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nothing", 404),
        ("/api/nothing", 404),
        ("/api/v1/reports/compare?limit=none", 400),
        ("/api/v1/reports/compare?format=xml", 400),
    ],
)
def test_a_wrong_call_is_a_problem_too(api: Api, path: str, status: int) -> None:
    assert problem(api.http.get(path))["status"] == status


def test_a_wrong_method_says_which_is_right(api: Api) -> None:
    answer = api.http.delete("/api/v1/reports", headers=api.authorized())

    assert problem(answer)["status"] == 405
    assert answer.headers["allow"] == "GET"


def test_an_unforeseen_failure_tells_nothing_of_the_inside(api: Api) -> None:
    answer = api.http.get("/api/v1/reports/bug")

    assert problem(answer)["status"] == 500
    assert "secret" not in answer.text
