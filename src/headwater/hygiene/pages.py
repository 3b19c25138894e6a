"""Pages: what the page at the end of a link shows of tracking, and of sending the visitor on.

Reads  the text of a page
Makes  the trackers in it, and where it sends a visitor by itself
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

OURS = "headwater"
TRACKERS: dict[str, re.Pattern[str]] = {
    OURS: re.compile(r"/hw\.js\b"),
    "segment": re.compile(r"cdn\.segment\.com/|/analytics\.js/v1/|analytics\.load\("),
    "rudderstack": re.compile(r"rudder-?analytics(?:\.min)?\.js|rudderanalytics\.load\(|rsa\.min\.js"),
    "posthog": re.compile(r"posthog\.init\(|/static/array\.js|posthog-js"),
    "snowplow": re.compile(r"newTracker['\"]|snowplow\(|/sp\.js\b"),
    "plausible": re.compile(r"data-domain=|plausible\.(?:io|init)|/js/(?:script|pa-)[\w.-]*\.js"),
    "matomo": re.compile(r"\b_paq\b|(?:matomo|piwik)\.js"),
    "umami": re.compile(r"data-website-id="),
    "openpanel": re.compile(r"\bop1\.js|window\.op\("),
    "mixpanel": re.compile(r"mixpanel\.init\("),
    "amplitude": re.compile(r"amplitude\.(?:init|getInstance)\(|cdn\.amplitude\.com/"),
    "google analytics": re.compile(r"gtag\(\s*['\"]config['\"]|googletagmanager\.com/gtag/"),
    "google tag manager": re.compile(r"googletagmanager\.com/(?:gtm\.js|ns\.html)"),
}
"""Each client that Headwater understands (and what may load one), by what its snippet looks like."""
_META = re.compile(r"<meta\b[^>]{0,500}>", re.IGNORECASE)
_REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?refresh", re.IGNORECASE)
_TARGET = re.compile(r"content\s*=\s*([\"'])?\s*[\d.]*\s*[;,]?\s*url\s*=\s*[\"']?([^\"'>]+)", re.IGNORECASE)
_SCRIPT = re.compile(
    r"(?:window|document|top|self|parent)?\.?\blocation(?:\.href)?\s*=\s*[\"']([^\"']{1,2000})[\"']"
    r"|location\.(?:replace|assign)\(\s*[\"']([^\"']{1,2000})[\"']"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What stands in a page."""

    trackers: tuple[str, ...] = ()
    """Names of TRACKERS."""
    refresh: str = ""
    """Where a `<meta http-equiv=refresh>` sends the visitor."""
    script: str = ""
    """Where a script seems to send the visitor; it may depend on things that only a browser knows."""


def page(text: str) -> Page:
    """Return what a page shows."""
    refresh = next(
        (
            html.unescape(found.group(2)).strip()
            for tag in _META.findall(text)
            if _REFRESH.search(tag) and (found := _TARGET.search(tag))
        ),
        "",
    )
    script = _SCRIPT.search(text)
    return Page(
        trackers=tuple(name for name, pattern in TRACKERS.items() if pattern.search(text)),
        refresh=refresh,
        script=next((target for target in script.groups() if target), "") if script else "",
    )
