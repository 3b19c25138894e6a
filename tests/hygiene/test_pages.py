"""Pages: trackers and redirects are seen in the text of a page."""

from __future__ import annotations

import pytest

from headwater.hygiene.pages import page


@pytest.mark.parametrize(
    ("text", "tracker"),
    [
        ('<script async src="https://t.shop.example/hw.js" data-key="k"></script>', "headwater"),
        ('<script>analytics.load("KEY")</script>', "segment"),
        ('<script>posthog.init("k")</script>', "posthog"),
        ('<script defer data-domain="shop.example" src="/js/script.js"></script>', "plausible"),
        ("<script>var _paq = [];</script>", "matomo"),
        ('<script src="https://www.googletagmanager.com/gtm.js?id=GTM-1"></script>', "google tag manager"),
    ],
)
def test_a_tracker_is_known_by_its_snippet(text: str, tracker: str) -> None:
    assert page(text).trackers == (tracker,)


def test_a_page_without_a_tracker_has_none() -> None:
    assert page("<p>We read analytics and hw.jsx</p>").trackers == ()


@pytest.mark.parametrize(
    ("text", "refresh", "script"),
    [
        ('<meta http-equiv="refresh" content="0; url=/b?a=1&amp;c=2">', "/b?a=1&c=2", ""),
        ("<META CONTENT='5;URL=https://b.example' HTTP-EQUIV=Refresh>", "https://b.example", ""),
        ('<meta http-equiv="refresh" content="30">', "", ""),
        ('<script>window.location.href = "/b"</script>', "", "/b"),
        ("<script>location.replace('/c')</script>", "", "/c"),
        ("<script>if (location == x) {}</script>", "", ""),
        ("<meta " * 5000, "", ""),
    ],
)
def test_where_a_page_sends_on_to_is_told(text: str, refresh: str, script: str) -> None:
    found = page(text)

    assert (found.refresh, found.script) == (refresh, script)
