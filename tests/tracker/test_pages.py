"""Pages: what is measured without being asked, and what of the page is left alone."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from headwater.collect import tracker
from tests.tracker.site import events, names, wait, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.collect.collecting import Running
    from tests.tracker.site import Site

MOST = 5 * 1024
GLOBALS = """() => {
    const told = (name, object) => Object.entries(Object.getOwnPropertyDescriptors(object)).map(
        ([key, one]) => [name + "." + key, String(one.value), String(one.get), String(one.set), one.writable]);
    const places = {window, history, navigator, console, document, location};
    for (const name of ["History", "Navigator", "Document", "Element", "HTMLElement", "HTMLFormElement", "Node",
        "EventTarget", "XMLHttpRequest", "Storage", "Array", "Object", "Function", "Promise", "String"])
        places[name + ".prototype"] = window[name].prototype;
    return JSON.stringify(Object.entries(places).flatMap(([name, one]) => told(name, one)).filter(
        ([key]) => !/^window\\.(headwater|before|event|localStorage|screen.*|outer.*|inner.*|scroll.*|page.Offset)$/.test(key)).sort());
}"""


def test_the_script_is_under_five_kilobytes_gzipped() -> None:
    found = tracker.script()
    assert found is not None

    size = len(gzip.compress(found.content, 9))

    print(f"hw.js: {len(found.content)} bytes, {size} gzipped")
    assert size < MOST


def test_a_page_view_says_where_and_whose(page: Page, site: Site, collector: Running) -> None:
    page.goto(site.url("/?utm_source=news"), referer="https://blog.example/post")

    [row] = wait_for(collector, "page")

    assert row["url"] == site.url("/?utm_source=news")
    assert row["referrer"] == "https://blog.example/post"
    assert row["anonymous_id"] == page.evaluate("headwater.id()")
    assert row["context"]["library"] == {"name": "headwater.js", "version": "1.0.0"}
    assert row["context"]["page"]["title"] == "home"


def test_nothing_of_the_page_is_replaced(page: Page, site: Site, collector: Running) -> None:
    site.pages["/plain"] = ""
    page.route("**/hw.js", lambda route: route.abort())
    page.goto(site.url())
    before = page.evaluate(GLOBALS)
    page.unroute("**/hw.js")

    page.goto(site.url("/?gclid=x"))
    wait_for(collector, "page")
    page.evaluate("headwater.track('Clicked'); history.pushState({}, '', '/next')")
    wait(collector, lambda rows: len(rows) == 3)

    assert page.evaluate(GLOBALS) == before


def test_a_page_that_changes_its_address_alone_is_a_page_view(
    page: Page, site: Site, collector: Running
) -> None:
    page.goto(site.url())
    wait_for(collector, "page")
    page.evaluate("history.pushState({}, '', '/pricing?plan=pro'); document.title = 'Pricing'")
    wait(collector, lambda rows: len(rows) == 2)
    page.go_back()

    rows = wait(collector, lambda rows: len(rows) == 3)

    assert [row["url"] for row in rows] == [site.url(), site.url("/pricing?plan=pro"), site.url()]
    assert rows[1]["referrer"] == site.url()
    assert rows[1]["context"]["page"]["title"] == "Pricing"


def test_without_the_navigation_api_the_address_is_looked_at(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    context.add_init_script("delete window.navigation")
    page = context.new_page()
    page.goto(site.url())
    wait_for(collector, "page")
    page.evaluate("history.pushState({}, '', '/pricing')")

    rows = wait(collector, lambda _rows: names(collector).count("page") == 2)

    assert [row["url"] for row in rows if row["type"] == "page"] == [site.url(), site.url("/pricing")]


def test_the_same_address_again_is_no_page_view(page: Page, site: Site, collector: Running) -> None:
    page.goto(site.url())
    page.evaluate("history.replaceState({step: 1}, ''); location.hash = 'reviews'")
    page.evaluate("headwater.track('Done')")

    wait_for(collector, "Done")

    assert names(collector) == ["page", "Done"]


def test_time_and_depth_are_told_on_leaving(page: Page, site: Site, collector: Running) -> None:
    site.pages |= {"/long": "<div style='height: 5000px'></div>", "/next": ""}
    page.goto(site.url("/long?utm_source=x"))
    page.evaluate("scrollTo(0, 2500)")
    page.wait_for_timeout(1300)
    page.goto(site.url("/next"))

    rows = wait_for(collector, "Page Engaged")

    [told] = [row for row in rows if row["event"] == "Page Engaged"]
    assert told["url"] == site.url("/long")
    assert told["properties"]["engagement_ms"] >= 1000
    assert 40 < told["properties"]["scroll_percent"] < 90


def test_links_that_lead_away_and_files_are_told(page: Page, site: Site, collector: Running) -> None:
    site.pages["/links"] = (
        "<a id=a href='https://other.example/x?y=1' target=_blank><b>away</b></a>"
        "<a id=f href='/paper.PDF?v=2' target=_blank>file</a><a id=i href='/#here'>inside</a>"
    )
    page.goto(site.url("/links"))
    for name in ("#a b", "#f", "#i"):
        page.click(name)

    rows = wait_for(collector, "Outbound Link Clicked", "File Downloaded")

    told = {row["event"]: row["properties"]["href"] for row in rows if row["type"] == "track"}
    assert told == {
        "Outbound Link Clicked": "https://other.example/x?y=1",
        "File Downloaded": site.url("/paper.PDF?v=2"),
    }


def test_what_the_page_does_not_want_is_not_measured(page: Page, site: Site, collector: Running) -> None:
    site.data["off"] = "page, Form Sent"
    site.pages["/form"] = "<form action='javascript:void 0'><input name=q><button>go</button></form>"
    page.goto(site.url("/form"))
    page.click("button")
    page.evaluate("headwater.track('Done')")

    wait_for(collector, "Done")

    assert names(collector) == ["Done"]


def test_calls_before_the_script_is_there_are_not_lost(page: Page, site: Site, collector: Running) -> None:
    site.pages["/early"] = (
        "<script>headwater.track('Early', {n: 1}); headwater.identify('ada', {plan: 'pro'})</script>"
    )
    page.goto(site.url("/early"))

    rows = wait_for(collector, "Early", "identify")

    assert [row["properties"] for row in rows if row["event"] == "Early"] == [{"n": 1}]
    assert [row["user_id"] for row in rows if row["type"] == "identify"] == ["ada"]


def test_a_second_script_on_the_page_counts_nothing_twice(page: Page, site: Site, collector: Running) -> None:
    site.pages["/twice"] = f"<script src='{site.collector}/hw.js' data-key='{site.key}'></script>"
    page.goto(site.url("/twice"))
    page.evaluate("headwater.track('Done')")

    wait_for(collector, "Done")

    assert [row["event"] or row["type"] for row in events(collector)] == ["page", "Done"]
