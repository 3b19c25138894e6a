"""Consent: nothing is kept or told of a person before it is allowed, and nothing is lost that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tracker.site import events, names, wait, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.collect.collecting import Running
    from tests.tracker.site import Site

GTAG = "<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}</script>"
DENIED = "<script>gtag('consent','default',{ad_storage:'denied',analytics_storage:'denied',wait_for_update:500})</script>"
TCF = """<script>window.answers=[];window.__tcfapi=(what, version, callback) => answers.push(callback);
window.decide=(ok) => answers.forEach((answer) => answer({eventStatus:'useractioncomplete', tcString:'CPabc',
purpose:{consents:Object.fromEntries([1,2,3,4,7,8,9].map((one) => [one, ok]))}}, true))</script>"""


def kept(context: BrowserContext, page: Page) -> list[str]:
    """Return everything that the tracker has left on the device."""
    stored: list[str] = page.evaluate("Object.keys(localStorage)")
    return [one["name"] for one in context.cookies() if one["name"] == "_hw"] + stored


def test_before_the_choice_nothing_is_sent_or_kept_and_afterwards_all_is(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    site.pages["/"] = GTAG + DENIED
    page = context.new_page()
    page.goto(site.url("/?utm_source=google&gclid=abc"))
    page.evaluate("headwater.track('Early')")
    page.wait_for_timeout(700)
    assert (events(collector), kept(context, page)) == ([], [])

    page.evaluate("gtag('consent','update',{ad_storage:'granted',analytics_storage:'granted'})")

    rows = wait_for(collector, "page", "Early")
    assert rows[0]["url"] == site.url("/?utm_source=google&gclid=abc")
    assert len({row["anonymous_id"] for row in rows}) == 1
    assert rows[0]["context"]["consent"] == {"ad_storage": "granted", "analytics_storage": "granted"}
    assert "_hw" in kept(context, page)


def test_who_refuses_is_counted_without_any_id(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    context.add_cookies([{"name": "ajs_anonymous_id", "value": "segment-1", "url": site.url()}])
    site.pages["/"] = GTAG + DENIED
    page = context.new_page()
    page.goto(site.url())
    page.evaluate("headwater.identify('ada')")
    page.evaluate("gtag('consent','update',{analytics_storage:'denied'})")

    rows = wait_for(collector, "page")

    assert [row["type"] for row in rows] == ["page"]
    assert [rows[0][name] for name in ("anonymous_id", "user_id", "email")] == [None, None, None]
    assert "ids" not in rows[0]["context"]
    assert kept(context, page) == []


def test_denied_then_granted_on_the_same_page(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    site.data["consent"] = "denied"
    page = context.new_page()
    page.goto(site.url("/?utm_source=google&gclid=abc"))
    wait_for(collector, "page")
    page.evaluate("headwater.consent({analytics: true, ads: true}); headwater.track('Done')")

    rows = wait_for(collector, "Done")

    told = {row["event"]: row for row in rows}
    assert [row["anonymous_id"] for row in rows if row["type"] == "page"] == [None]
    assert told["Consent Updated"]["url"] == site.url("/?utm_source=google&gclid=abc")
    assert told["Consent Updated"]["anonymous_id"] == told["Done"]["anonymous_id"] is not None
    assert told["Done"]["context"]["visitor"]["last"]["tags"] == "utm_source=google&gclid=abc"


def test_withdrawal_is_told_once_and_the_device_is_left_clean(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    page = context.new_page()
    page.goto(site.url())
    before = wait_for(collector, "page")[0]["anonymous_id"]
    page.wait_for_function("document.cookie.includes('_hw=')")
    page.evaluate("headwater.consent({analytics: false, ads: false}); headwater.track('After')")

    rows = wait_for(collector, "After")

    told = {row["event"]: row for row in rows}
    # the workspace keeps no id with a refusal; here it came, so that deliveries can be stopped
    assert told["Consent Updated"]["anonymous_id"] in (before, None)
    assert told["After"]["anonymous_id"] is None
    assert kept(context, page) == []


def test_who_leaves_without_a_choice_is_counted_without_an_id(
    page: Page, site: Site, collector: Running
) -> None:
    site.data["consent"] = "wait"
    page.goto(site.url())
    page.goto("about:blank")

    rows = wait_for(collector, "page")

    assert rows[0]["anonymous_id"] is None
    assert rows[0]["context"]["anonymous"] is True


def test_a_site_may_send_nothing_of_who_refuses(page: Page, site: Site, collector: Running) -> None:
    site.data |= {"consent": "denied", "denied": "drop"}
    page.goto(site.url())
    page.evaluate("headwater.track('Never'); headwater.consent({analytics: true}); headwater.track('Done')")

    wait_for(collector, "Done")

    assert "Never" not in names(collector)
    assert "page" not in names(collector)


@pytest.mark.parametrize("ok", [True, False])
def test_the_iab_string_decides_where_there_is_one(
    ok: bool, page: Page, site: Site, collector: Running
) -> None:
    site.pages["/"] = TCF
    page.goto(site.url())
    page.wait_for_timeout(300)
    assert events(collector) == []

    page.evaluate(f"decide({str(ok).lower()})")

    [row] = wait(collector, lambda rows: len(rows) == 1)
    assert (row["anonymous_id"] is not None) == ok
    assert row["context"]["consent"]["tcf"] == "CPabc"
    assert row["context"]["consent"]["analytics_storage"] == ("granted" if ok else "denied")


@pytest.mark.parametrize(("zone", "is_sent"), [("Europe/Berlin", False), ("America/New_York", True)])
def test_where_nobody_asks_europe_waits(
    zone: str, is_sent: bool, chromium: Browser, site: Site, collector: Running
) -> None:
    context = chromium.new_context(timezone_id=zone)
    page = context.new_page()
    page.goto(site.url())
    page.wait_for_timeout(600)

    assert bool(events(collector)) == is_sent
    assert bool(kept(context, page)) == is_sent
    context.close()


def test_global_privacy_control_keeps_the_ids_of_ad_platforms_out(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    context.add_cookies([{"name": "_fbp", "value": "fb.1.1.1", "url": site.url()}])
    context.new_page().goto(site.url())

    [row] = wait_for(collector, "page")

    assert row["context"]["consent"] == {"gpc": True}
    assert row["context"]["ids"] == {}
