"""Fetching: real servers over loopback; no address is asked that was not checked."""

from __future__ import annotations

import gzip
import time

import pytest

from headwater.contract.outbound import OutboundError
from headwater.hygiene.fetching import MOST_BYTES, FetchError, fetch
from tests.hygiene.servers import site

HTML = {"content-type": "text/html"}


def soon() -> float:
    return time.monotonic() + 20


def test_a_page_is_read_and_a_redirect_is_not_followed() -> None:
    with site({"/": (200, HTML, b"hello"), "/go": (302, {"location": "/?{query}"}, b"body")}) as running:
        page = fetch(f"{running.url}/?a=b#c", until=soon(), allow_private=True)
        redirect = fetch(f"{running.url}/go?x=%20y", until=soon(), allow_private=True)

    assert (page.status, page.text) == (200, "hello")
    assert (redirect.status, redirect.location, redirect.text) == (302, "/?x=%20y", "")
    assert [path for path, _ in running.asked] == ["/?a=b", "/go?x=%20y"]


def test_the_connection_goes_to_the_checked_address_under_the_name_of_the_url() -> None:
    with site({"/": (200, HTML, b"")}) as running:
        fetch(
            f"http://shop.example:{running.port}/",
            until=soon(),
            allow_private=True,
            resolve=lambda _name, _port: ["127.0.0.1"],
        )

    assert running.asked == [("/", f"shop.example:{running.port}")]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["169.254.169.254"]]
)
def test_one_private_address_of_a_name_is_enough_to_refuse_it(addresses: list[str]) -> None:
    with pytest.raises(OutboundError, match="is not followed"):
        fetch("https://shop.example/", until=soon(), resolve=lambda _name, _port: addresses)


def test_no_request_reaches_loopback_without_leave() -> None:
    with site({"/": (200, HTML, b"")}) as running, pytest.raises(OutboundError):
        fetch(running.url, until=soon())

    assert running.asked == []


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_address_in_between() -> None:
    asked: list[str] = []

    def resolve(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    with site({"/": (200, HTML, b"")}) as running:
        fetch(f"http://shop.example:{running.port}/", until=soon(), allow_private=True, resolve=resolve)

    assert asked == ["shop.example"]


def test_no_more_is_read_than_the_beginning() -> None:
    bomb = gzip.compress(b"a" * (MOST_BYTES * 4))
    pages = {
        "/long": (200, HTML, b"b" * (MOST_BYTES + 100_000)),
        "/bomb": (200, HTML | {"content-encoding": "gzip"}, bomb),
        "/broken": (200, HTML | {"content-encoding": "gzip"}, b"no gzip"),
        "/film": (200, {"content-type": "video/mp4"}, b"c" * 1000),
    }
    with site(pages) as running:
        lengths = [
            len(fetch(f"{running.url}{path}", until=soon(), allow_private=True).text) for path in pages
        ]

    assert lengths == [MOST_BYTES, MOST_BYTES, 0, 0]


def test_a_server_that_is_not_there_is_told() -> None:
    with site({}) as gone:
        pass

    with pytest.raises(FetchError, match="does not answer"):
        fetch(gone.url, until=soon(), allow_private=True)
    with pytest.raises(FetchError, match="no address"):
        fetch("https://nowhere.invalid/", until=soon())
