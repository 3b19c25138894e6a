"""The tracker's server: the script, the tag, and the cookie on an answer."""

from __future__ import annotations

import gzip
import re
import time
from base64 import b64encode
from hashlib import sha384
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from headwater.collect import tracker
from headwater.journey.click_ids import CLICK_IDS
from tests.collect.collecting import KEY

if TYPE_CHECKING:
    from tests.collect.collecting import Answer, Running

TOUCHES = Path(__file__).parents[2] / "web/tracker/touches.ts"
YEAR = 365 * 86_400
NOW = int(time.time())


def message(**more: Any) -> dict[str, Any]:
    """Return a page view as the first tracker sent it."""
    context = {
        "library": {"name": "headwater.js", "version": "1.0.0"},
        "page": {"url": "https://www.shop.example/", "title": "Shop", "referrer": ""},
        "consent": {},
        "ids": {},
        "visitor": {"at": NOW},
    }
    return {
        "type": "page",
        "messageId": f"m{time.time_ns()}",
        "timestamp": "2026-03-01T09:00:00.000Z",
        "anonymousId": "mabc123k998877",
        "context": context | more.pop("context", {}),
    } | more


def sent(
    collector: Running, *messages: dict[str, Any], origin: str | None = "https://www.shop.example"
) -> Answer:
    body = orjson.dumps({"batch": messages, "sentAt": "2026-03-01T09:00:00.000Z", "writeKey": KEY, "v": 1})
    headers = {"content-type": "text/plain;charset=UTF-8"} | ({"origin": origin} if origin else {})
    return collector.send("/v1/b", body, key=None, headers=headers)


def cookie(answer: Answer) -> str | None:
    return answer.headers.get("set-cookie")


def test_the_cookie_is_of_the_whole_domain_and_lasts_thirteen_months(collector: Running) -> None:
    told = cookie(sent(collector, message()))

    assert told is not None
    age = int(re.findall(r"Max-Age=(\d+)", told)[0])
    passed = time.time() - NOW  # a long run of tests may have begun a while ago
    assert 395 * 86_400 - passed - 60 <= age <= 395 * 86_400
    assert told.replace(f"Max-Age={age}", "Max-Age=...") == (
        f"_hw=mabc123k998877.{NOW}; Path=/; Max-Age=...; SameSite=Lax; Domain=shop.example; Secure"
    )


def test_a_later_visit_does_not_lengthen_the_life_of_the_cookie(collector: Running) -> None:
    told = cookie(sent(collector, message(context={"visitor": {"at": NOW - YEAR}})))

    assert told is not None
    assert int(re.findall(r"Max-Age=(\d+)", told)[0]) <= 30 * 86_400


@pytest.mark.parametrize(
    ("origin", "domain"),
    [
        ("https://www.shop.co.uk", "shop.co.uk"),
        ("http://ada.github.io", "ada.github.io"),
        ("http://127.0.0.1:8000", None),
        ("http://localhost:8000", None),
        ("null", None),
        (None, None),
    ],
)
def test_the_domain_is_the_registrable_one(
    origin: str | None, domain: str | None, collector: Running
) -> None:
    told = cookie(sent(collector, message(), origin=origin))

    assert told is not None
    assert re.findall(r"Domain=([^;]+)", told) == ([domain] if domain else [])
    assert ("Secure" in told) == (origin or "").startswith("https:")


@pytest.mark.parametrize(
    "refused",
    [
        {"context": {"consent": {"analytics_storage": "denied"}}},
        {"context": {"visitor": {}}},
        {"context": {"visitor": {"at": NOW - 2 * YEAR}}},
        {"context": {"visitor": {"at": "1; Domain=evil.example"}}},
        {"context": {"library": {"name": "analytics.js"}}},
        {"anonymousId": "a; Domain=evil.example"},
        {"anonymousId": None, "context": {"anonymous": True}},
    ],
    ids=["denied", "memory only", "too old", "no time", "another client", "no id", "nobody"],
)
def test_no_cookie_without_a_visitor_to_keep(refused: dict[str, Any], collector: Running) -> None:
    answer = sent(collector, message(**refused))

    assert (answer.status, cookie(answer)) == (200, None)


def test_an_old_tracker_and_a_newer_one_are_understood(collector: Running) -> None:
    newer = message(context={"library": {"name": "headwater.js", "version": "9.0.0"}, "mood": "sunny"})
    newer["shape"] = 9

    answer = sent(collector, message(), newer)

    assert answer.status == 200
    assert len(collector.rows("events")) == 2


def test_the_script_may_be_loaded_and_pinned_by_any_site(collector: Running) -> None:
    answer = collector.send("/hw.js", None, key=None, method="GET")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "max-age=3600" in answer.headers["cache-control"]
    found = tracker.script()
    assert found is not None
    assert answer.body == found.content
    assert found.integrity == "sha384-" + b64encode(sha384(answer.body).digest()).decode()


def test_a_script_that_the_browser_has_is_not_sent_again(collector: Running) -> None:
    first = collector.send("/hw.js", None, key=None, method="GET")
    again = {"if-none-match": f"W/{first.headers['etag']}"}

    second = collector.send("/hw.js", None, key=None, method="GET", headers=again)

    assert (second.status, second.body) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]


def test_the_script_comes_gzipped_to_whoever_takes_it(collector: Running) -> None:
    plain = collector.send("/hw.js", None, key=None, method="GET")

    packed = collector.send("/hw.js", None, key=None, method="GET", headers={"accept-encoding": "br, gzip"})

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body


def test_the_tag_is_html_that_can_be_copied() -> None:
    assert tracker.tag("https://hw.shop.example", 'a"b') == (
        '<script async src="https://hw.shop.example/hw.js" data-key="a&quot;b"></script>'
    )
    assert 'integrity="sha384-' in tracker.tag("https://hw.shop.example", "k", pinned=True)


def test_every_click_of_an_advertisement_is_a_tag_and_ordinary_parameters_are_none() -> None:
    found = re.search(r"/(\^.*=)/i;", TOUCHES.read_text())
    assert found is not None
    tag = re.compile(found[1], re.IGNORECASE)
    ads = [
        one.name for one in CLICK_IDS if one.kind != "email" and one.platform not in ("generic", "unknown")
    ]

    missing = [name for name in ads if not tag.match(f"{name}=")]
    taken = [
        name
        for name in [
            "id",
            "q",
            "s",
            "page",
            "sku",
            "cart",
            "product_id",
            "order_id",
            "uid",
            "sid",
            "session_id",
            "grid",
            "paid",
            "video",
        ]
        if tag.match(f"{name}=")
    ]

    assert len(ads) > 40
    assert (missing, taken) == (["obOrigUrl"], [])
