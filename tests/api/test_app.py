"""App: the API in one process with its shapes, its routes and its problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import headwater
from headwater.api.app import application
from headwater.api.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from headwater.api.served import Served


def described() -> dict[str, Any]:
    return application(cast("Served", None)).openapi()


def test_every_call_tells_of_its_failures_as_problem_json() -> None:
    calls = [said for by in described()["paths"].values() for said in by.values()]

    assert [
        said["summary"] for said in calls if MEDIA_TYPE not in said["responses"]["default"]["content"]
    ] == []


def test_every_call_says_what_it_does() -> None:
    calls = [said for by in described()["paths"].values() for said in by.values()]

    assert [said["summary"] for said in calls if not said.get("description")] == []


def test_the_version_is_that_of_the_package() -> None:
    assert described()["info"]["version"] == headwater.__version__
