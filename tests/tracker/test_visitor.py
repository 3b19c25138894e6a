"""Visitor: one browser, one id, wherever it can be kept."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.conftest import CHROMIUM, FLAGS
from tests.tracker.site import Site, events, names, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.collect.collecting import Running


def ids(collector: Running) -> set[str]:
    return {row["anonymous_id"] for row in events(collector)}


def own_cookie(context: BrowserContext) -> dict[str, Any] | None:
    return next((dict(one) for one in context.cookies() if one["name"] == "_hw"), None)


@pytest.fixture
def blocked(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser whose owner has blocked all cookies and site data."""
    profile = tmp_path / "profile/Default"
    profile.mkdir(parents=True)
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(settings))
    found = chromium.browser_type.launch_persistent_context(
        profile.parent, executable_path=CHROMIUM, args=list(FLAGS)
    )
    yield found
    found.close()


def test_the_server_sets_the_cookie_and_the_next_page_has_the_same_id(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    site.pages["/two"] = ""
    page = context.new_page()
    page.goto(site.url())
    wait_for(collector, "page")
    page.wait_for_function("document.cookie.includes('_hw=')")
    page.goto(site.url("/two"))
    page.evaluate("headwater.track('Done')")

    rows = wait_for(collector, "Done")

    kept = own_cookie(context)
    assert kept is not None
    assert kept["value"].split(".")[0] == rows[0]["anonymous_id"]
    assert (kept["sameSite"], kept["httpOnly"], kept["domain"]) == ("Lax", False, "127.0.0.1")
    assert len(ids(collector)) == 1


@pytest.mark.parametrize("lost", ["localStorage.clear()", "document.cookie = '_hw=;max-age=0;path=/'"])
def test_either_store_is_enough(lost: str, page: Page, site: Site, collector: Running) -> None:
    page.goto(site.url())
    wait_for(collector, "page")
    page.wait_for_function("document.cookie.includes('_hw=')")
    page.evaluate(lost)
    page.goto(site.url("/?again"))
    page.evaluate("headwater.track('Done')")

    wait_for(collector, "Done")

    assert len(ids(collector)) == 1


def test_where_all_is_blocked_a_page_is_still_measured(
    blocked: BrowserContext, site: Site, collector: Running
) -> None:
    page = blocked.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site.url("/?utm_source=news"))
    assert (
        page.evaluate("(() => { try { return !!localStorage } catch { return 'blocked' } })()") == "blocked"
    )
    page.evaluate("headwater.track('Done')")

    wait_for(collector, "Done")

    assert names(collector) == ["page", "Done"]
    assert len(ids(collector)) == 1
    assert own_cookie(blocked) is None
    assert complaints == []


