"""Access: who may ask what, on a loopback address and elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers

from headwater.api.access import refusal, rules
from tests.api.conftest import TOKEN, problem

if TYPE_CHECKING:
    from tests.api.conftest import Api

LOCAL = rules(token=TOKEN, host="127.0.0.1", base_url=None)
BEHIND_PROXY = rules(token=TOKEN, host="127.0.0.1", base_url="https://track.shop.example")
EVERYWHERE = rules(token=TOKEN, host="0.0.0.0", base_url=None)
BEARER = {"authorization": f"Bearer {TOKEN}"}


def test_reads_on_loopback_need_no_token(api: Api) -> None:
    assert api.http.get("/api/v1/reports/compare").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/build"), ("POST", "/import?kind=spend"), ("POST", "/sql"), ("PUT", "/settings")],
)
def test_writes_on_loopback_need_the_token(api: Api, method: str, path: str) -> None:
    answer = api.http.request(method, f"/api/v1{path}", json={"query": "select 1"})

    assert problem(answer)["status"] == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert api.door.asked == []


def test_a_wrong_token_is_refused(api: Api) -> None:
    answer = api.http.post("/api/v1/build", headers={"authorization": f"Bearer {TOKEN}x"})

    assert answer.status_code == 401


def test_another_name_for_this_machine_is_refused_even_with_a_token(api: Api) -> None:
    answer = api.http.get("/api/v1/reports/compare", headers={"host": "evil.example", **api.authorized()})

    assert problem(answer)["status"] == 421
    assert api.door.asked == []


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
def test_every_name_of_loopback_may_read(host: str) -> None:
    assert refusal(LOCAL, method="GET", headers=Headers({"host": host})) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "[", "localhost@evil.example:80"]
)
def test_a_host_that_is_not_ours_is_misdirected(host: str) -> None:
    answer = refusal(LOCAL, method="GET", headers=Headers({"host": host}))

    assert answer is not None
    assert answer.status_code == 421


def test_on_every_address_reads_need_the_token_too(public_api: Api) -> None:
    assert public_api.http.get("/api/v1/reports/compare").status_code == 401
    assert public_api.http.get("/metrics").status_code == 401
    assert public_api.http.get("/api/v1/reports/compare", headers=public_api.authorized()).status_code == 200


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via"])
def test_what_comes_through_a_proxy_needs_the_token(header: str) -> None:
    said = {"host": "127.0.0.1:8000", header: "203.0.113.9"}

    refused = refusal(LOCAL, method="GET", headers=Headers(said))

    assert refused is not None
    assert refused.status_code == 401
    assert refusal(LOCAL, method="GET", headers=Headers({**said, **BEARER})) is None


def test_a_public_base_url_closes_reads_since_a_proxy_may_call_itself_loopback() -> None:
    for host in ("127.0.0.1:8000", "track.shop.example"):
        refused = refusal(BEHIND_PROXY, method="GET", headers=Headers({"host": host}))
        assert refused is not None
        assert refused.status_code == 401
        assert refusal(BEHIND_PROXY, method="GET", headers=Headers({"host": host, **BEARER})) is None


def test_the_cookie_may_read_and_never_write() -> None:
    cookie = Headers({"host": "shop.internal", "cookie": f"other=1; headwater_token={TOKEN}"})

    assert refusal(EVERYWHERE, method="GET", headers=cookie) is None
    refused = refusal(EVERYWHERE, method="POST", headers=cookie)
    assert refused is not None
    assert refused.status_code == 401


def test_opening_the_page_with_the_token_sets_the_cookie_and_hides_it(public_api: Api) -> None:
    answer = public_api.http.get("/", params={"token": TOKEN, "x": "1"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert public_api.http.get("/api/v1/reports/compare").status_code == 200


def test_opening_the_page_with_a_wrong_token_sets_nothing(public_api: Api) -> None:
    assert "set-cookie" not in public_api.http.get("/", params={"token": "guess"}).headers
