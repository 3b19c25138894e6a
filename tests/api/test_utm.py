"""Utm over HTTP: links are built and checked by the settings of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.api.conftest import problem

if TYPE_CHECKING:
    from tests.api.conftest import Api

GOOD = "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=spring"


def test_links_are_built_by_the_convention_of_the_settings(api: Api) -> None:
    api.served.control.apply({"medium_aliases": {"ppc": "cpc"}, "naming": {"mediums": ["cpc"]}}, author="ada")
    links = [
        {"url": "https://shop.example/#a", "source": "google", "medium": "PPC", "campaign": "Spring"},
        {"url": "https://shop.example/", "platform": "google_ads"},
    ]

    answer = api.http.post("/api/v1/utm/build", json={"links": links}, headers=api.authorized())

    first, second = answer.json()["links"]
    assert first["url"] == GOOD + "#a"
    assert first["changed"] == {"medium": ["PPC", "cpc"], "campaign": ["Spring", "spring"]}
    assert (first["is_well"], second["is_well"]) == (True, True)
    assert "utm_campaign={campaignid}" in second["url"]


def test_findings_have_the_row_and_a_correction(api: Api) -> None:
    api.served.control.apply({}, author="ada")
    urls = [GOOD, GOOD.replace("google", "FB").replace("cpc", "paid_social")]

    said = api.http.post("/api/v1/utm/lint", json={"urls": urls}, headers=api.authorized()).json()

    assert (said["links"], said["errors"], said["warnings"]) == (2, 1, 1)
    assert {(row["row"], row["code"]) for row in said["findings"]} == {(2, "case"), (2, "alias")}
    assert said["corrected"] == [GOOD, GOOD.replace("google", "facebook").replace("cpc", "paid_social")]


def test_an_unknown_platform_is_refused_with_the_nearest(api: Api) -> None:
    wish = {"links": [{"url": GOOD, "platform": "gogle_ads"}]}

    answer = api.http.post("/api/v1/utm/build", json=wish, headers=api.authorized())

    assert answer.status_code == 400
    assert "google_ads" in problem(answer)["hint"]


def test_building_asks_for_the_token_and_the_convention_does_not(api: Api) -> None:
    assert api.http.post("/api/v1/utm/lint", json={"urls": []}).status_code == 401
    assert api.http.get("/api/v1/utm/convention").json()["naming"]["longest"] == 100
    assert "meta" in [row["platform"] for row in api.http.get("/api/v1/utm/templates").json()]