def test_an_id_is_forgotten_thirteen_months_after_it_was_made(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    context.add_cookies([{"name": "_hw", "value": "mold0001.1600000000", "url": site.url()}])
    context.new_page().goto(site.url())

    [row] = wait_for(collector, "page")

    assert row["anonymous_id"] != "mold0001"


def test_reset_makes_another_visitor_of_the_browser(page: Page, site: Site, collector: Running) -> None:
    page.goto(site.url())
    page.evaluate("headwater.identify('ada')")
    wait_for(collector, "identify")
    page.wait_for_function("document.cookie.includes('_hw=')")
    before = page.evaluate("headwater.id()")
    page.evaluate("headwater.reset(); headwater.track('Alone')")

    rows = wait_for(collector, "Alone")

    alone = next(row for row in rows if row["event"] == "Alone")
    assert alone["anonymous_id"] != before
    assert alone["user_id"] is None


def test_events_are_numbered_over_pages_and_tabs_without_a_gap(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    site.pages["/two"] = ""
    one = context.new_page()
    one.goto(site.url())
    one.evaluate("headwater.track('A')")
    one.goto(site.url("/two"))
    two = context.new_page()
    two.goto(site.url())
    two.evaluate("headwater.track('B')")
    one.evaluate("headwater.track('C')")
    for name in "ABC":
        wait_for(collector, name)

    numbers = sorted(row["context"]["n"] for row in events(collector))

    assert len(numbers) > 5
    assert numbers == list(range(1, len(numbers) + 1))


def test_another_visitor_of_the_browser_is_numbered_anew(page: Page, site: Site, collector: Running) -> None:
    page.goto(site.url())
    wait_for(collector, "page")
    page.evaluate("headwater.reset(); headwater.track('Alone')")

    rows = wait_for(collector, "Alone")

    assert next(row for row in rows if row["event"] == "Alone")["context"]["n"] == 1


def test_a_customer_is_named_on_every_later_event(page: Page, site: Site, collector: Running) -> None:
    page.goto(site.url())
    page.evaluate("headwater.identify('ada', {email: 'ada@shop.example'})")
    page.goto(site.url("/?later"))
    page.evaluate("headwater.track('Done')")

    rows = wait_for(collector, "Done")

    done = next(row for row in rows if row["event"] == "Done")
    assert done["user_id"] == "ada"
    assert "ada@shop.example" not in str(rows)


# -- other domains of the same shop ----------------------------------------------------------------


def test_a_link_to_another_domain_of_ours_brings_the_visitor_along(
    page: Page, site: Site, base: str, collector: Running
) -> None:
    with Site(base, {"/pay": ""}) as other:
        site.data["domains"] = "localhost, pay.example"
        site.pages["/cart"] = (
            f"<a href='{other.url('/pay?step=1&gclid=a%2Bb#now', host='localhost')}'>pay</a>"
        )
        page.goto(site.url("/cart"))
        page.click("a")
        page.wait_for_url("**/pay?step=1&gclid=a%2Bb#now")
        page.evaluate("headwater.track('Done')")
        rows = wait_for(collector, "Done")

    assert len(ids(collector)) == 1
    assert not any("_hw=" in (row["url"] or "") for row in rows)
    assert "Outbound Link Clicked" not in names(collector)


def test_where_the_other_domain_knows_the_browser_both_ids_are_joined(
    context: BrowserContext, site: Site, base: str, collector: Running
) -> None:
    context.add_cookies([{"name": "_hw", "value": "mknown001.1900000000", "url": "http://localhost"}])
    page = context.new_page()
    with Site(base, {"/pay": ""}) as other:
        site.data["domains"] = "localhost"
        site.pages["/cart"] = f"<a href='{other.url('/pay', host='localhost')}'>pay</a>"
        page.goto(site.url("/cart"))
        mine = page.evaluate("headwater.id()")
        page.click("a")
        rows = wait_for(collector, "alias")

    [alias] = [row for row in rows if row["type"] == "alias"]
    assert (alias["previous_id"], alias["anonymous_id"]) == (mine, "mknown001")


@pytest.mark.parametrize("token", ["mother001.1900000000.1700000000", "no-token", "<b>.1.1"])
def test_an_old_or_broken_token_is_taken_out_and_not_believed(
    token: str, page: Page, site: Site, collector: Running
) -> None:
    page.goto(site.url(f"/?a=1&_hw={quote(token)}&b=2"))

    [row] = wait_for(collector, "page")

    assert row["url"] == site.url("/?a=1&b=2") == page.url
    assert row["anonymous_id"] != "mother001"


# -- trackers that are there already ---------------------------------------------------------------

RUDDER = "RS_ENC_v3_" + b64encode(b'"rudder-1"').decode()
AMPLITUDE = b64encode(quote(json.dumps({"deviceId": "amplitude-1"})).encode()).decode()
STRANGERS = {
    "ajs_anonymous_id": ("segment-1", "segment-1"),
    "rl_anonymous_id": (quote(RUDDER), "rudder-1"),
    "_sp_id.1fff": ("snowplow-1.1700000000.2.1700000001.1700000000.session", "snowplow-1"),
    "_pk_id.1.1fff": ("matomo1.1700000000.", "matomo1"),
    "ph_phc_key_posthog": (quote('{"distinct_id":"posthog-1","$sesid":[1]}'), "posthog-1"),
    "mp_token_mixpanel": (quote('{"distinct_id":"$device:mixpanel-1"}'), "$device:mixpanel-1"),
    "AMP_0123456789": (AMPLITUDE, "amplitude-1"),
}
PLATFORMS = {
    "_ga": "GA1.1.111.222",
    "_fbp": "fb.1.1700000000000.123",
    "_fbc": "fb.1.1700000000000.AbC",
    "_gcl_aw": "GCL.1700000000.Cj0K",
    "hubspotutk": "hub-1",
    "_ttp": "tik-1",
    "li_fat_id": "li-1",
}


def cookies(site: Site, values: dict[str, str]) -> list[Any]:
    return [{"name": name, "value": value, "url": site.url()} for name, value in values.items()]


def test_ids_of_other_trackers_become_aliases_once(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    context.add_cookies(cookies(site, {name: raw for name, (raw, _) in STRANGERS.items()}))
    page = context.new_page()
    page.goto(site.url())
    wait_for(collector, "page")
    page.goto(site.url("/?again"))
    page.evaluate("headwater.track('Done')")

    rows = wait_for(collector, "Done")

    aliases = [row["previous_id"] for row in rows if row["type"] == "alias"]
    assert sorted(aliases) == sorted(plain for _, plain in STRANGERS.values())
    done = next(row for row in rows if row["event"] == "Done")
    assert done["context"]["ids"] == {name: plain for name, (_, plain) in STRANGERS.items()}


def test_ids_of_ad_platforms_go_with_events_and_join_nobody(
    context: BrowserContext, site: Site, collector: Running
) -> None:
    context.add_cookies(cookies(site, {**PLATFORMS, "session": "secret", "PHPSESSID": "secret"}))
    context.new_page().goto(site.url())

    [row] = wait_for(collector, "page")

    assert row["context"]["ids"] == PLATFORMS


# -- what brought the visitor ----------------------------------------------------------------------


def test_first_and_last_click_are_kept_byte_for_byte(page: Page, site: Site, collector: Running) -> None:
    page.goto(site.url("/?utm_source=News%20Letter&gclid=Cj0%2Fx-_Y&q=1"))
    page.goto(site.url("/?plain"))
    page.goto(site.url("/?fbclid=IwAR&utm_campaign=a+b"), referer="https://facebook.com/")
    page.evaluate("headwater.track('Done')")

    rows = wait_for(collector, "Done")

    told = next(row for row in rows if row["event"] == "Done")["context"]["visitor"]
    assert told["first"]["tags"] == "utm_source=News%20Letter&gclid=Cj0%2Fx-_Y"
    assert told["last"]["tags"] == "fbclid=IwAR&utm_campaign=a+b"
    assert told["last"]["referrer"] == "https://facebook.com/"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", told["first"]["at"])
