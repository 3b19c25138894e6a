"""What Mixpanel and PostHog name alike is read alike."""

from __future__ import annotations

from headwater.collect.protocols.dollars import around, page_of, screen_of
from headwater.collect.request import Request

ASKED = Request("POST", "/track", "", {"user-agent": "Firefox"}, b"", 0)


def test_no_referrer_is_written_as_a_word_and_read_as_none() -> None:
    said = {"$current_url": "https://shop.example/", "$referrer": "$direct", "place": "/"}

    assert page_of(said, path="place", title="name") == {"url": "https://shop.example/", "path": "/"}


def test_a_remembered_campaign_counts_only_where_there_is_no_page() -> None:
    said = {"utm_source": "news"}

    assert around(ASKED, said, {}, is_browser=False) == {"campaign": {"source": "news"}}
    assert around(ASKED, said | {"$current_url": "https://shop.example/"}, {}, is_browser=False) == {}


def test_only_a_browsers_headers_are_those_of_the_person() -> None:
    assert around(ASKED, {}, {"ip": None}, is_browser=True) == {"userAgent": "Firefox"}
    assert screen_of({"$screen_width": 1280}) == {"width": 1280}
