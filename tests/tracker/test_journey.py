"""Journey: a visit in a browser becomes one person, one journey and the right channel in the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from headwater.collect import tracker
from tests.cli.shell import serving, until
from tests.tracker.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

AD = "/?utm_source=google&utm_medium=cpc&utm_campaign=Spring%20Sale&gclid=Cj0KCQ_x-Y"
FORM = """<form id=quote data-hw-identify action='/thanks'><input name=name><input type=email name=email>
<button>Send</button></form>"""
PURCHASE = (
    """<script>headwater.track('Order Completed', {order_id: 'o1', revenue: 120, currency: 'EUR'})</script>"""
)
SETTLED = """
    select
        (select count(*) from conversions where goal = 'purchase') as purchases,
        (select count(*) from person_events as p join events as e on e.event_id = p.event_id
         where e.type = 'page') as pages
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A whole server, as `headwater serve` runs it."""
    if tracker.script() is None:
        pytest.skip("the tracker is not built: run `make web`")
    place: Path = tmp_path_factory.mktemp("journey") / "shop"
    with serving(place) as said:
        yield said


def asked(server: dict[str, Any], path: str, **query: str) -> Any:
    answer = httpx2.get(f"{server['url']}/api/v1/{path}", params=query, trust_env=False, timeout=60)
    return answer.json() if answer.status_code == 200 else None


def sql(server: dict[str, Any], query: str) -> list[dict[str, Any]]:
    answer = httpx2.post(
        f"{server['url']}/api/v1/sql",
        json={"query": query},
        headers={"authorization": f"Bearer {server['token']}"},
        trust_env=False,
        timeout=60,
    )
    rows: list[dict[str, Any]] = answer.json().get("rows", [])
    return rows


def test_ad_form_and_purchase_are_one_person_and_one_journey(
    context: BrowserContext, server: dict[str, Any]
) -> None:
    pages = {"/pricing": FORM, "/thanks": "", "/done": PURCHASE}
    with Site(server["url"], pages) as site:
        site.key = server["write_key"]
        page = context.new_page()
        page.goto(site.url(AD), referer="https://www.google.com/")
        page.goto(site.url("/pricing"))
        page.fill("[name=email]", "ada@shop.example")
        page.click("button")
        page.wait_for_url("**/thanks*")
        page.goto(site.url("/done"))
        visitor = page.evaluate("headwater.id()")
        # events of a page that is left may come after those of the next one
        until(lambda: sql(server, SETTLED) == [{"purchases": 1, "pages": 4}])
        page.close()

    persons = sql(server, "select distinct person_id from person_events")
    [touch] = sql(
        server, "select channel, source, medium, campaign, click_id_name, click_id from touchpoints"
    )
    [order] = sql(server, "select value, currency from conversions where goal = 'purchase'")
    linked = sql(server, "select count(*) as found from links where identifier like 'anonymous:%'")
    assert len(persons) == 1
    assert (touch["channel"], touch["source"], touch["medium"]) == ("paid_search", "google", "cpc")
    assert (touch["campaign"], touch["click_id_name"], touch["click_id"]) == (
        "Spring Sale",
        "gclid",
        "Cj0KCQ_x-Y",
    )
    assert (float(order["value"]), order["currency"]) == (120.0, "EUR")
    assert linked == [{"found": 1}]
    report = asked(server, "reports/attribution", model="last", by="channel")
    [row] = [row for row in report["rows"] if row["channel"] == "paid_search"]
    assert float(row["conversions"]) == 1.0
    assert asked(server, f"persons/anonymous:{visitor}") is not None


def test_what_segment_collected_before_belongs_to_the_same_person(
    context: BrowserContext, server: dict[str, Any]
) -> None:
    early = {
        "writeKey": server["write_key"],
        "type": "page",
        "messageId": "segment-page-1",
        "anonymousId": "segment-of-bo",
        "timestamp": "2026-11-01T09:00:00Z",
        "context": {"page": {"url": "https://shop.example/?utm_source=newsletter&utm_medium=email"}},
    }
    httpx2.post(f"{server['url']}/v1/p", json=early, trust_env=False, timeout=60)
    with Site(server["url"]) as site:
        site.key = server["write_key"]
        context.add_cookies([{"name": "ajs_anonymous_id", "value": "segment-of-bo", "url": site.url()}])
        page = context.new_page()
        page.goto(site.url())
        visitor = page.evaluate("headwater.id()")
        query = (
            "select count(distinct person_id) as persons, count(*) as ids from persons "
            f"where identifier in ('anonymous:segment-of-bo', 'anonymous:{visitor}')"
        )

        until(lambda: sql(server, query) == [{"persons": 1, "ids": 2}])
