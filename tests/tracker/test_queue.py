"""Queue: what could not be sent is sent later, with the same ids, and counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import until
from tests.tracker.flaky import Flaky
from tests.tracker.site import Site, events, names, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from tests.collect.collecting import Running

LEFT = "Object.keys(localStorage).filter((key) => key.startsWith('_hw:')).length"
MANY = 1000


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    found = Flaky()
    yield found
    found.close()


@pytest.fixture
def shop(flaky: Flaky) -> Iterator[Site]:
    with Site(flaky.url, off="Page Engaged") as found:
        yield found


def test_a_thousand_events_survive_a_reload_while_offline(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    site.pages["/two"] = ""
    page = context.new_page()
    page.goto(site.url("/two"))
    page.goto(site.url())
    wait_for(collector, "page")
    page.wait_for_function(f"{LEFT} === 0")

    context.set_offline(True)
    page.evaluate(f"for (let i = 0; i < {MANY}; i++) headwater.track('Done', {{i}})")
    page.goto(site.url("/two"))  # from the browser's cache, as is the script
    page.evaluate("headwater.track('Last')")
    assert page.evaluate(LEFT) >= MANY + 2
    context.set_offline(False)

    wait_for(collector, "Last")
    page.wait_for_function(f"{LEFT} === 0")
    done = [row["properties"]["i"] for row in events(collector) if row["event"] == "Done"]
    assert sorted(done) == list(range(MANY))
    assert len({row["event_id"] for row in events(collector)}) == len(events(collector))


def test_a_retry_bears_the_same_ids_and_ends_with_the_answer(page: Page, shop: Site, flaky: Flaky) -> None:
    flaky.status = 503
    page.goto(shop.url())
    until(lambda: len(flaky.requests) >= 2)
    flaky.status = 200
    until(lambda: flaky.taken)
    page.wait_for_function(f"{LEFT} === 0")

    assert {tuple(ids) for _, ids in flaky.requests} == {tuple(flaky.requests[0][1])}
    assert len(flaky.taken) == 1


def test_the_server_says_when_it_wants_to_hear_again_even_after_a_reload(
    page: Page, shop: Site, flaky: Flaky
) -> None:
    flaky.status, flaky.headers = 429, {"retry-after": "600"}
    page.goto(shop.url())
    until(lambda: flaky.requests)
    page.wait_for_function("Number(localStorage.getItem('_hw!')) > Date.now() + 500000")
    flaky.status = 200

    page.reload()
    page.evaluate("headwater.track('Waiting')")
    page.wait_for_timeout(1500)
    assert flaky.names() == []

    page.evaluate("localStorage.setItem('_hw!', 0)")
    page.reload()
    until(lambda: "Waiting" in flaky.names())
    assert len({message["messageId"] for message in flaky.taken if message["type"] == "track"}) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502])
def test_no_failure_loses_an_event(status: int, page: Page, shop: Site, flaky: Flaky) -> None:
    flaky.status = status
    page.goto(shop.url())
    until(lambda: flaky.requests)
    flaky.status = 200
    page.reload()

    until(lambda: len(flaky.taken) >= 2)

    assert {message["messageId"] for message in flaky.taken} >= set(flaky.requests[0][1])


def test_a_batch_that_cannot_be_read_is_tried_event_by_event(page: Page, shop: Site, flaky: Flaky) -> None:
    page.goto(shop.url())
    until(lambda: flaky.taken)
    flaky.poison = "Two"
    page.evaluate("for (const name of ['One', 'Two', 'Three']) headwater.track(name)")

    until(lambda: "Three" in flaky.names())

    assert flaky.names() == ["One", "Three"]
    page.wait_for_function(f"{LEFT} === 0")


def test_what_is_not_sent_yet_goes_with_a_beacon_on_leaving(page: Page, shop: Site, flaky: Flaky) -> None:
    page.goto(shop.url())
    until(lambda: flaky.taken)
    page.evaluate(
        "headwater.track('Leaving'); window.stop(); location.href = 'about:blank'"
    )  # at once: no timer of the page runs any more

    until(lambda: "Leaving" in flaky.names())

    assert len(flaky.names()) == 1


def test_a_beacon_and_the_next_page_count_once(page: Page, site: Site, collector: Running) -> None:
    site.pages["/next"] = ""
    page.goto(site.url())
    wait_for(collector, "page")
    for path in ("/next", "/", "/next"):
        page.evaluate(f"headwater.track('Leaving'); location.href = '{path}'")
        page.wait_for_url(f"**{path}")
        page.wait_for_function("window.headwater && headwater.id")
    page.evaluate("headwater.track('Done')")

    wait_for(collector, "Done")
    page.wait_for_function(f"{LEFT} === 0")

    assert names(collector).count("Leaving") == 3


def test_two_tabs_lose_nothing_of_each_other(context: BrowserContext, shop: Site, flaky: Flaky) -> None:
    flaky.status = 503
    one, two = context.new_page(), context.new_page()
    one.goto(shop.url())
    two.goto(shop.url())
    for i in range(20):
        one.evaluate(f"headwater.track('One {i}')")
        two.evaluate(f"headwater.track('Two {i}')")
    one.close()
    two.close()
    flaky.status = 200

    context.new_page().goto(shop.url())
    until(lambda: len(set(flaky.names())) == 40)

    by_id = {message["messageId"]: message["event"] for message in flaky.taken if message["type"] == "track"}
    assert sorted(by_id.values()) == sorted(f"{tab} {i}" for tab in ("One", "Two") for i in range(20))


def test_no_preflight_is_asked(page: Page, shop: Site, flaky: Flaky) -> None:
    page.goto(shop.url())

    until(lambda: flaky.taken)

    assert set(flaky.kinds) == {"text/plain;charset=UTF-8"}
