"""Market: where the visitors of the simulated shop come from, and what the shop sells.

Makes  ARRIVALS   every way in, with its tags, referrer, click id and price of a click
       PRODUCTS   what is for sale

`channel` is the truth that the simulation knows. It is never sent: the tags are as untidy as people type
them (fb, Facebook, ig), so that naming the channel is the work of the system under test.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SITE = "https://www.brookandpine.example"
"""The shop: outdoor gear, on a domain that can never exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One way into the shop."""

    channel: str
    """The true channel, for later checks."""
    first: float
    """How often a first visit comes this way, relative to the others."""
    again: float
    """How often a later visit comes this way, relative to the others."""
    pull: float = 1.0
    """How much likelier an order is after it; 1 is neutral."""
    sources: tuple[str, ...] = ()
    """Spellings of utm_source; empty means no UTM tags at all."""
    medium: str = ""
    campaigns: tuple[str, ...] = ()
    click_id: str = ""
    """Parameter of the click id that the platform appends."""
    referrers: tuple[str, ...] = ("",)
    platform: str = ""
    """Who bills for it; empty means nobody does."""
    cost_per_click: float = 0.0


ARRIVALS = (
    Arrival(
        channel="paid_search",
        first=14,
        again=7,
        pull=1.3,
        sources=("google",),
        medium="cpc",
        campaigns=("search-hiking-boots", "search-rain-jackets", "search-tents"),
        click_id="gclid",
        referrers=("https://www.google.com/",),
        platform="google_ads",
        cost_per_click=0.92,
    ),
    Arrival(
        channel="paid_search",
        first=3,
        again=12,
        pull=1.7,
        sources=("google",),
        medium="cpc",
        campaigns=("brand",),
        click_id="gclid",
        referrers=("https://www.google.com/",),
        platform="google_ads",
        cost_per_click=0.31,
    ),
    Arrival(
        channel="display",
        first=7,
        again=4,
        pull=0.7,
        sources=("google",),
        medium="display",
        campaigns=("display-prospecting", "display-retargeting"),
        click_id="dclid",
        referrers=("https://weather-today.example/", "https://cabin-living.example/"),
        platform="google_ads",
        cost_per_click=0.22,
    ),
    Arrival(
        channel="paid_social",
        first=16,
        again=6,
        pull=0.9,
        sources=("facebook", "facebook", "fb", "Facebook", "instagram", "ig"),
        medium="paid_social",
        campaigns=("autumn-layers", "first-tent", "lookalike-hikers"),
        click_id="fbclid",
        referrers=("https://m.facebook.com/", "https://l.instagram.com/"),
        platform="meta",
        cost_per_click=0.54,
    ),
    Arrival(
        channel="paid_social",
        first=8,
        again=2,
        pull=0.6,
        sources=("tiktok", "TikTok"),
        medium="paid_social",
        campaigns=("trail-snack-clips",),
        click_id="ttclid",
        referrers=("https://www.tiktok.com/",),
        platform="tiktok",
        cost_per_click=0.38,
    ),
    Arrival(
        channel="paid_social",
        first=1.5,
        again=1,
        pull=1.2,
        sources=("linkedin",),
        medium="paid_social",
        campaigns=("team-outfitting",),
        click_id="li_fat_id",
        referrers=("https://www.linkedin.com/",),
        platform="linkedin",
        cost_per_click=4.6,
    ),
    Arrival(
        channel="organic_search",
        first=19,
        again=11,
        pull=1.1,
        referrers=(
            "https://www.google.com/",
            "https://www.google.com/",
            "https://www.bing.com/",
            "https://duckduckgo.com/",
            "https://www.ecosia.org/",
        ),
    ),
    Arrival(
        channel="organic_social",
        first=4,
        again=2,
        pull=0.8,
        referrers=("https://www.reddit.com/", "https://www.pinterest.com/"),
    ),
    Arrival(  # a post that somebody shared: the click id is there, and nobody has paid
        channel="organic_social",
        first=2,
        again=1,
        pull=0.8,
        click_id="fbclid",
        referrers=("https://www.facebook.com/", "https://l.facebook.com/"),
    ),
    Arrival(
        channel="email",
        first=0,
        again=15,
        pull=1.5,
        sources=("newsletter",),
        medium="email",
        campaigns=("weekly-letter", "back-in-stock", "autumn-sale"),
    ),
    Arrival(
        channel="affiliate",
        first=5,
        again=3,
        pull=1.4,
        sources=("trailreviews", "gearfinder"),
        medium="affiliate",
        campaigns=("partner-links",),
        referrers=("https://trailreviews.example/", "https://gearfinder.example/"),
        platform="partner_network",
        cost_per_click=0.45,
    ),
    Arrival(
        channel="ai_assistant",
        first=6,
        again=3,
        pull=1.4,
        sources=("chatgpt.com",),
        referrers=("https://chatgpt.com/", ""),
    ),
    Arrival(
        channel="ai_assistant",
        first=1.5,
        again=1,
        pull=1.3,
        referrers=("https://www.perplexity.ai/", "https://gemini.google.com/"),
    ),
    Arrival(
        channel="referral",
        first=4,
        again=2,
        referrers=("https://slow-mornings.example/gear-list", "https://huttohut.example/packing"),
    ),
    Arrival(channel="direct", first=9, again=30, pull=1.2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One thing for sale; the price is in US dollars."""

    sku: str
    name: str
    price: Decimal


PRODUCTS = (
    Product(sku="BP-BOOT", name="Ridge boots", price=Decimal("169.00")),
    Product(sku="BP-JACK", name="Rain jacket", price=Decimal("129.00")),
    Product(sku="BP-TENT", name="Two-person tent", price=Decimal("289.00")),
    Product(sku="BP-SOCK", name="Merino socks", price=Decimal("19.50")),
    Product(sku="BP-STOV", name="Camp stove", price=Decimal("64.90")),
    Product(sku="BP-PACK", name="Day pack", price=Decimal("84.00")),
    Product(sku="BP-MUGS", name="Enamel mugs", price=Decimal("24.00")),
    Product(sku="BP-LAMP", name="Head lamp", price=Decimal("39.00")),
)

GATEWAYS = ("https://www.paypal.com/", "https://checkout.stripe.com/")
"""Where the payment happens; the shopper comes back from there, but it is no source of anything."""
