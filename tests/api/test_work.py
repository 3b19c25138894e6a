"""Work: import, build and settings over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.api.conftest import problem

if TYPE_CHECKING:
    from tests.api.conftest import Api


def test_an_uploaded_file_is_imported_under_its_name_with_its_options(api: Api) -> None:
    params = {
        "kind": "spend",
        "name": "may.csv",
        "map": "Cost=cost,Day=date",
        "where": "cost > 0",
        "dry_run": True,
    }

    answer = api.http.post("/api/v1/import", params=params, content=b"a,b\n1,2\n", headers=api.authorized())

    assert answer.json()["stored"] == 1
    options = {"mapping": {"Cost": "cost", "Day": "date"}, "where": "cost > 0", "dry_run": True}
    assert api.door.asked == [("import", ["may.csv"], [b"a,b\n1,2\n"], "spend", options)]


def test_the_kind_may_be_called_as_the_command_line_calls_it(api: Api) -> None:
    answer = api.http.post(
        "/api/v1/import", params={"as": "touchpoints"}, content=b"x", headers=api.authorized()
    )

    assert (answer.status_code, api.door.asked[0][3]) == (200, "touchpoints")


def test_an_upload_of_no_kind_says_what_to_add(api: Api) -> None:
    answer = api.http.post("/api/v1/import", content=b"x", headers=api.authorized())

    assert "?as=touchpoints" in problem(answer)["hint"]


def test_an_upload_leaves_nothing_behind_and_stays_in_its_folder(api: Api) -> None:
    params = {"kind": "spend", "name": "../../escape.csv"}

    api.http.post("/api/v1/import", params=params, content=b"x", headers=api.authorized())

    assert api.door.asked[0][1] == ["escape.csv"]
    assert list((api.served.folder / "uploads").iterdir()) == []


def test_a_map_that_is_none_is_refused(api: Api) -> None:
    params = {"kind": "spend", "map": "cost"}

    answer = api.http.post("/api/v1/import", params=params, content=b"x", headers=api.authorized())

    assert "theirs=ours" in problem(answer)["hint"]


def test_a_build_says_what_it_did_and_the_status_remembers(api: Api) -> None:
    answer = api.http.post("/api/v1/build", json={"full": True}, headers=api.authorized())

    assert answer.json()["mode"] == "full"
    assert api.door.asked[0] == ("build", True, None)
    assert api.http.get("/api/v1/status").json()["last_build"]["mode"] == "full"


def test_a_build_needs_no_body(api: Api) -> None:
    assert api.http.post("/api/v1/build", headers=api.authorized()).status_code == 200


def test_settings_are_put_whole_and_shown_with_their_version(api: Api) -> None:
    put = api.http.put("/api/v1/settings", json={"currency": "EUR"}, headers=api.authorized())

    assert put.json()["chosen"] == {"currency": "EUR"}
    assert put.json() == api.http.get("/api/v1/settings").json()
    assert put.json()["settings"]["window_days"] == 90


def test_wrong_settings_name_the_key(api: Api) -> None:
    answer = api.http.put("/api/v1/settings", json={"currencies": "EUR"}, headers=api.authorized())

    assert problem(answer)["hint"] == "did you mean 'currency'?"


def test_sql_answers_rows_and_refuses_to_read_files(api: Api) -> None:
    good = api.http.post("/api/v1/sql", json={"query": "select 1"}, headers=api.authorized())
    bad = api.http.post(
        "/api/v1/sql", json={"query": "select * from read_csv('/etc/passwd')"}, headers=api.authorized()
    )

    assert good.json()["rows"] == [{"n": 1, "value": "1.50"}, {"n": 2, "value": None}]
    assert problem(bad)["status"] == 400
