"""Hosts: source, category and exclusion of referrers."""

import pyarrow as pa
import pytest

from headwater.contract.tables import HOSTS
from headwater.journey.hosts import hosts_table, known, site


@pytest.mark.parametrize(
    ("host", "source", "category"),
    [
        ("www.google.com", "google", "search"),
        ("www.google.co.uk", "google", "search"),
        ("google.com.au", "google", "search"),
        ("images.google.de", "google", "search"),
        ("uk.search.yahoo.com", "yahoo", "search"),
        ("r.search.yahoo.com", "yahoo", "search"),
        ("cn.bing.com", "bing", "search"),
        ("duckduckgo.com", "duckduckgo", "search"),
        ("yandex.ru", "yandex", "search"),
        ("m.facebook.com", "facebook", "social"),
        ("l.facebook.com", "facebook", "social"),
        ("lm.facebook.com", "facebook", "social"),
        ("l.instagram.com", "instagram", "social"),
        ("t.co", "twitter", "social"),
        ("x.com", "twitter", "social"),
        ("lnkd.in", "linkedin", "social"),
        ("out.reddit.com", "reddit", "social"),
        ("fosstodon.org", "mastodon", "social"),
        ("www.youtube.com", "youtube", "video"),
        ("player.vimeo.com", "vimeo", "video"),
        ("smile.amazon.co.uk", "amazon", "shopping"),
        ("chatgpt.com", "chatgpt", "ai"),
        ("www.perplexity.ai", "perplexity", "ai"),
        ("copilot.microsoft.com", "copilot", "ai"),
        ("outlook.live.com", "outlook", "email"),
    ],
)
def test_a_known_host_has_its_source_and_category(host: str, source: str, category: str) -> None:
    assert (known(host).source, known(host).category) == (source, category)


@pytest.mark.parametrize(
    ("host", "source", "category"),
    [
        ("gemini.google.com", "gemini", "ai"),
        ("notebooklm.google.com", "notebooklm", "ai"),
        ("mail.google.com", "gmail", "email"),
        ("mail.yandex.ru", "yandex_mail", "email"),
        ("yiyan.baidu.com", "ernie", "ai"),
        ("cafe.naver.com", "cafe.naver.com", "social"),
        ("suche.web.de", "web.de", "search"),
    ],
)
def test_the_longest_host_wins(host: str, source: str, category: str) -> None:
    assert (known(host).source, known(host).category) == (source, category)


def test_a_path_is_matched_before_its_host_and_only_as_whole_parts() -> None:
    assert known("x.com", "/i/grok").category == "ai"
    assert known("x.com", "/i/grok?share=1").category == "ai"
    assert known("x.com", "/i/grokking").source == "twitter"
    assert known("www.google.de", "/products/1").category == "shopping"


@pytest.mark.parametrize(
    ("package", "source", "category"),
    [
        ("com.google.android.gm", "gmail", "email"),
        ("com.google.android.googlequicksearchbox", "google", "search"),
        ("com.facebook.katana", "facebook", "social"),
        ("com.linkedin.android", "linkedin", "social"),
    ],
)
def test_an_android_app_is_known_by_its_package(package: str, source: str, category: str) -> None:
    assert (known(package).source, known(package).category, known(package).site) == (
        source,
        category,
        package,
    )


@pytest.mark.parametrize("host", ["docs.google.com", "finance.yahoo.com", "drive.google.com"])
def test_other_pages_of_a_search_engine_are_no_search_results(host: str) -> None:
    assert (known(host).source, known(host).category) == (host, "")


def test_a_blog_on_a_shared_host_is_a_site_of_its_own() -> None:
    assert known("ada.blogspot.com").category == ""
    assert site("ada.blogspot.com") == "ada.blogspot.com"


def test_an_unknown_host_is_its_own_source_without_www() -> None:
    assert known("WWW.Blog.Example.co.uk:8443.").source == "blog.example.co.uk"
    assert known("blog.example.co.uk").site == "example.co.uk"


@pytest.mark.parametrize("host", ["10.0.0.1", "[::1]", "localhost", ""])
def test_an_address_stands_for_itself(host: str) -> None:
    assert known(host).site == host


@pytest.mark.parametrize(
    "host",
    [
        "www.paypal.com", "checkout.stripe.com", "pay.klarna.com", "live.adyen.com", "www.mollie.com",
        "shop.app",
        "pay.google.com", "acs.bank.example", "3ds2.issuer.example", "accounts.google.com",
        "accounts.google.de",
        "appleid.apple.com", "login.microsoftonline.com", "login.live.com", "shop.eu.auth0.com",
        "acme.okta.com",
        "login.partner.example", "centinelapi.cardinalcommerce.com",
    ],
)  # fmt: skip
def test_payment_and_sign_in_hosts_are_excluded(host: str) -> None:
    assert known(host).is_excluded


def test_a_sign_in_page_of_a_network_is_excluded_but_not_the_network() -> None:
    assert known("www.facebook.com", "/dialog/oauth").is_excluded
    assert not known("www.facebook.com", "/groups/1").is_excluded


@pytest.mark.parametrize(
    "host", ["notpaypal.com", "stripe.com", "google.com", "acs-news.example", "blog.example"]
)
def test_other_hosts_are_not_excluded(host: str) -> None:
    assert not known(host).is_excluded


def test_own_domains_and_those_of_the_settings_are_excluded_with_all_below_them() -> None:
    hosts = pa.table(
        {"host": ["www.shop.example", "news.shop.example", "notshop.example", "bank.test", None, ""]}
    )

    rows = hosts_table(hosts, own_domains=["shop.example"], excluded_referrers=["www.bank.test"]).to_pylist()

    assert {row["host"]: row["is_excluded"] for row in rows} == {
        "www.shop.example": True,
        "news.shop.example": True,
        "notshop.example": False,
        "bank.test": True,
    }


def test_the_rows_have_the_columns_that_the_contract_promises_even_without_hosts() -> None:
    assert hosts_table(pa.table({"host": pa.array([], pa.string())})).column_names == HOSTS.names()


def test_a_host_may_carry_a_path() -> None:
    rows = hosts_table(pa.table({"host": ["x.com/i/grok", "x.com"]})).to_pylist()

    assert [(row["host"], row["source"]) for row in rows] == [("x.com", "twitter"), ("x.com/i/grok", "grok")]


def test_an_alias_of_the_settings_renames_a_host_s_source() -> None:
    rows = hosts_table(
        pa.table({"host": ["m.facebook.com"]}), source_aliases={"facebook": "meta"}
    ).to_pylist()

    assert (rows[0]["source"], rows[0]["category"]) == ("meta", "social")
